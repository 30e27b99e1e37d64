"""A client of HTTP/2 that writes the frames it is given; heads are another implementation's (PyPI's hpack)."""
import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window(stream, octets):
    return frame(WINDOW, 0, stream, struct.pack(">I", octets))


def reset(stream, code=8):
    return frame(RESET, 0, stream, struct.pack(">I", code))


class Exchanged:
    """What came back on one stream."""

    def __init__(self):
        self.heads, self.body, self.is_over, self.reset = [], b"", False, None

    @property
    def status(self):
        return int(dict(self.heads[-1])[":status"])


class HTTP2Connection:
    """`grants`: whether windows are opened as bodies come; `greeting`: what is sent in place of the preface and `initial` settings."""

    def __init__(self, proxy, context, initial=(), grants=True, greeting=None):
        self.connection = proxy.connect(context=context)
        self.sock = self.connection.sock
        assert self.sock.selected_alpn_protocol() == "h2"
        self.host = self.connection.host
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.buffer, self.next, self.grants = b"", 1, grants
        self.streams, self.frames, self.goaways, self.is_over, self.longest = {}, [], [], False, 0
        self.room, self.rooms, self.initial = 65_535, {}, 65_535
        self.send(PREFACE + settings(*initial) if greeting is None else greeting)

    def send(self, octets):
        self.sock.sendall(octets)
        return self

    def block(self, method="GET", path="/", token=None, fields=(), authority=None):
        head = [(":method", method), (":scheme", "https"), (":authority", authority or self.host), (":path", path)]
        if token is not None:
            head.append(("authorization", f"Bearer {token}"))
        return self.encoder.encode(head + list(fields))

    def begin(self):
        """The next stream."""
        stream, self.next = self.next, self.next + 2
        self.streams[stream] = Exchanged()
        self.rooms[stream] = self.initial
        return stream

    def ask(self, method="GET", path="/", token=None, fields=(), ends=True, authority=None):
        """The octets of a request's HEADERS, and its stream."""
        stream = self.begin()
        block = self.block(method, path, token, fields, authority)
        return frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), stream, block), stream

    def request(self, method="GET", path="/", token=None, fields=(), authority=None):
        octets, stream = self.ask(method, path, token, fields, authority=authority)
        self.send(octets)
        return self.until(stream)

    def upload(self, stream, body):
        """As the windows allow."""
        position = 0
        while position < len(body):
            count = min(16_384, len(body) - position, self.room, self.rooms[stream])
            if count == 0:
                self.read()
                continue
            part = body[position : position + count]
            position += count
            self.room -= count
            self.rooms[stream] -= count
            self.send(frame(DATA, END_STREAM if position == len(body) else 0, stream, part))

    def until(self, stream):
        found = self.streams[stream]
        while not found.is_over and found.reset is None and self.read():
            pass
        return found

    def end(self):
        """Reads to the end of the connection."""
        while self.read():
            pass
        return self.goaways

    def read(self):
        """One frame; whether there was one."""
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            try:
                octets = self.sock.recv(65_536)
            except ConnectionError:
                octets = b""
            if not octets:
                self.is_over = True
                return False
            self.buffer += octets
        length = int.from_bytes(self.buffer[:3], "big")
        kind, flags, stream = self.buffer[3], self.buffer[4], struct.unpack(">I", self.buffer[5:9])[0]
        payload, self.buffer = self.buffer[9 : 9 + length], self.buffer[9 + length :]
        self.frames.append(kind)
        self.longest = max(self.longest, length)
        self.took(kind, flags, stream, payload)
        return True

    def took(self, kind, flags, stream, payload):
        if kind == HEADERS:
            self.streams[stream].heads.append(self.decoder.decode(payload))
        if kind == DATA:
            self.streams[stream].body += payload
            if self.grants and payload:
                self.send(window(0, len(payload)) + (b"" if flags & END_STREAM else window(stream, len(payload))))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.streams[stream].is_over = True
        if kind == RESET and stream in self.streams:
            self.streams[stream].reset = struct.unpack(">I", payload)[0]
        if kind == GOAWAY:
            self.goaways.append(struct.unpack(">II", payload[:8]))
        if kind == WINDOW:
            octets = struct.unpack(">I", payload)[0]
            if stream == 0:
                self.room += octets
            elif stream in self.rooms:
                self.rooms[stream] += octets
        if kind == SETTINGS and not flags & ACK:
            for place in range(0, len(payload), 6):
                name, value = struct.unpack(">HI", payload[place : place + 6])
                if name == 4:
                    self.rooms = {stream: room + value - self.initial for stream, room in self.rooms.items()}
                    self.initial = value
            self.send(frame(SETTINGS, ACK))
        if kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
