"""Starting, awaiting and ending the real binaries.

No test depends on how fast this machine is. Nothing sleeps by guess: what must come is waited for with patience that only matters where
it never comes; what must not come is shown by something that comes after it; and what is over after a time lasts longer on a machine that
needed longer to get there (`while_it_lasts`). Order is made by conditions, never by sleeping.
"""
import itertools
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[3]
HOLDFAST = os.environ.get("HOLDFAST_BIN", str(ROOT / ".build/release/holdfast"))
LAB = os.environ.get("HOLDFAST_LAB_BIN", str(ROOT / ".build/release/holdfast-lab"))
# Seconds that anything is waited for at most.
PATIENCE = float(os.environ.get("HOLDFAST_TEST_PATIENCE", "180"))


def eventually(condition, what, seconds=PATIENCE, every=0.01):
    """The first true value of `condition`; fails once the time is up. `what` is a text, or makes one."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what() if callable(what) else what}"
        time.sleep(every)


def while_it_lasts(attempt, lifetimes=(2, 6, 20, 60)):
    """What `attempt(lifetime)` returns, for what has to be done within so many seconds of its being made.

    It begins with the shortest. An attempt that fails after its own time was up shows nothing, and is made again with the next one;
    one that fails before fails.
    """
    for lifetime in lifetimes:
        began = time.time()
        try:
            return attempt(lifetime)
        except (AssertionError, OSError):
            # Times are whole seconds in tokens and certificates: the last one may be cut short.
            if time.time() < began + lifetime - 1 or lifetime == lifetimes[-1]:
                raise
    raise AssertionError("no lifetime to try")


class Ports:
    """Ports that nobody else is given: below those of outgoing connections, in a block that this process holds.

    The blocks are held by names of abstract Unix sockets, which end with the process, whatever happens to it.
    """

    FIRST, BLOCK, BLOCKS = 10_240, 500, 45  # to 32,739; Linux gives out those from 32,768

    def __init__(self):
        self.holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for block in Random().sample(range(self.BLOCKS), self.BLOCKS):
            try:
                self.holder.bind(f"\0holdfast-tests-ports-{block}")
            except OSError:
                continue
            self.ports = itertools.cycle(range(self.FIRST + block * self.BLOCK, self.FIRST + (block + 1) * self.BLOCK))
            return
        raise AssertionError("all blocks of ports are held by other runs of these tests")

    def next(self):
        for port in itertools.islice(self.ports, self.BLOCK):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            return port
        raise AssertionError("no port is free")


PORTS = []


def free_port():
    if not PORTS:
        PORTS.append(Ports())
    return PORTS[0].next()


def is_connected(port, other):
    """Whether the kernel has a TCP connection of these ports on 127.0.0.1, seen from the first."""
    ends = [f"0100007F:{end:04X}" for end in (port, other)]
    return any(line.split()[1:3] == ends for line in Path("/proc/net/tcp").read_text().splitlines())


def split_address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def limited(soft, hard=None):
    """Stands before a command: so many descriptors and no more."""
    return ("prlimit", f"--nofile={soft}:{soft if hard is None else hard}")


def redirected(redirections):
    """Stands before a command: where its output goes, as bash writes it."""
    return ("bash", "-c", f'exec "$@" {redirections}', "bash")


class Process:
    """A child with its output in files, so that no pipe can fill up and stall it."""

    def __init__(self, arguments, folder, name, environment=None, passed=()):
        """`passed`: descriptors that it inherits under their own numbers."""
        self.name = name
        self.out_path = Path(folder) / f"{name}.out"
        self.err_path = Path(folder) / f"{name}.err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.child = subprocess.Popen(
                [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, **(environment or {})},
                pass_fds=passed,
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

    def descriptors(self):
        """How many it has open."""
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def cpu_seconds(self):
        """What it has used, in user and kernel mode."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def messages(self):
        """What it said of itself, whole lines only."""
        return [json.loads(line) for line in self.err.split("\n")[:-1] if line.startswith("{")]

    def terminate(self):
        self.child.send_signal(signal.SIGTERM)

    def wait(self, seconds=PATIENCE):
        return self.child.wait(seconds)

    def end(self):
        if self.is_running():
            self.child.kill()
        self.child.wait()


def run(*arguments, seconds=5 * PATIENCE, **options):
    """A command to its end; the result has returncode, stdout and stderr as text."""
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=seconds, check=False, **options)
