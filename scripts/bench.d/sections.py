"""The sections that measure CPU an operation and time: each starts its servers, runs interleaved rounds and gives rows."""
import functools
import statistics
import time
from dataclasses import dataclass

import peers
from load import Client, Load
from processes import Fleet, core_busy_seconds
from table import Row, Samples

JUDGES = ("holdfast", "before", "haproxy", "envoy")  # those that check tokens
NO_SLOWER = 1.02  # than the build before


@dataclass
class Bench:
    """What every section needs. `peers`, `holdfast` and `before` (another build of it) start servers; None where it is not run."""
    directory: str
    cores: tuple
    rounds: int
    seconds: int
    quick: bool
    peers: dict
    holdfast: "object | None"
    before: "object | None" = None
    lab: "str | None" = None  # holdfast-lab
    envoy: "str | None" = None  # its binary
    disturbed: int = 0  # measurements during which others were at work on the servers' core

    def __post_init__(self):
        self.load = Load(self.directory, self.cores[1])
        self.client = Client(self.load)

    def fleet(self):
        return Fleet(self.directory, *self.cores)

    def start(self, fleet, names, upstream=None, lists=False, **holdfast):
        """The named servers that there are here, by name, each shown to do the work that it is measured for; with `lists` each looks its
        clients up in the authority's revocation list."""
        upstream = upstream or peers.start_upstream(fleet)
        starters = {name: functools.partial(self.peers[name], lists=lists) for name in names if name in self.peers}
        if self.holdfast:
            variants = holdfast.get("variants") or {"holdfast": {"lists": lists}}
            starters |= {name: self.holdfast(name=name, **options) for name, options in variants.items()}
        if self.before and not holdfast.get("variants", {}).keys() - {"holdfast"}:
            options = (holdfast.get("variants") or {"holdfast": {"lists": lists}})["holdfast"]
            starters["before"] = self.before(name="before", **options)
        return {name: start(fleet, upstream) for name, start in starters.items()}

    def check(self, servers):
        for server in servers.values():
            self.client.check(server, judges_tokens=server.name.startswith(JUDGES))

    def interleave(self, label, servers, measure, unit, rounds=None):
        """`measure(server)` → (value, fault), each server in turn, `rounds` times; the order turns too."""
        samples = {name: Samples() for name in servers}
        names, rounds = list(servers), rounds or self.rounds
        for number in range(rounds):
            print(f"  {label} {number + 1}/{rounds}:", end="", flush=True)
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                (value, fault), disturbed = self.watch(servers[name], measure)
                samples[name].values.append(value)
                if fault:
                    samples[name].faults.append(f"{name}: {fault}")
                self.disturbed += disturbed
                print(f" {name} {'failed' if fault else f'{value:.1f}'}{'(!)' if disturbed else ''}", end="", flush=True)
            print(f" {unit}", flush=True)
        return samples

    def watch(self, server, measure):
        """The measurement, and whether somebody else had more than a tenth of the server's core meanwhile."""
        def others():
            return core_busy_seconds(self.cores[0]) - server.cpu_nanoseconds() / 1e9

        start, before = time.monotonic(), others()
        result = measure(server)
        return result, others() - before > 0.1 * (time.monotonic() - start)


def rows(what, unit, samples, bars, ours="holdfast"):
    """A row for each peer of `bars` (peer: bar or None), and one for the build before where it ran."""
    if "before" in samples:
        bars = {"before": NO_SLOWER} | bars
    return [Row(what, unit, samples.get(ours), peer, samples.get(peer), bar) for peer, bar in bars.items()]


def warm_requests(bench, servers, tokens, label):
    for server in servers.values():
        bench.load.requests(server, tokens, 1)  # fills pools and caches, not counted

    def measure(server):
        cost = bench.load.requests(server, tokens, bench.seconds)
        return cost.microseconds, cost.fault
    return bench.interleave(label, servers, measure, "CPU µs a request")


def http1(bench):
    result = []
    with bench.fleet() as fleet:
        servers = bench.start(fleet, ["nginx", "stream", "haproxy", "envoy"])
        bench.check(servers)
        for tokens, haproxy in (("rs256", 0.30), ("es256", None)):
            samples = warm_requests(bench, servers, tokens, f"warm {tokens}")
            bars = {"nginx": 0.90, "stream": None, "haproxy": haproxy, "envoy": 0.25}
            result += rows(f"HTTP/1.1 keep-alive, warm {tokens.upper()} token", "CPU µs", samples, bars)
    return result


