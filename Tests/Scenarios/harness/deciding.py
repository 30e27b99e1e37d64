"""The three ways to ask Holdfast for a decision, written by hand: no front's own care is between a test and the service."""
import base64
import socket
import struct
import urllib.parse

import grpc
from cryptography.hazmat.primitives.serialization import Encoding

from .processes import PATIENCE
from .wire import MessageReader


def shown(pki, client):
    """A certificate as nginx and Envoy hand it on."""
    return urllib.parse.quote(pki.certificate(client).public_bytes(Encoding.PEM).decode(), safe="")


class HTTPAsker:
    """HTTP on the socket; `certificate` is text as it stands in the field."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(path))
        self.reader = MessageReader(self.sock)

    def send(self, lines, body=b""):
        self.sock.sendall("\r\n".join(["GET /any HTTP/1.1", "Host: holdfast", *lines, "", ""]).encode("latin-1") + body)
        return self.reader.response()

    def ask(self, method="GET", target="/", token=None, certificate=None, headers=(), host="api"):
        lines = [f"X-Forwarded-Method: {method}", f"X-Forwarded-Uri: {target}", f"X-Forwarded-Host: {host}"]
        if certificate is not None:
            lines.append(f"X-Forwarded-Tls-Client-Cert: {certificate}")
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        return self.send(lines + [f"{name}: {value}" for name, value in headers])

    def close(self):
        self.sock.close()


# Protocol Buffers, as much as the messages of ext_authz need.


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def part(number, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def parts(message):
    """(number, value) at one level."""
    found, at = [], 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            octet = message[at]
            at += 1
            value |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            found.append((tag >> 3, number()))
        else:
            assert tag & 7 == 2
            length = number()
            found.append((tag >> 3, message[at : at + length]))
            at += length
    return found


def check_request(method="GET", path="/", host="api", fields=(), certificate="", address="192.0.2.7"):
    socket_address = part(1, part(2, address))
    source = part(1, socket_address) + (part(5, certificate) if certificate else b"")
    headers = b"".join(part(3, part(1, name) + part(2, value)) for name, value in fields)
    http = part(2, method) + headers + part(4, path) + part(5, host)
    return part(1, part(1, source) + part(4, part(2, http)))


class Decision:
    def __init__(self, message):
        top = dict(parts(message))
        self.permits = 3 in top and not top.get(1)
        body = dict((n, v) for n, v in parts(top.get(2, b"")))
        self.status = dict(parts(body[1]))[1] if 1 in body else 200
        self.body = body.get(3, b"")
        inner = parts(top.get(3, b"")) if self.permits else parts(top.get(2, b""))
        self.fields = [self.option(value) for number, value in inner if number == 2]
        self.removed = [value.decode() for number, value in inner if number == 5] if self.permits else []

    @staticmethod
    def option(value):
        header = dict(parts(dict(parts(value))[1]))
        return header[1].decode(), header.get(2, b"").decode()


class EnvoyAsker:
    """gRPC on the socket by another implementation."""

    def __init__(self, path):
        self.channel = grpc.insecure_channel(f"unix:{path}", [("grpc.default_authority", "holdfast")])

    def call(self, message, method="/envoy.service.auth.v3.Authorization/Check"):
        return self.channel.unary_unary(method)(message, timeout=PATIENCE)

    def ask(self, **request):
        return Decision(self.call(check_request(**request)))

    def close(self):
        self.channel.close()


# SPOP (HAProxy's SPOE specification).


def spop_number(value):
    if value < 240:
        return bytes([value])
    out = bytes([value & 0xF | 240])
    value = (value - 240) >> 4
    while value >= 128:
        out += bytes([value & 0x7F | 128])
        value = (value - 128) >> 7
    return out + bytes([value])


def spop_text(octets):
    octets = octets.encode() if isinstance(octets, str) else octets
    return spop_number(len(octets)) + octets


def spop_frame(kind, payload, stream=0, number=0, flags=1):
    inner = struct.pack(">BI", kind, flags) + spop_number(stream) + spop_number(number) + payload
    return struct.pack(">I", len(inner)) + inner


def spop_hello(size=16380, version="2.0"):
    pairs = spop_text("supported-versions") + b"\x08" + spop_text(version) + spop_text("max-frame-size") + b"\x03" + spop_number(size)
    return spop_frame(1, pairs + spop_text("capabilities") + b"\x08" + spop_text("pipelining"))


def spop_notify(arguments, stream=1, message="holdfast"):
    pairs = b"".join(spop_text(name) + bytes([kind]) + spop_text(value) for name, kind, value in arguments)
    return spop_frame(3, spop_text(message) + bytes([len(arguments)]) + pairs, stream, 1)


class SPOPAsker:
    def __init__(self, path, greets=True):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(path))
        if greets:
            self.sock.sendall(spop_hello())
            assert self.frame()[0] == 101

    def exactly(self, count):
        octets = b""
        while len(octets) < count:
            more = self.sock.recv(count - len(octets))
            if not more:
                return None
            octets += more
        return octets

    def frame(self):
        """Its kind and the rest; None at the end."""
        head = self.exactly(4)
        if head is None:
            return None
        inner = self.exactly(struct.unpack(">I", head)[0])
        return inner[0], inner[5:]

    def variables(self):
        kind, rest = self.frame()
        assert kind == 103
        at = 0

        def number():
            nonlocal at
            value = rest[at]
            at += 1
            if value < 240:
                return value
            shift = 4
            while True:
                octet = rest[at]
                at += 1
                value += octet << shift
                shift += 7
                if octet < 128:
                    return value

        def text():
            nonlocal at
            length = number()
            at += length
            return rest[at - length : at].decode()

        stream, _, found = number(), number(), {}
        while at < len(rest):
            at += 3
            name = text()
            kind = rest[at]
            at += 1
            found[name] = bool(kind & 0x10) if kind & 15 == 1 else number() if kind & 15 == 3 else text()
        return stream, found

    def ask(self, token=None, certificate=b"", method="GET", target="/", fields=()):
        lines = ["host: api"] + ([f"authorization: Bearer {token}"] if token else []) + [f"{name}: {value}" for name, value in fields]
        arguments = [("method", 8, method), ("target", 8, target), ("fields", 8, "\r\n".join(lines) + "\r\n\r\n")]
        arguments += [("certificate", 9, certificate)] if certificate else []
        self.sock.sendall(spop_notify(arguments))
        return self.variables()[1]

    def close(self):
        self.sock.close()


def base64_der(pki, client):
    return base64.b64encode(pki.der(client)).decode()
