"""A client that sends exactly the octets it is given and reads answers strictly."""
import json
import socket
import ssl
import struct

from .processes import PATIENCE


class Truncated(Exception):
    """The connection ended before the message did."""


class Answer:
    def __init__(self, status, version, fields, body, interim=(), trailers=()):
        self.status = status
        self.version = version
        self.fields = fields
        self.body = body
        self.interim = list(interim)
        self.trailers = list(trailers)

    def values(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def value(self, name):
        values = self.values(name)
        assert len(values) <= 1, f"{name} more than once: {values}"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    @property
    def reason(self):
        return self.json().get("reason")

    def seen(self, name):
        """The values of a field as they reached the lab upstream, whose report this answer is."""
        return [value for field, value in self.json()["fields"] if field.lower() == name.lower()]

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:300]!r}>"


class MessageReader:
    """Reads HTTP/1.1 responses from a socket, or requests for a rude upstream."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def more(self):
        octets = self.sock.recv(65536)
        self.buffer += octets
        return bool(octets)

    def through(self, mark):
        while mark not in self.buffer:
            if not self.more():
                raise Truncated(self.buffer)
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise Truncated(self.buffer)
        octets, self.buffer = self.buffer[:count], self.buffer[count:]
        return octets

    def to_the_end(self):
        while self.more():
            pass
        octets, self.buffer = self.buffer, b""
        return octets

    def head(self):
        """Start line and fields."""
        lines = self.through(b"\r\n\r\n").decode("latin-1").split("\r\n")
        fields = []
        for line in lines[1:]:
            name, value = line.split(":", 1)
            assert name == name.strip(), f"white space around {name!r}"
            fields.append((name, value.strip(" \t")))
        return lines[0], fields

    def chunks(self):
        body = b""
        while True:
            size = int(self.through(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            body += self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        trailers = []
        while True:
            line = self.through(b"\r\n").decode("latin-1")
            if not line:
                return body, trailers
            name, value = line.split(":", 1)
            trailers.append((name, value.strip(" \t")))

    def body(self, fields, until_close=False):
        named = {name.lower(): value for name, value in fields}
        if named.get("transfer-encoding", "").lower() == "chunked":
            assert "content-length" not in named
            return self.chunks()
        if "content-length" in named:
            return self.exactly(int(named["content-length"])), []
        return (self.to_the_end() if until_close else b""), []

    def response(self, method="GET"):
        interim = []
        while True:
            line, fields = self.head()
            version, status = line.split(" ")[:2]
            if status[0] != "1" or status == "101":
                break
            interim.append((int(status), fields))
        if method == "HEAD" or status in ("101", "204", "304"):
            return Answer(int(status), version, fields, b"", interim)
        body, trailers = self.body(fields, until_close=True)
        return Answer(int(status), version, fields, body, interim, trailers)

    def request(self):
        line, fields = self.head()
        body, trailers = self.body(fields)
        return line, fields, body, trailers


class Connection:
    """One TLS connection of a client."""

    def __init__(self, address, context, server_hostname="127.0.0.1", session=None, timeout=PATIENCE, window=None):
        """`window`: octets that the client's kernel takes, stated before the connection."""
        self.tcp = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if window is not None:
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.tcp.settimeout(timeout)
        self.tcp.connect(address)
        self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = context.wrap_socket(self.tcp, server_hostname=server_hostname, session=session)
        self.reader = MessageReader(self.sock)
        self.host = "%s:%d" % address

    def send(self, octets):
        self.sock.sendall(octets if isinstance(octets, bytes) else octets.encode("latin-1"))
        return self

    def head(self, method="GET", target="/", token=None, headers=(), version="HTTP/1.1", host=True):
        lines = [f"{method} {target} {version}"]
        if host:
            lines.append(f"Host: {self.host}")
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        lines += [f"{name}: {value}" for name, value in headers]
        return "\r\n".join(lines) + "\r\n\r\n"

    def request(self, method="GET", target="/", token=None, headers=(), body=None, version="HTTP/1.1"):
        headers = list(headers)
        if body is not None:
            headers.append(("Content-Length", str(len(body))))
        self.send(self.head(method, target, token, headers, version).encode("latin-1") + (body or b""))
        return self.answer(method)

    def answer(self, method="GET"):
        return self.reader.response(method)

    def is_closed(self):
        """Waits for the server to close; what it still sends fails the test."""
        try:
            return not self.reader.buffer and self.sock.recv(1) == b""
        except (ConnectionError, ssl.SSLError, OSError) as error:
            return not isinstance(error, TimeoutError)

    def close(self):
        self.sock.close()

    def reset(self):
        """Goes away without a word of TLS or a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