def http2(bench):
    result = []
    with bench.fleet() as fleet:
        servers = bench.start(fleet, ["nginx", "haproxy", "envoy"])
        servers.pop("before", None)  # a build before may not speak it
        bench.check(servers)
        for connections, streams, nginx in ((64, 1, 0.95), (8, 8, 0.75)):
            def measure(server):
                cost = bench.load.http2_requests(server, "rs256", bench.seconds, connections, streams)
                return cost.microseconds, cost.fault
            what = f"{connections} connections, {streams} stream{'s' if streams > 1 else ''} each"
            samples = bench.interleave(f"HTTP/2, {what}", servers, measure, "CPU µs a request")
            result += rows(f"HTTP/2, warm RS256 token, {what}", "CPU µs", samples, {"nginx": nginx, "haproxy": 0.30, "envoy": None})
    return result


def ways(bench):
    """To the upstream: each the same requests of clients over HTTP/1.1, then over HTTP/2."""
    if not bench.holdfast:
        return []
    result = []
    with bench.fleet() as fleet:
        variants = {"holdfast": {"way": "tcp"}, "holdfast-unix": {"way": "unix"}, "holdfast-h2c": {"way": "h2c"}}
        servers = bench.start(fleet, [], variants=variants)
        bench.check(servers)
        samples = warm_requests(bench, servers, "rs256", "ways to the upstream")

        def measure(server):
            cost = bench.load.http2_requests(server, "rs256", bench.seconds, 8, 8)
            return cost.microseconds, cost.fault
        streams = bench.interleave("the same over HTTP/2, 8 connections, 8 streams each", servers, measure, "CPU µs a request")
    for what, found in (("HTTP/1.1", samples), ("HTTP/2", streams)):
        for name, words in (("holdfast-unix", "a Unix socket"), ("holdfast-h2c", "h2c")):
            result.append(Row(f"{what}, to the upstream over {words} (peer: TCP)", "CPU µs", found[name], "holdfast", found["holdfast"], None))
    return result


def log(bench):
    if not bench.holdfast:
        return []
    with bench.fleet() as fleet:
        variants = {"holdfast": {}, "holdfast-log": {"access_log": True}}
        servers = bench.start(fleet, [], variants=variants)
        bench.check(servers)
        samples = warm_requests(bench, servers, "es256", "access log")
    return [Row("the same, access log on (peer: off)", "CPU µs", samples["holdfast-log"], "holdfast", samples["holdfast"], 1.10)]


def cold(bench):
    result = []
    with bench.fleet() as fleet:
        servers = bench.start(fleet, ["haproxy", "envoy"], variants={"holdfast": {"cache": 0}})
        bench.check(servers)
        for tokens in ("es256", "rs256"):
            samples = warm_requests(bench, servers, f"{tokens}-many", f"cold {tokens}")
            result += rows(f"cold {tokens.upper()} tokens, no verification cache", "CPU µs", samples, {"haproxy": 0.90, "envoy": 0.80})
    return result


def handshake(bench):
    def measure(server):
        cost = bench.load.handshakes(server, bench.seconds)
        return cost.microseconds, cost.fault

    result = []
    for lists, what in ((False, ""), (True, ", revocation list")):
        with bench.fleet() as fleet:
            servers = bench.start(fleet, ["nginx", "haproxy", "envoy"], lists=lists)
            bench.check(servers)
            samples = bench.interleave(f"handshake{what}", servers, measure, "CPU µs a handshake")
        bars = {"haproxy": 0.40 if lists else 0.42, "envoy": 1.0, "nginx": None}
        result += rows(f"full TLS 1.3 mutual handshake{what}", "CPU µs", samples, bars)
    return result + post_quantum(bench)


def post_quantum(bench):
    """With X25519MLKEM768, which Envoy has as well."""
    if not bench.lab:
        return []

    def measure(server):
        cost = bench.load.post_quantum_handshakes(bench.lab, server, bench.seconds)
        return cost.microseconds, cost.fault
    with bench.fleet() as fleet:
        servers = bench.start(fleet, ["envoy"], lists=True)
        samples = bench.interleave("handshake, X25519MLKEM768", servers, measure, "CPU µs a handshake")
    return rows("the same, revocation list, X25519MLKEM768", "CPU µs", samples, {"envoy": 1.0})


def first_request(bench):
    count = 20 if bench.quick else 200

    def milliseconds(server):
        start = time.perf_counter()
        with bench.client.connect(server.port) as connection:
            status = bench.client.status(connection)
            return (time.perf_counter() - start) * 1000, status

    def measure(server):
        times, statuses = zip(*(milliseconds(server) for _ in range(count)))
        wrong = [status for status in statuses if status != 200]
        return statistics.median(times), f"answered {wrong[0]}" if wrong else ""

    with bench.fleet() as fleet:
        servers = bench.start(fleet, ["nginx", "haproxy", "envoy"])
        bench.check(servers)
        samples = bench.interleave("first request", servers, measure, "ms")
    return rows("first request of a new connection, Nagle on", "ms", samples, {"nginx": 1.2, "haproxy": None, "envoy": None})
