"""Starting, awaiting and ending the real binaries. Nothing sleeps by guess: everything waits for a condition with a deadline."""
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HOLDFAST = os.environ.get("HOLDFAST_BIN", str(ROOT / ".build/release/holdfast"))
LAB = os.environ.get("HOLDFAST_LAB_BIN", str(ROOT / ".build/release/holdfast-lab"))


def eventually(condition, what, seconds=10.0, every=0.02):
    """The first true value of `condition`; fails once the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(every)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def split_address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class Process:
    """A child with its output in files, so that no pipe can fill up and stall it."""

    def __init__(self, arguments, folder, name, environment=None):
        self.name = name
        self.out_path = Path(folder) / f"{name}.out"
        self.err_path = Path(folder) / f"{name}.err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.child = subprocess.Popen(
                [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, **(environment or {})}
            )

    @property
    def out(self):
        return self.out_path.read_text(errors="replace")

    @property
    def err(self):
        return self.err_path.read_text(errors="replace")

    def is_running(self):
        return self.child.poll() is None

    def ready_line(self):
        """The members of the JSON line that a server of the lab prints once it listens."""

        def line():
            assert self.is_running(), f"{self.name} ended: {self.err}"
            return self.out if self.out.endswith("\n") else None

        return json.loads(eventually(line, f"{self.name} listens").splitlines()[0])

    def resident_kib(self):
        for line in Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def terminate(self):
        self.child.send_signal(signal.SIGTERM)

    def wait(self, seconds=10):
        return self.child.wait(seconds)

    def end(self):
        if self.is_running():
            self.child.kill()
        self.child.wait()


def run(*arguments, seconds=60, **options):
    """A command to its end; the result has returncode, stdout and stderr as text."""
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=seconds, check=False, **options)
