"""A real browser without a window, driven by its own protocol (CDP)."""
import base64
import contextlib
import itertools
import json
import re
import shutil

from websockets.sync.client import connect

from .processes import PATIENCE, Process, eventually

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    def __init__(self, folder, width=1000, height=1200):
        self.process = Process(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={folder / 'profile'}",
             f"--window-size={width},{height}", "--remote-debugging-port=0", "about:blank"], folder, "chromium")
        address = eventually(lambda: re.search(r"ws://\S+", self.process.err), "the browser listens")[0]
        self.stack = contextlib.ExitStack()
        self.socket = self.stack.enter_context(connect(address, max_size=None, open_timeout=PATIENCE))
        self.numbers = itertools.count(1)
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log"]:
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        number = next(self.numbers)
        order = {"id": number, "method": method, "params": parameters, **({"sessionId": self.session} if self.session else {})}
        self.socket.send(json.dumps(order))
        while True:
            message = json.loads(self.socket.recv(PATIENCE))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def open(self, url):
        self.call("Page.navigate", url=url)
        eventually(lambda: self.evaluate("document.readyState") == "complete", f"{url} is there")

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def complaints(self):
        """What it wrote into its console: what a policy refused, what failed."""
        return [event["params"] for event in self.events if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def end(self):
        self.stack.close()
        self.process.end()
