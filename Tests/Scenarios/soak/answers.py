"""An upstream's answers, right and wrong, and what a client may see of each."""
from random import Random
from time import monotonic, sleep

# What a client may see.
WHOLE, CUT, BAD, LATE = "the whole answer", "a cut", "502", "504"
MAY_BE = {
    "plain": {WHOLE}, "pieces": {WHOLE}, "interim": {WHOLE}, "close said": {WHOLE}, "close unsaid": {WHOLE}, "blank line": {WHOLE}, "surplus": {WHOLE},
    "body where none may be": {WHOLE}, "early": {WHOLE}, "early, closed": {WHOLE, CUT, BAD}, "too short": {CUT}, "cut by reset": {CUT, BAD},
    "cut head": {BAD}, "nothing": {BAD}, "reset": {BAD}, "nonsense": {BAD}, "bad chunk": {CUT, BAD}, "interim without end": {BAD},
    "stalled head": {LATE}, "stalled body": {CUT, LATE},
}  # fmt: skip
EVIL = b"HTTP/1.1 200 OK\r\nSoak-Nonce: EVIL\r\nContent-Type: text/evil\r\nContent-Length: 4\r\n\r\nEVIL"
NONSENSE = [
    b"\x15\x03\x01\x00\x02\x02\x28", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX A: b\r\n\r\n", b"HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nEVIL",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\0b\r\n\r\n",
]  # fmt: skip


class Over(Exception):
    """The connection serves nobody any more."""


def chunks(rng, body):
    position = 0
    while position < len(body):
        count = rng.choice([1, rng.randint(1, 100), rng.randint(100, 5000), 65536])
        piece = body[position : position + count]
        position += count
        yield b"%x%s\r\n%s\r\n" % (len(piece), rng.choice([b"", b"", b";a=b"]), piece)


