"""Who may do what, written down before it is asked; and every disagreement with it."""
import threading
from collections import Counter, OrderedDict

# What is over is remembered for a while: the upstream may hear of it late.
REMEMBERED = 20_000


class Entry:
    """An exchange that is under way, and what the upstream saw of it."""

    def __init__(self, exchange, thumbprint, subject, token):
        self.exchange, self.thumbprint, self.subject, self.token = exchange, thumbprint, subject, token
        self.attempts = 0
        self.took = 0.0  # seconds that the upstream itself needed before its answer

    def __repr__(self):
        return f"{self.exchange}, seen {self.attempts} times"


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.entries = OrderedDict()
        self.faults = []
        self.counts = Counter()

    def promise(self, entry):
        with self.lock:
            self.entries[entry.exchange.nonce] = entry
            if len(self.entries) > REMEMBERED:
                self.entries.popitem(last=False)

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def fault(self, what, entry=None, link=None):
        """A disagreement, with the last octets of the connection on which it was noticed."""
        octets = "" if link is None else f"\n  sent     {link.sent[-600:]!r}\n  received {link.received[-600:]!r}"
        with self.lock:
            self.counts["faults"] += 1
            if len(self.faults) < 20:
                self.faults.append(f"{what}: {entry}{octets}")

    def seen(self, line, fields, link):
        """The entry of a request that reached the upstream, once the upstream's view of it is held against what was promised."""
        method, target, _ = line.split(" ")
        nonce = target.removeprefix("/soak/")
        with self.lock:
            entry = self.entries.get(nonce)
            if entry is not None:
                entry.attempts += 1
                attempts = entry.attempts
        if entry is None:
            self.fault(f"nobody asked for {line!r}", link=link)
            return None
        exchange = entry.exchange

        def values(name):
            return [value for field, value in fields if field.lower() == name]

        if not exchange.allowed:
            self.fault("a request that must be refused reached the upstream", entry, link)
        if method != exchange.method:
            self.fault(f"{method} reached the upstream", entry, link)
        for name, expected in [
            ("x-client-cert-sha256", entry.thumbprint), ("x-token-subject", entry.subject), ("authorization", f"Bearer {entry.token}"),
            ("soak-nonce", nonce),
        ]:  # fmt: skip
            if values(name) != [expected]:
                self.fault(f"the upstream saw {name}: {values(name)} and not {expected}", entry, link)
        if any("forged" in value for _, value in fields):
            self.fault("a forged field reached the upstream", entry, link)
        if attempts > (2 if exchange.may_be_sent_again else 1):
            self.fault(f"sent {attempts} times", entry, link)
        return entry
