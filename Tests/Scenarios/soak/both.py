"""Both protocols on both sides at once: clients that cut and cancel, APIs that drop, are killed and come back. Each answer carries its own
request's nonce, body and thumbprint, or is a refusal; nothing is kept afterwards."""
import asyncio
import hashlib
import random
import time
from collections import Counter
from pathlib import Path

import httpx

from harness.processes import PATIENCE, Process, eventually, free_port
from harness.proxy import Proxy

SCRIPT = Path(__file__).parent.parent / "harness/node/restless.js"
WORKERS = 24
HOWS = ["whole"] * 6 + ["large", "parts", "slow", "cut", "drop"]
GROWTH_KIB = 16 * 1024
REASONS = {"upstream_unreachable", "upstream_closed", "upstream_timeout", "upstream_connect_timeout", "upstream_saturated", "upstream_nonsense"}


class API:
    """One of the two; killed and started again on its port."""

    def __init__(self, folder, protocol):
        self.folder, self.protocol, self.port, self.starts = folder, protocol, free_port(), 0
        self.start()

    def start(self):
        self.starts += 1
        self.process = Process(["node", SCRIPT, self.port, self.protocol], self.folder, f"restless-{self.protocol}-{self.starts % 4}")

    def is_up(self):
        return self.process.out.strip() == str(self.port)

    def kill(self):
        self.process.child.kill()
        self.process.child.wait(PATIENCE)


class Both:
    def __init__(self, pki, forge, settings, folder, seed):
        self.random, self.told, self.faults = random.Random(seed), Counter(), []
        self.apis = {name: API(folder, name) for name in ("h1", "h2c")}
        for api in self.apis.values():
            eventually(api.is_up, lambda: f"{api.protocol} listens: {api.process.err}")
        upstream = {"url": f"http://127.0.0.1:{self.apis['h1'].port}", "idle_timeout": "1s", "response_timeout": "5s"}
        changes = {
            "tokens": [settings["tokens"][1]], "upstream": upstream,
            "upstreams": {"streams": {**upstream, "url": f"http://127.0.0.1:{self.apis['h2c'].port}", "protocol": "h2c"}},
            "routes": [{"path": "/h1/*"}, {"path": "/h2c/*", "upstream": "streams"}],
        }  # fmt: skip
        self.proxy = Proxy(pki, folder, settings, changes, "soak-both").wait_ready()
        self.people = [
            (pki.context(name), pki.thumbprint(name), forge.token(bind=name), forge.token(bind=other))
            for name, other in (("client-a", "client-b"), ("client-b", "client-a"))
        ]

    async def ask(self, client, person):
        _, thumbprint, right, wrong = person
        how, nonce, way = self.random.choice(HOWS), f"{self.random.getrandbits(64):x}", self.random.choice(list(self.apis))
        body = self.random.randbytes(self.random.choice([0, 0, 10, 3000, 70_000]))
        isWrong = self.random.random() < 0.1
        content = body if self.random.random() < 0.7 else self.pieces(body)
        headers = {"Authorization": f"Bearer {wrong if isWrong else right}", "X-Nonce": nonce, "X-How": how}
        answer = await client.post(f"/{way}/{nonce}", content=content, headers=headers)
        expected = f"{nonce} {thumbprint} {hashlib.sha256(body).hexdigest()}\n"
        if isWrong:
            good = answer.status_code == 401 and answer.json()["reason"] == "cnf_mismatch"
        elif answer.status_code == 200:
            size = {"large": 300_000, "parts": 4900}.get(how, 0)
            good = how not in ("cut", "drop") and answer.text.startswith(expected) and len(answer.content) == len(expected) + size
        else:
            good = answer.status_code in (502, 503, 504) and answer.json()["reason"] in REASONS
        self.told[f"{answer.http_version} {way} {answer.status_code}"] += 1
        if not good:
            self.faults.append(f"{answer.http_version} {way} {how} {answer.status_code} {answer.text[:200]!r}, not {expected!r}")

    @staticmethod
    async def pieces(body):
        for start in range(0, len(body), 20_000):
            yield body[start : start + 20_000]

    async def work(self, until):
        while time.monotonic() < until and not self.faults:
            person = self.random.choice(self.people)
            address = "https://127.0.0.1:%d" % self.proxy.address[1]
            async with httpx.AsyncClient(http2=self.random.random() < 0.6, verify=person[0], timeout=PATIENCE, base_url=address) as client:
                for _ in range(self.random.randrange(1, 30)):
                    asked = asyncio.gather(*(self.ask(client, person) for _ in range(self.random.choice([1, 1, 4]))), return_exceptions=True)
                    if self.random.random() < 0.1:
                        await asyncio.sleep(self.random.random() * 0.02)
                        asked.cancel()
                    try:
                        for result in await asked:
                            if isinstance(result, httpx.HTTPError):
                                self.told[type(result).__name__] += 1
                            elif isinstance(result, BaseException):
                                raise result
                    except asyncio.CancelledError:
                        self.told["cancelled"] += 1

    async def restart(self, until):
        while time.monotonic() < until:
            await asyncio.sleep(self.random.uniform(0.5, 3))
            api = self.random.choice(list(self.apis.values()))
            await asyncio.to_thread(api.kill)
            await asyncio.sleep(self.random.uniform(0, 0.5))
            api.start()
            self.told["killed"] += 1
            while not api.is_up():
                # A connection of somebody's may have had its port meanwhile.
                if not api.process.is_running():
                    api.start()
                await asyncio.sleep(0.1)

    async def round(self, seconds):
        until = time.monotonic() + seconds
        await asyncio.gather(self.restart(until), *(self.work(until) for _ in range(WORKERS)))

    def end(self):
        self.proxy.end()
        for api in self.apis.values():
            api.kill()


def soak_both(pki, forge, settings, folder, seed, seconds, show=lambda text: None):
    """What was told, and the faults."""
    both = Both(pki, forge, settings, folder, seed)
    try:
        descriptors = both.proxy.process.descriptors()
        asyncio.run(both.round(seconds / 4))
        resident = both.proxy.process.resident_kib()
        for _ in range(3):
            asyncio.run(both.round(seconds / 4))
            show(f"resident {both.proxy.process.resident_kib()} KiB; {dict(both.told)}")
        eventually(lambda: both.proxy.process.descriptors() <= descriptors + 4, lambda: f"descriptors back to {descriptors}: {both.proxy.process.descriptors()}")
        growth = both.proxy.process.resident_kib() - resident
        show(f"growth since a quarter of it {growth} KiB")
        if growth > GROWTH_KIB:
            both.faults.append(f"resident memory grew by {growth} KiB")
        if not both.proxy.process.is_running():
            both.faults.append("holdfast ended")
        return both.told, both.faults
    finally:
        both.end()
