"""A proxy between the clients and the upstream, and the count of what it still holds when everybody is gone."""
import os
import ssl
import threading
import time
from collections import Counter
from pathlib import Path

from harness.asking import asking
from harness.processes import PATIENCE, eventually
from harness.proxy import Proxy

from .clients import Client, Identity
from .ledger import Ledger
from .upstream import Upstream

TRANSPORTS = ("plain", "tls", "unix")
CLIENTS = 12
RESPONSE_TIMEOUT = 5.0
# Above what a process of the same age that did a tenth of the work holds.
GROWTH_KIB = 16 * 1024


def identities(pki, forge, issuer, folder):
    """Four certificates with three tokens each: two JWTs and one that the issuer is asked about."""
    made = []
    for name in ["client-a", "client-b", *(pki.issue(f"soak-{number}") for number in (1, 2))]:
        subjects = [f"{name}/{number}" for number in range(3)]
        tokens = [(subject, forge.token(bind=name, sub=subject)) for subject in subjects[:2]]
        tokens.append((subjects[2], issuer.opaque(bind=name, expires_in=86_400, claims={"sub": subjects[2]})))
        made.append(Identity(name, pki.context(name), pki.thumbprint(name), tokens))
    for number, identity in enumerate(made):
        identity.wrong = {
            "none": None, "another's": made[number - 1].tokens[number % 3][1], "expired": forge.token(bind=identity.name, exp=1), "malformed": "a b",
            "unknown": f"unknown-{number}",
        }  # fmt: skip
    return made


class Stage:
    def __init__(self, pki, forge, issuer, settings, folder, transport, seed):
        self.ledger, self.seed, self.transport = Ledger(), seed, transport
        context = None
        if transport == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pki.path("server.pem"), pki.path("server.key"))
        self.issuer_ports = {address[1] for address in (issuer.address, issuer.mtls_address, issuer.lab_address)}
        self.upstream = Upstream(self.ledger, seed, transport, folder, context, PATIENCE)
        upstream = {"url": self.upstream.url, "response_timeout": f"{RESPONSE_TIMEOUT:.0f}s", "idle_timeout": "1s", "connect_timeout": "60s", "queue_timeout": "60s"}
        if context:
            upstream["certificate_authorities"] = pki.path("ca.pem")
        changes = {
            "tokens": [*asking(issuer, cache="2s")["tokens"], settings["tokens"][1]], "upstream": upstream, "routes": None,
            "forward": {"claims": {"sub": "X-Token-Subject"}},
        }  # fmt: skip
        self.proxy = Proxy(pki, folder, settings, changes, f"soak-{transport}").wait_ready()
        people = identities(pki, forge, issuer, folder)
        self.clients = [
            Client(self.ledger, seed, transport, number, people[number % len(people)], self.proxy.address, PATIENCE, RESPONSE_TIMEOUT)
            for number in range(CLIENTS)
        ]
        self.sessions = 0

    # Load

    def load(self, sessions=None, until=None):
        """So many connections of each client, or as many as it takes until that time; all of them are over afterwards."""
        first = self.sessions

        def run(client, reached):
            number = first
            while (number < first + sessions) if until is None else time.monotonic() < until:
                client.run(number)
                number += 1
            reached.append(number)

        reached = []
        threads = [threading.Thread(target=run, args=(client, reached), daemon=True) for client in self.clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(reached) == len(threads), "a client's thread failed"
        self.sessions = max(reached)

    def settle(self):
        """Until nobody is connected any more, on either side."""
        proxy = self.proxy
        eventually(lambda: proxy.metric("holdfast_connections_active") == 0, "no client is connected")
        eventually(lambda: self.upstream.serving == 0, "no upstream connection is left")

    # What is held

    def descriptors(self):
        """How many of each kind, without the connections to the issuer: how many it keeps of those is its own affair."""
        process, kinds = Path(f"/proc/{self.proxy.process.child.pid}"), Counter()
        rows = [line.split() for line in (process / "net/tcp").read_text().splitlines()[1:]]
        issuers = {row[9] for row in rows if int(row[2].split(":")[1], 16) in self.issuer_ports}
        for name in os.listdir(process / "fd"):
            try:
                kind, _, number = os.readlink(process / "fd" / name).partition(":")
            except FileNotFoundError:
                continue
            if number.strip("[]") not in issuers:
                kinds["file" if kind.startswith("/") else kind] += 1
        return dict(kinds)

    def holds_at_most(self, before):
        """Once what is being closed is closed."""
        try:
            return eventually(lambda: all(count <= before.get(kind, 0) for kind, count in self.descriptors().items()), "descriptors")
        except AssertionError:
            return False

    def resident_kib(self):
        return self.proxy.process.resident_kib()

    def held(self):
        return self.descriptors(), self.resident_kib()

    def is_well(self):
        assert self.proxy.process.is_running(), f"holdfast ended: {self.proxy.process.err[-2000:]}"
        self.proxy.wait_ready()

    def end(self):
        self.proxy.end()
        self.upstream.end()


class Told:
    """What came of it."""

    def __init__(self, stage, seconds, before, after):
        self.stage, self.seconds, self.before, self.after = stage, seconds, before, after
        self.counts, self.faults = dict(stage.ledger.counts), list(stage.ledger.faults)

    def text(self):
        counts = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items(), key=lambda pair: -pair[1]))
        lines = [
            f"{self.stage.transport}: {self.seconds:.0f} s: {counts}",
            f"  descriptors {self.before[0]} and {self.after[0]}, resident {self.before[1]} and {self.after[1]} KiB",
        ]
        return "\n".join(lines + [f"  FAULT {fault}" for fault in self.faults])


def soak(pki, forge, issuer, settings, folder, transport, seed, sessions=None, seconds=None, show=lambda text: None):
    """So many connections of each client, or as many as fit into these seconds, of which a tenth beforehand: what is held after them counts."""
    stage = Stage(pki, forge, issuer, settings, folder, transport, seed)
    began = time.monotonic()
    try:
        stage.load(max(1, sessions // 10)) if sessions else stage.load(until=began + seconds / 10)
        stage.settle()
        before = stage.held()
        show(f"{transport}: warmed up by {stage.ledger.counts['exchanges']} exchanges; {before}")
        if sessions:
            stage.load(sessions - stage.sessions)
        else:
            while (left := began + seconds - time.monotonic()) > 0:
                stage.load(until=time.monotonic() + min(60, left))
                show(f"{transport}: {stage.ledger.counts['exchanges']} exchanges, {stage.ledger.counts['faults']} faults, {stage.resident_kib()} KiB")
        stage.settle()
        after = stage.held()
        stage.is_well()
        if not stage.holds_at_most(before[0]):
            stage.ledger.fault(f"descriptors are kept: {before[0]} became {stage.descriptors()}")
        if after[1] > before[1] + GROWTH_KIB:
            stage.ledger.fault(f"memory is kept: {before[1]} KiB became {after[1]}")
    finally:
        stage.end()
    return Told(stage, time.monotonic() - began, before, after)
