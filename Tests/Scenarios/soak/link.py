"""One end of a byte stream, in clear or over TLS, that can end in each of the ways there are."""
import socket
import ssl
import struct

KEPT = 4096


class Ragged(ConnectionError):
    """The peer ended TCP without ending TLS."""


class Link:
    """Blocking; waits at most `patience` seconds for the peer. The last octets of each direction are kept, for whoever has to tell."""

    def __init__(self, sock, context=None, patience=60.0, server=False, hostname=None):
        self.sock = sock
        sock.settimeout(patience)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = self.sent = b""
        self.tls = None
        if context is not None:
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=server, server_hostname=hostname)
            self.step(self.tls.do_handshake)
            self.flush()

    def step(self, operation, *arguments):
        """Does what TLS wants to be done, with as many octets of the peer as that takes."""
        while True:
            try:
                return operation(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                octets = self.sock.recv(65536)
                if not octets:
                    raise Ragged("an end without a closing alert") from None
                self.incoming.write(octets)

    def flush(self):
        if octets := self.outgoing.read():
            self.sock.sendall(octets)

    def recv(self, count=65536):
        """At least one octet; none at a clean end."""
        if self.tls is None:
            octets = self.sock.recv(count)
        else:
            try:
                octets = self.step(self.tls.read, count)
            except ssl.SSLZeroReturnError:
                octets = b""
        self.received = (self.received + octets)[-KEPT:]
        return octets

    def send(self, octets):
        self.sent = (self.sent + octets[-KEPT:])[-KEPT:]
        if self.tls is None:
            self.sock.sendall(octets)
        else:
            self.tls.write(octets)
            self.flush()

    def send_torn(self, octets):
        """All but the last octet of what is sent for these: over TLS the last record stays incomplete."""
        if self.tls is None:
            self.sock.sendall(octets[:-1])
        else:
            self.tls.write(octets)
            self.sock.sendall(self.outgoing.read()[:-1])

    def half_close(self):
        """Ends this side in good order, and goes on reading."""
        if self.tls is not None:
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass  # the peer's goodbye is not there yet, or octets of it that nobody reads; ours is written
            self.flush()
        self.sock.shutdown(socket.SHUT_WR)

    def wait_for_end(self):
        """Discards what comes until the peer is gone, in whatever way."""
        try:
            while self.sock.recv(65536):
                pass
        except OSError:
            pass

    def close(self):
        """Without a word of TLS; a FIN, or a reset where octets were not read."""
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
