"""What each exchange does, drawn from the seed and from its own place alone, whatever the threads do: a run can be repeated."""
import hashlib
from dataclasses import dataclass
from random import Random

IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
METHODS = {"GET": 46, "HEAD": 12, "POST": 24, "PUT": 8, "DELETE": 4, "OPTIONS": 3, "PATCH": 3}
# How credentials are wrong, and how often; what is refused then is in clients.REFUSALS.
CREDENTIALS = {"good": 82, "none": 3, "another's": 6, "expired": 3, "malformed": 3, "unknown": 3}
# How the upstream misbehaves, and how often (answers.py).
ANSWERS = {
    "plain": 300, "pieces": 60, "interim": 50, "close said": 40, "close unsaid": 60, "blank line": 60, "surplus": 50, "body where none may be": 50,
    "early": 40, "early, closed": 20, "too short": 25, "cut by reset": 25, "cut head": 15, "nothing": 20, "reset": 20, "nonsense": 25, "bad chunk": 15,
    "interim without end": 4, "stalled head": 1, "stalled body": 1,
}  # fmt: skip
# How a client behaves, and how often.
TURNS = {"one": 55, "pipeline": 20, "slow": 6, "half-close": 5, "abort request": 7, "abort answer": 7}


def draw(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


def size(rng, greatest):
    """Mostly small, at times at an edge, seldom large."""
    kind = rng.random()
    if kind < 0.1:
        return 0
    if kind < 0.7:
        return rng.randint(1, 2000)
    if kind < 0.8:
        return min(greatest, rng.choice([4096, 8191, 8192, 8193, 16384, 16385, 65535, 65536]))
    return min(greatest, rng.randint(2000, 60_000) if kind < 0.95 else rng.randint(60_000, 1_500_000))


def octets(nonce, direction, count):
    """A body that no other exchange has, not even in part."""
    block = hashlib.sha256(f"{direction} {nonce}".encode()).hexdigest().encode()
    return (block * (count // len(block) + 1))[:count]


@dataclass(frozen=True)
class Exchange:
    nonce: str
    credentials: str
    token: int  # which of the client's tokens
    method: str
    upload: int | None  # octets; None for no body
    upload_chunked: bool
    expects: bool
    status: int
    size: int
    framing: str  # length, chunked or close
    answer: str
    aborts: bool  # the client goes away before its request is whole

    @property
    def allowed(self):
        return self.credentials == "good"

    @property
    def has_body(self):
        """Whether its answer has one."""
        return self.method != "HEAD" and self.status not in (204, 304)

    @property
    def may_be_sent_again(self):
        return self.method in IDEMPOTENT and (self.upload is None or (self.upload == 0 and not self.upload_chunked))

    def uploaded(self):
        return octets(self.nonce, "up", self.upload or 0)

    def body(self):
        return octets(self.nonce, "down", self.size) if self.has_body else b""


@dataclass(frozen=True)
class Turn:
    """Exchanges that are sent together, and how their client then behaves."""

    kind: str
    exchanges: list
    salt: int


def exchange(rng, transport, nonce, kind):
    method = "POST" if kind == "abort request" else draw(rng, METHODS)
    greatest = {"pipeline": 2000, "half-close": 8000}.get(kind, 1_500_000)
    upload = size(rng, greatest) if method in ("POST", "PUT", "PATCH") else None
    if kind == "abort request":
        upload = max(upload, 2)
    answer = draw(rng, ANSWERS)
    if answer.startswith("early") and not upload:
        answer = "plain"
    status = rng.choice([200] * 8 + [201, 403, 404, 500, 204, 304])
    if answer == "body where none may be" and method != "HEAD":
        status = rng.choice([204, 304])
    down = size(rng, 30_000 if kind == "pipeline" else 1_500_000)
    if kind in ("slow", "abort answer"):
        down = rng.randint(100_000, 600_000)
    if answer == "surplus":
        down = min(down, 1500)  # octets that come later than the answer cannot be told from the next one's answer
    if answer in ("too short", "cut by reset", "bad chunk", "stalled body"):
        status, down, method = 200, max(down, 10), "GET" if method == "HEAD" else method
    framing = rng.choice(["length", "length", "chunked", "close"])
    if answer in ("surplus", "blank line", "close unsaid", "too short", "stalled body") and framing == "close":
        framing = "length"
    if answer == "cut by reset" and transport == "unix":
        framing = "length"  # Unix sockets have no resets: an end is an end
    if answer == "bad chunk":
        framing = "chunked"
    return Exchange(
        nonce, draw(rng, CREDENTIALS), rng.randrange(3), method, upload, rng.random() < 0.4,
        bool(upload) and kind == "one" and rng.random() < 0.2, status, down, framing, answer, kind == "abort request",
    )  # fmt: skip


def session(seed, transport, client, number):
    """The turns of one connection of one client."""
    rng = Random(f"{seed}/{transport}/{client}/{number}")
    turns, count = [], 0
    for _ in range(rng.randint(1, 12)):
        kind = draw(rng, TURNS)
        exchanges = []
        for _ in range(rng.randint(2, 8) if kind == "pipeline" else rng.randint(1, 3) if kind == "half-close" else 1):
            exchanges.append(exchange(rng, transport, f"{transport}-{client}-{number}-{count}", kind))
            count += 1
        turns.append(Turn(kind, exchanges, rng.getrandbits(32)))
        if kind in ("half-close", "abort request", "abort answer"):
            break
    return turns
