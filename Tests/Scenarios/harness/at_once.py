"""A client whose ClientHello is ready before its connection is: whoever shakes hands at once, also on a machine that has other things to do."""
import socket
import ssl
import time

from .processes import PATIENCE
from .wire import MessageReader

# What a connection has at least before it may have to go: for its first words, and for its own flight.
FIRST_WORDS, FLIGHT = 0.02, 0.2


class NotAtOnce(Exception):
    """This machine took too long between the connection and its first words."""


class BioSocket:
    """What `MessageReader` needs of a socket, over TLS by hand."""

    def __init__(self, tls, plain, incoming, outgoing):
        self.tls, self.plain, self.incoming, self.outgoing = tls, plain, incoming, outgoing

    def pump(self, step):
        while True:
            try:
                done = step()
                self.plain.sendall(self.outgoing.read())
                return done
            except ssl.SSLWantReadError:
                self.plain.sendall(self.outgoing.read())
                octets = self.plain.recv(65536)
                if octets:
                    self.incoming.write(octets)
                else:
                    self.incoming.write_eof()

    def recv(self, count):
        return self.pump(lambda: self.tls.read(count))


def shake_hands_at_once(proxy, client="client-a"):
    """Raises NotAtOnce where the connection was closed and this machine was late."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = proxy.pki.context(client).wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        hello = outgoing.read()
    began = time.monotonic()
    plain = socket.create_connection(proxy.address, timeout=PATIENCE)
    spoke = None
    try:
        plain.sendall(hello)
        spoke = time.monotonic()
        sock = BioSocket(tls, plain, incoming, outgoing)
        sock.pump(tls.do_handshake)
        return sock
    except (ConnectionError, ssl.SSLError) as failure:
        plain.close()
        if spoke is None or spoke - began > FIRST_WORDS / 2 or time.monotonic() - spoke > FLIGHT:
            raise NotAtOnce from failure
        raise


def status_at_once(proxy, token):
    """Of one request; tried again while it is this machine that is late."""
    while True:
        try:
            sock = shake_hands_at_once(proxy)
        except NotAtOnce:
            continue
        try:
            head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
            sock.pump(lambda: sock.tls.write(head.encode()))
            return MessageReader(sock).response().status
        finally:
            sock.plain.close()
