"""The clients, a thread each: they ask as the plan says and hold each answer against what was asked."""
import ssl
import time
from random import Random

from harness.wire import MessageReader, Truncated

from .answers import BAD, CUT, LATE, MAY_BE, WHOLE
from .ledger import Entry
from .link import Link
from .plan import session

REFUSALS = {
    "none": (401, "credentials_missing"), "another's": (401, "cnf_mismatch"), "expired": (401, "token_expired"), "malformed": (400, "credentials_malformed"),
    "unknown": (401, "token_inactive"),
}  # fmt: skip
FORGED = ["X-Client-Cert-SHA256", "x_client_cert_sha256", "X-Token-Subject", "X-SSL-Client-Verify", "X-Forwarded-Client-Cert"]


class Ended(Exception):
    """The connection is over, as it may be."""


class Identity:
    """A certificate, and tokens that are bound to it, each with a subject of its own."""

    def __init__(self, name, context, thumbprint, tokens):
        self.name, self.context, self.thumbprint, self.tokens = name, context, thumbprint, tokens
        self.wrong = {}  # how credentials are wrong: the token then


class Client:
    def __init__(self, ledger, seed, transport, number, identity, address, patience, response_timeout):
        self.ledger, self.seed, self.transport, self.number = ledger, seed, transport, number
        self.identity, self.address, self.patience, self.response_timeout = identity, address, patience, response_timeout

    def run(self, number):
        """One connection, from its handshake to its end."""
        turns = session(self.seed, self.transport, self.number, number)
        try:
            link = Link(self.connect(), self.identity.context, self.patience, hostname="127.0.0.1")
        except OSError as error:
            return self.ledger.fault(f"no connection: {error!r}")
        self.ledger.count("connections")
        reader = MessageReader(link)
        try:
            for turn in turns:
                self.rng = Random(turn.salt)
                self.turn(turn, link, reader)
        except Ended:
            pass
        finally:
            link.close()

    def connect(self):
        import socket

        return socket.create_connection(self.address, self.patience)

    # Asking

    def turn(self, turn, link, reader):
        entries = [self.entry(exchange) for exchange in turn.exchanges]
        getattr(self, turn.kind.replace(" ", "_").replace("-", "_"))(entries, link, reader)
        time.sleep(self.rng.choice([0, 0, 0, 0.001, 0.01]))

    def entry(self, exchange):
        subject, token = self.identity.tokens[exchange.token]
        entry = Entry(exchange, self.identity.thumbprint, subject, token if exchange.allowed else self.identity.wrong[exchange.credentials])
        self.ledger.promise(entry)
        return entry

    def head(self, entry):
        exchange = entry.exchange
        lines = [f"{exchange.method} /soak/{exchange.nonce} HTTP/1.1", "Host: api.example.com", f"Soak-Nonce: {exchange.nonce}"]
        if entry.token is not None:
            lines.append(f"Authorization: Bearer {entry.token}")
        if exchange.upload is not None:
            lines.append("Transfer-Encoding: chunked" if exchange.upload_chunked else f"Content-Length: {exchange.upload}")
        if exchange.expects:
            lines.append("Expect: 100-continue")
        if self.rng.random() < 0.3:
            lines.append(f"{self.rng.choice(FORGED)}: forged")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def body(self, entry):
        exchange = entry.exchange
        octets = exchange.uploaded()
        if exchange.upload is None or not exchange.upload_chunked:
            return octets
        pieces, position = [], 0
        while position < len(octets):
            count = self.rng.choice([1, self.rng.randint(1, 300), self.rng.randint(300, 70_000)])
            piece = octets[position : position + count]
            pieces.append(b"%x\r\n%s\r\n" % (len(piece), piece))
            position += count
        return b"".join(pieces) + b"0\r\n\r\n"

    def send(self, link, octets):
        """What cannot be sent any more may have been answered early."""
        position = 0
        try:
            while position < len(octets):
                count = self.rng.choice([65536, self.rng.randint(1, 20_000)])
                link.send(octets[position : position + count])
                position += count
        except OSError:
            return False
        return True

    def one(self, entries, link, reader, read=None):
        [entry] = entries
        head, body = self.head(entry), self.body(entry)
        if entry.exchange.expects:
            self.send(link, head)
            return self.answer(entry, link, reader, body=body)
        if self.rng.random() < 0.2:
            self.send(link, head)
            self.send(link, body)
        else:
            self.send(link, head + body)
        self.answer(entry, link, reader)

    def pipeline(self, entries, link, reader):
        self.send(link, b"".join(self.head(entry) + self.body(entry) for entry in entries))
        for entry in entries:
            self.answer(entry, link, reader)

    def slow(self, entries, link, reader):
        [entry] = entries
        self.send(link, self.head(entry) + self.body(entry))
        self.answer(entry, Slow(link, self.rng), MessageReader(Slow(link, self.rng)))

    def half_close(self, entries, link, reader):
        if self.send(link, b"".join(self.head(entry) + self.body(entry) for entry in entries)):
            try:
                link.half_close()
            except OSError:
                pass
        for entry in entries:
            self.answer(entry, link, reader)
        self.expect_end(entries[-1], link, reader)

    def abort_request(self, entries, link, reader):
        [entry] = entries
        octets = self.head(entry) + self.body(entry)
        part = octets[: self.rng.randint(1, len(octets) - 1)]
        try:
            self.rng.choice([link.send, link.send_torn])(part)
            time.sleep(self.rng.choice([0, 0.002, 0.02]))
            self.rng.choice([link.close, link.reset, link.half_close])()
        except OSError:
            pass
        self.ledger.count("requests given up")
        raise Ended

    def abort_answer(self, entries, link, reader):
        [entry] = entries
        self.send(link, self.head(entry) + self.body(entry))
        link.sock.settimeout(0.05)  # for where there is nothing more to come
        try:
            for _ in range(self.rng.randint(0, 4)):
                if not link.recv(self.rng.randint(1, 20_000)):
                    break
            self.rng.choice([link.close, link.reset])()
        except OSError:
            pass
        self.ledger.count("answers given up")
        raise Ended

    # Judging

    def answer(self, entry, link, reader, body=None):
        """Reads one answer; sends `body` once it is asked for."""
        exchange = entry.exchange
        self.ledger.count("exchanges")
        try:
            status, fields = self.final_head(entry, link, reader, body)
        except (OSError, Truncated) as error:
            if isinstance(error, TimeoutError):
                self.ledger.fault("no answer in time", entry, link)
            elif not self.may_be(entry, CUT):
                self.ledger.fault(f"no answer: {error!r}", entry, link)
            else:
                self.ledger.count("cut before the head")
            raise Ended from None
        named = {}
        for name, value in fields:
            if named.setdefault(name.lower(), value) != value:
                self.ledger.fault(f"{name} twice", entry, link)
        if "soak-nonce" in named:
            self.upstreams_answer(entry, status, fields, named, link, reader)
        else:
            self.own_answer(entry, status, fields, named, link, reader)
        if named.get("connection", "").lower() == "close":
            self.expect_end(entry, link, reader)
            raise Ended

    def final_head(self, entry, link, reader, body):
        while True:
            line, fields = reader.head()
            status = int(line.split(" ")[1])
            if status >= 200:
                return status, fields
            nonces = [value for name, value in fields if name.lower() == "soak-nonce"]
            if nonces not in ([], [entry.exchange.nonce]):
                self.ledger.fault(f"an interim answer of {nonces}", entry, link)
            if status == 100 and body is not None:
                self.send(link, body)
                body = None

    def read_body(self, entry, status, fields, reader):
        """The octets, and whether that was all of them."""
        before = entry.exchange.method
        if before == "HEAD" or status in (204, 304):
            return b"", True
        body = b""
        try:
            body, _ = reader.body(fields, until_close=True)
            return body, True
        except (OSError, Truncated):
            return body, False

    def upstreams_answer(self, entry, status, fields, named, link, reader):
        exchange = entry.exchange
        if named["soak-nonce"] != exchange.nonce or named.get("soak-seen") != entry.thumbprint or not exchange.allowed:
            self.ledger.fault(f"CROSSED: got the answer for {named['soak-nonce']}, as seen for {named.get('soak-seen')}", entry, link)
            raise Ended
        body, whole = self.read_body(entry, status, fields, reader)
        expected = exchange.body()
        if status != exchange.status:
            self.ledger.fault(f"status {status}", entry, link)
        if whole and body != expected:
            self.ledger.fault(f"CROSSED or cut unseen: {len(body)} octets of body where {len(expected)} were sent, ending in {body[-100:]}", entry, link)
            raise Ended
        if whole and not self.may_be(entry, WHOLE):
            self.ledger.fault("an answer that was cut is presented as whole", entry, link)
        if not whole:
            if not self.may_be(entry, CUT):
                self.ledger.fault("an answer was cut", entry, link)
            self.ledger.count("cut")
            raise Ended
        self.ledger.count("whole")

    def own_answer(self, entry, status, fields, named, link, reader):
        exchange = entry.exchange
        body, whole = self.read_body(entry, status, fields, reader)
        reason = named.get("content-type") == "application/problem+json" and body.split(b'"reason":"')[-1].split(b'"')[0].decode()
        if not whole or not (reason or exchange.method == "HEAD"):
            self.ledger.fault(f"an answer of nobody: {status} {fields} {body[:200]}", entry, link)
        elif not exchange.allowed:
            if status != REFUSALS[exchange.credentials][0] or (body and reason != REFUSALS[exchange.credentials][1]):
                self.ledger.fault(f"refused by {status} {reason}", entry, link)
            self.ledger.count(f"refused: {exchange.credentials}")
        else:
            seen = {502: BAD, 504: LATE}.get(status)
            if seen is None or not self.may_be(entry, seen):
                self.ledger.fault(f"{status} {reason}", entry, link)
            self.ledger.count(f"{status}")

    def may_be(self, entry, what):
        exchange = entry.exchange
        if what in MAY_BE[exchange.answer]:
            return True
        # A machine that is too slow for its own time-outs has shown nothing.
        if what in (LATE, CUT) and entry.took > 0.5 * self.response_timeout:
            self.ledger.count("excused: this machine is too slow")
            return True
        # A connection that the upstream closed meanwhile: what is not sent again is answered by 502, if the upstream did not have it.
        return what == BAD and not exchange.may_be_sent_again and entry.attempts == 0

    def expect_end(self, entry, link, reader):
        try:
            if reader.buffer or link.recv(1):
                self.ledger.fault("octets after the last answer", entry, link)
        except TimeoutError:
            self.ledger.fault("not closed", entry, link)
        except (OSError, ssl.SSLError):
            pass


class Slow:
    """A link whose reader takes its time."""

    def __init__(self, link, rng):
        self.link, self.rng = link, rng
        self.sent = self.received = b""

    def recv(self, _):
        time.sleep(self.rng.choice([0, 0.001, 0.003]))
        return self.link.recv(self.rng.choice([1000, 20_000, 65536]))