class Answer:
    """One answer over `link` to the request of `entry`."""

    def __init__(self, link, entry, salt):
        self.link, self.entry, self.exchange = link, entry, entry.exchange
        self.rng = Random(f"{salt}/{self.exchange.nonce}")
        self.began = monotonic()
        self.until_close = self.exchange.framing == "close" and self.exchange.has_body

    @property
    def comes_early(self):
        return self.exchange.answer.startswith("early")

    def head(self, **changes):
        exchange, fields = self.exchange, {}
        fields["Soak-Nonce"] = exchange.nonce
        fields["Soak-Seen"] = self.entry.thumbprint
        if self.until_close or exchange.answer == "close said":
            fields["Connection"] = "close"
        elif exchange.framing == "chunked" and exchange.status not in (204, 304):
            fields["Transfer-Encoding"] = "chunked"
        elif exchange.status not in (204, 304) or (exchange.status == 304 and exchange.answer == "body where none may be"):
            fields["Content-Length"] = str(exchange.size)
        fields |= changes
        lines = [f"HTTP/1.1 {exchange.status} Soak", *(f"{name}: {value}" for name, value in fields.items() if value is not None)]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def body(self):
        body = self.exchange.body()
        if self.exchange.framing == "chunked" and self.exchange.has_body and not self.until_close and self.exchange.answer != "close said":
            return b"".join(chunks(self.rng, body)) + b"0\r\n\r\n"
        return body

    def whole(self):
        return self.head() + self.body()

    def send(self, octets):
        self.entry.took = max(self.entry.took, monotonic() - self.began)
        self.link.send(octets)

    def trickle(self, octets):
        position = 0
        for _ in range(12):
            count = self.rng.choice([1, self.rng.randint(1, 200), self.rng.randint(200, 20_000)])
            self.send(octets[position : position + count])
            position += count
            sleep(self.rng.choice([0, 0, 0.002]))
            if position >= len(octets):
                return
        self.send(octets[position:])

    def end_well(self):
        self.link.half_close()
        self.link.wait_for_end()
        raise Over

    def end(self):
        self.rng.choice([self.link.close, self.link.reset])()
        raise Over

    def perform(self):
        """Raises `Over` where the connection ends with it."""
        getattr(self, self.exchange.answer.split(",")[0].replace(" ", "_"))()
        if self.until_close or self.exchange.answer == "close said":
            self.end_well()

    # Right, if unusual

    def plain(self):
        self.send(self.whole())

    def pieces(self):
        self.trickle(self.whole())

    def interim(self):
        for _ in range(self.rng.randint(1, 6)):
            self.send(f"HTTP/1.1 103 Early Hints\r\nSoak-Nonce: {self.exchange.nonce}\r\n\r\n".encode())
        self.send(self.whole())

    def close_said(self):
        self.send(self.whole())

    def close_unsaid(self):
        self.send(self.whole())
        sleep(self.rng.choice([0, 0.001, 0.005, 0.03]))
        self.end_well()

    def blank_line(self):
        """One CR LF too many, as old servers send it, in the same segment or in one of its own."""
        if self.rng.random() < 0.5:
            return self.send(self.whole() + b"\r\n")
        self.send(self.whole())
        sleep(self.rng.choice([0, 0.001, 0.005]))
        self.send(b"\r\n")

    def surplus(self):
        """An answer that nobody asked for, at once after the one that was asked for."""
        self.send(self.whole() + EVIL)
        self.link.wait_for_end()
        raise Over

    def body_where_none_may_be(self):
        """After an answer to HEAD, 204 or 304: what looks like the next answer; at once, or in a segment of its own."""
        if self.rng.random() < 0.5:
            self.send(self.head(**{"Content-Length": str(len(EVIL)), "Transfer-Encoding": None}) + EVIL)
        else:
            self.send(self.head(**{"Content-Length": str(len(EVIL)), "Transfer-Encoding": None}))
            sleep(self.rng.choice([0, 0.001, 0.005, 0.03]))
            self.send(EVIL)
        self.link.wait_for_end()
        raise Over

    def early(self):
        """Before the body of the request is read; `read_rest` or the end follows."""
        self.send(self.whole())
        if self.exchange.answer == "early, closed":
            self.end()

    # Wrong

    def too_short(self):
        """Fewer octets than its length or its last chunk promised."""
        whole = self.whole()
        least = whole.index(b"\r\n\r\n") + 4
        self.send(whole[: self.rng.randint(least, len(whole) - 1)])
        self.rng.choice([self.end_well, self.end])()

    def cut_by_reset(self):
        whole = self.whole()
        self.send(whole[: self.rng.randint(len(whole) // 2, len(whole) - 1)] if not self.until_close else whole)
        sleep(self.rng.choice([0, 0.002]))
        self.link.reset()
        raise Over

    def cut_head(self):
        head = self.head()
        self.send(head[: self.rng.randint(1, len(head) - 3)])
        self.rng.choice([self.end_well, self.end])()

    def nothing(self):
        self.end_well()

    def reset(self):
        self.link.reset()
        raise Over

    def nonsense(self):
        self.send(self.rng.choice(NONSENSE))
        self.end_well()

    def bad_chunk(self):
        body = self.exchange.body()
        half = b"".join(chunks(self.rng, body[: len(body) // 2]))
        self.send(self.head() + half + self.rng.choice([b"zz\r\n", b"-1\r\n", b"5\nhello", b"\r\n", b"ffffffffffffffffff\r\n"]) + EVIL)
        self.link.wait_for_end()
        raise Over

    def interim_without_end(self):
        self.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000)
        self.link.wait_for_end()
        raise Over

    def stalled_head(self):
        self.link.send(self.head()[:20])
        self.link.wait_for_end()
        raise Over

    def stalled_body(self):
        whole = self.whole()
        self.link.send(whole[: len(whole) - self.rng.randint(1, 9)])
        self.link.wait_for_end()
        raise Over
