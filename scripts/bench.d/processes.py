"""Starts the servers of a run, each pinned to its core, reads what they cost, and stops every one of them at the end."""
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass


class BenchError(Exception):
    """A run cannot go on; the text says why and is all that the user sees."""


@dataclass
class Server:
    """A running server. `pid` is the process that does the work, which for nginx is its worker."""
    name: str
    port: int
    pid: int

    def cpu_nanoseconds(self):
        # The process's own CPU clock (clock_getcpuclockid(3)): nanoseconds, all threads, also those that have ended.
        return time.clock_gettime_ns((~self.pid << 3) | 2)

    def memory_kib(self, field="VmRSS"):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))

    def reset_peak_memory(self):
        """From here on VmHWM is the peak since now (proc(5), clear_refs)."""
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")


def core_busy_seconds(core):
    """What processes have used of `core` so far; interrupts are not counted."""
    with open("/proc/stat") as file:
        user, nice, system = next(line.split()[1:4] for line in file if line.startswith(f"cpu{core} "))
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def tail(path, lines=12):
    with open(path, errors="replace") as file:
        return "".join(file.readlines()[-lines:])


class Fleet:
    """The servers of one section, as a context: what it started is stopped when the section is left, however it is left."""

    def __init__(self, directory, server_core, load_core):
        self.directory, self.server_core, self.load_core = directory, server_core, load_core
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            signal_group(process, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                print(f"  had to kill {process.args[-1]}: SIGTERM did not end it in 5 s", flush=True)
                signal_group(process, signal.SIGKILL)
                process.wait(5)
        self.processes.clear()

    def start(self, name, command, port, *, core=None, worker=False):
        """Runs `command` on `core` (the servers' own unless told) and waits for `port`; `worker`: its first child does the work."""
        core = self.server_core if core is None else core
        log_path = os.path.join(self.directory, f"{name}.log")
        with open(log_path, "w") as log:
            # setpriv: no server outlives this program, even one that is killed outright.
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(core), *command],
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.processes.append(process)
        if not eventually(lambda: process.poll() is not None or accepts(port), 15) or process.poll() is not None:
            raise BenchError(f"{name} did not start:\n{tail(log_path)}")
        pid = process.pid
        if worker:
            # The socket is there before the worker that will serve it.
            if not eventually(lambda: children(pid), 15):
                raise BenchError(f"{name} has no worker:\n{tail(log_path)}")
            pid = children(pid)[0]
        return Server(name, port, pid)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def signal_group(process, number):
    try:
        os.killpg(process.pid, number)  # each server leads its own session, so this is it and its workers
    except ProcessLookupError:
        pass


def accepts(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def eventually(condition, seconds):
    """Whether `condition` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def run(command, **options):
    """Runs a command of the installation quietly; its output is shown only when it fails."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode != 0:
        raise BenchError(f"{' '.join(command)} failed:\n{result.stdout[-2000:]}")
    return result.stdout


def installed(*programs):
    return all(shutil.which(program) for program in programs)
