"""The lab's upstream, and one that behaves as badly as a test asks."""
import http.client
import json
import socket
import struct
import threading

from .accepting import accept_each
from .processes import LAB, PATIENCE, Process, split_address
from .wire import MessageReader


class Upstream:
    """`holdfast-lab upstream`: answers with what reached it."""

    def __init__(self, folder, *options, name="upstream"):
        self.process = Process([LAB, "upstream", *options], folder, name)
        ready = self.process.ready_line()
        if "address" in ready:
            self.address = split_address(ready["address"])
            self.url = "http://" + ready["address"]

    def counts(self):
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            connection.request("GET", "/_lab/count")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def requests(self):
        return self.counts()["requests"]

    def end(self):
        self.process.end()


class RudeUpstream:
    """A server whose every connection that says something is handed to a function of the test: `behave(peer, number)`."""

    def __init__(self, behave, listener=None):
        self.behave = behave
        self.listener = listener or socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.url = "http://%s:%d" % self.address if self.listener.family == socket.AF_INET else None
        self.peers = []
        accept_each(self.listener, self.serve)

    def serve(self, sock):
        sock.settimeout(PATIENCE)
        peer = Peer(sock)
        try:
            if not peer.reader.more():  # a look whether somebody listens
                return peer.close()
        except OSError:
            return peer.close()
        self.peers.append(peer)
        try:
            self.behave(peer, len(self.peers))
        except Exception as error:  # what a peer saw is what the test asks about
            peer.error = error
        finally:
            peer.done.set()

    def end(self):
        self.listener.close()
        for peer in self.peers:
            peer.close()


class Peer:
    """The proxy, as the upstream sees it."""

    def __init__(self, sock):
        self.sock = sock
        self.reader = MessageReader(sock)
        self.requests = []
        self.error = None
        self.done = threading.Event()

    def request(self):
        """The next request whole: start line, fields, body, trailers."""
        self.requests.append(self.reader.request())
        return self.requests[-1]

    def head(self):
        """The next request's head, its body left unread."""
        head = self.reader.head()
        self.requests.append(head)
        return head

    def send(self, octets):
        self.sock.sendall(octets if isinstance(octets, bytes) else octets.encode("latin-1"))

    def is_closed(self):
        try:
            return self.sock.recv(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
