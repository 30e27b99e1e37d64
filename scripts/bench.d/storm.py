"""How long a valid token's request takes while a thousand others a second cannot be verified."""
import os
import statistics
import subprocess
import sys
import time

from table import Row, Samples

RATE = 1000


def latency(bench, server, seconds):
    """Microseconds of a request on a kept-alive connection, the median, and what was wrong."""
    times = []
    end = time.monotonic() + seconds
    with bench.client.connect(server.port) as connection:
        while time.monotonic() < end:
            start = time.perf_counter()
            status = bench.client.status(connection)
            times.append((time.perf_counter() - start) * 1e6)
            if status != 200:
                return 0, f"answered {status}"
    return statistics.median(times), ""


def under_storm(bench, server, seconds):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "storm_client.py")
    storm = subprocess.Popen(
        [sys.executable, script, str(server.port), bench.load.token("es256"), str(RATE), str(seconds + 1)], cwd=bench.directory,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)  # it has begun
    value, fault = latency(bench, server, seconds)
    output = storm.communicate(timeout=60)[0].split()
    if len(output) != 2 or int(output[1]) or not int(output[0]):
        fault = fault or f"the storm: {output}"
    return value, fault


def storm(bench):
    if not bench.holdfast:
        return []
    seconds = 2 if bench.quick else 10
    calm, beside = Samples(), Samples()
    with bench.fleet() as fleet:
        server = bench.start(fleet, [])["holdfast"]
        bench.check({"holdfast": server})
        for number in range(bench.rounds):
            print(f"  storm {number + 1}/{bench.rounds}:", end="", flush=True)
            for samples, name, measure in ((calm, "calm", latency), (beside, "storm", under_storm)):
                value, fault = measure(bench, server, seconds)
                samples.values.append(value)
                if fault:
                    samples.faults.append(f"holdfast: {fault}")
                print(f" {name} {value:.0f}", end="", flush=True)
            print(" µs", flush=True)
    what = f"a valid token beside {RATE} a second with unknown keys and bad signatures (peer: without)"
    return [Row(what, "µs a request", beside, "holdfast", calm, 2.0)]
