"""A service manager as systemd is one: it listens for what its service tells, and holds sockets for it."""
import ctypes
import fcntl
import os
import socket
import threading
from pathlib import Path

from .processes import eventually, free_port


class Manager:
    """What a service tells by NOTIFY_SOCKET, each datagram as a dictionary."""

    def __init__(self, address):
        """A path, or `@` and an abstract name."""
        self.address, self.heard = str(address), []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address.replace("@", "\0", 1) if self.address.startswith("@") else self.address)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            text = self.socket.recv(65536).decode()
            self.heard.append(dict(line.split("=", 1) for line in text.split("\n")))

    def environment(self, **more):
        return {"NOTIFY_SOCKET": self.address, **more}

    def index(self, after=-1, **wanted):
        """Where a datagram after that one has these assignments; `...` for any value, a function for one that it takes."""

        def fits(datagram):
            return all(
                key in datagram and (value is ... or (value(datagram[key]) if callable(value) else datagram[key] == value))
                for key, value in wanted.items()
            )

        def found():
            return next((str(index) for index, datagram in enumerate(self.heard) if index > after and fits(datagram)), None)

        return int(eventually(found, lambda: f"{wanted} after {after} of {self.heard}"))


class Held:
    """A listening socket that processes are given and that outlives them."""

    def __init__(self, host="127.0.0.1", port=None):
        self.address = (host, port or free_port())
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.address)
        self.socket.listen(1024)

    @property
    def text(self):
        return "%s:%d" % self.address


def handing_on(*sockets, names=None):
    """Keywords of a proxy that is passed these sockets, as sd_listen_fds(3) says."""
    # Above all that the shell moves them to.
    copies = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD_CLOEXEC, 50) for one in sockets]
    moves = " ".join(f"{3 + index}<&{copy} {copy}<&-" for index, copy in enumerate(copies))
    assignments = f"LISTEN_PID=$$ LISTEN_FDS={len(copies)}" + (f" LISTEN_FDNAMES={names}" if names else "")
    return {"prefix": ("bash", "-c", f'{assignments} exec "$@" {moves}', "bash"), "passed": copies}


class HeldThread:
    """One thread of a process stands still, while the others run."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, process, name):
        self.call = ctypes.CDLL(None, use_errno=True).ptrace
        self.call.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        tasks = Path(f"/proc/{process.child.pid}/task").iterdir()
        self.thread = next(int(task.name) for task in tasks if (task / "comm").read_text().startswith(name))

    def __enter__(self):
        for request in (self.SEIZE, self.INTERRUPT):
            assert self.call(request, self.thread, None, None) == 0, os.strerror(ctypes.get_errno())
        assert os.waitpid(self.thread, 0x40000000)[0] == self.thread  # __WALL
        return self

    def __exit__(self, *_):
        self.call(self.DETACH, self.thread, None, None)


