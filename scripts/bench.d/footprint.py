"""The sections about memory and long bodies."""
import os
import sys
import time

from processes import free_port
from sections import rows
from table import Row, Samples

FLAT_MB = 8  # what "flat" allows: some buffers, whatever the length of the body
GIB = 1 << 30


def megabytes(kib):
    return kib * 1024 / 1e6


def memory(bench):
    """Resident memory an idle connection that has had one request. The servers are fresh: one that has worked has memory to reuse."""
    count = 200 if bench.quick else 2000

    def measure(server):
        opened = [bench.client.connect(server.port) for _ in range(50)]
        statuses = [bench.client.status(connection) for connection in opened]
        time.sleep(0.3)
        before = server.memory_kib()
        for _ in range(count):
            opened.append(bench.client.connect(server.port))
            statuses.append(bench.client.status(opened[-1]))
        time.sleep(0.5)
        grown = (server.memory_kib() - before) / count
        statuses += [bench.client.status(connection) for connection in opened[::100]]  # they are all still there
        for connection in opened:
            connection.close()
        wrong = [status for status in statuses if status != 200]
        return grown, f"answered {wrong[0]}" if wrong else ""

    with bench.fleet() as fleet:
        servers = bench.start(fleet, ["nginx", "haproxy", "envoy"])
        samples = bench.interleave("idle connections", servers, measure, "KiB each", rounds=1)
    return rows("memory an idle connection", "KiB", samples, {"nginx": 1.0, "haproxy": None, "envoy": None})


def bodies(bench):
    """1 GiB each way: CPU against the peers, and how far the peak of the resident memory is above where it was."""
    size = GIB // 16 if bench.quick else GIB
    path = os.path.join(bench.directory, "body.bin")
    with open(path, "wb") as file:
        file.truncate(size)  # sparse: no disk is read
    growth = {}

    def measured(direction, arguments, expected):
        def measure(server):
            server.reset_peak_memory()
            before = server.memory_kib()
            seconds, words = bench.load.transfer(server, [*arguments, f"https://127.0.0.1:{server.port}/"])
            growth.setdefault((direction, server.name), Samples()).values.append(megabytes(server.memory_kib("VmHWM") - before))
            return seconds * 1000 * GIB / size, "" if words == expected else "curl: " + " ".join(words)
        return measure

    result = []
    with bench.fleet() as fleet:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bodies_upstream.py")
        port = free_port()
        upstream = fleet.start("bodies", [sys.executable, script, str(port), path], port, core=bench.cores[1])
        servers = bench.start(fleet, ["nginx", "haproxy", "envoy"], upstream=upstream)
        for direction, arguments, expected in (
                ("response", ["-o", os.devnull], ["200", str(size), "0"]),
                ("request", ["-o", os.devnull, "-T", path], ["200", str(len(str(size)) + 1), str(size)])):
            samples = bench.interleave(f"1 GiB {direction}", servers, measured(direction, arguments, expected), "CPU ms a GiB")
            result += rows(f"1 GiB {direction} body", "CPU ms", samples, {"nginx": 1.0, "haproxy": None, "envoy": None})
            result.append(Row(f"1 GiB {direction} body, memory growth", "MB", growth.get((direction, "holdfast")), bar=FLAT_MB))
        if "holdfast" in servers:
            result.append(slow_reader(bench, servers["holdfast"]))
    return result


def slow_reader(bench, server):
    """The upstream has the whole response at once, the client takes its time: what is not read must stay upstream."""
    server.reset_peak_memory()
    before = server.memory_kib()
    _, words = bench.load.transfer(
        server, ["-o", os.devnull, "--limit-rate", "4M", "--max-time", "4", f"https://127.0.0.1:{server.port}/"])
    samples = Samples([megabytes(server.memory_kib("VmHWM") - before)])
    if words[:1] != ["200"]:
        samples.faults.append("curl: " + " ".join(words))
    print(f"  slow reader: {samples.median():.1f} MB more", flush=True)
    return Row("the response read at 4 MB/s, memory growth", "MB", samples, bar=FLAT_MB)


def soak(bench):
    """What is left resident after much work, with all connections closed."""
    if not bench.holdfast:
        return []
    handshakes, requests = (2_000, 50_000) if bench.quick else (100_000, 1_000_000)
    samples = Samples()
    with bench.fleet() as fleet:
        server = bench.start(fleet, [])["holdfast"]
        for word, wanted, work in (
                ("handshakes", handshakes, lambda seconds: bench.load.handshakes(server, seconds)),
                ("requests", requests, lambda seconds: bench.load.requests(server, "es256", seconds))):
            samples.faults += until(word, wanted, work, server)
        time.sleep(5 if bench.quick else 30)
        samples.values.append(megabytes(server.memory_kib()))
        print(f"  soak: {samples.median():.1f} MB at the end, {megabytes(server.memory_kib('VmHWM')):.1f} MB at the peak", flush=True)
    return [Row(f"resident after {handshakes:,} handshakes and {requests:,} requests, all closed", "MB", samples, bar=64)]


def until(word, wanted, work, server):
    """Repeats `work(seconds)` until `wanted` operations are done; gives the faults, one of which is to be too slow to end."""
    done, deadline = 0.0, time.monotonic() + 900
    while done < wanted:
        seconds = 10 if wanted > 10_000 else 2
        cost = work(seconds)
        done += cost.rate * seconds
        print(f"  soak: {done:,.0f} of {wanted:,} {word}, {megabytes(server.memory_kib()):.1f} MB resident", flush=True)
        if cost.fault or time.monotonic() > deadline:
            return [cost.fault or f"only {done:,.0f} of {wanted:,} {word} in the time"]
    return []
