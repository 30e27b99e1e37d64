"""Many connections that never get as far as a request, from a process of their own, so that what they cost the test costs nobody's handshake.

    python -m harness.crowd HOST PORT COUNT [silent|partial|hello] [churn]

Keeps COUNT sockets open, opens another for each that is closed, and with `churn` closes the oldest all the time. Prints a line when all have
been opened once.
"""
import collections
import os
import resource
import selectors
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

from .processes import eventually


class Crowd:
    def __init__(self, address, count, kind="silent", churn=False):
        words = [sys.executable, "-m", "harness.crowd", *map(str, address), str(count), kind, *(["churn"] if churn else [])]
        self.child = subprocess.Popen(words, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"})

    def wait_opened(self):
        os.set_blocking(self.child.stdout.fileno(), False)
        eventually(lambda: self.child.stdout.read(), "the crowd is there")
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()


def hello(context=ssl.create_default_context()):
    """A whole ClientHello."""
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def run(address, count, kind, churn):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    first = {"silent": b"", "partial": hello()[:40], "hello": hello()}[kind]
    selector, open_sockets, opened = selectors.DefaultSelector(), collections.OrderedDict(), 0

    def drop(sock):
        selector.unregister(sock)
        open_sockets.pop(sock)
        sock.close()

    while True:
        for _ in range(min(64, count - len(open_sockets))):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(address)
            open_sockets[sock] = True
            selector.register(sock, selectors.EVENT_WRITE if first else selectors.EVENT_READ)
            opened += 1
            if opened == count:
                print("opened")
        for key, events in selector.select(0.01):
            try:
                if events & selectors.EVENT_WRITE:
                    key.fileobj.send(first)
                    selector.modify(key.fileobj, selectors.EVENT_READ)
                elif not key.fileobj.recv(65536):
                    drop(key.fileobj)
            except OSError:
                drop(key.fileobj)
        if churn:
            time.sleep(0.005)
            for sock in list(open_sockets)[:8]:
                drop(sock)


if __name__ == "__main__":
    run((sys.argv[1], int(sys.argv[2])), int(sys.argv[3]), sys.argv[4], "churn" in sys.argv[5:])
