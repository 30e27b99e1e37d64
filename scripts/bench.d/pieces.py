"""The section about clients that send in the smallest pieces, and about what others wait meanwhile."""
import os
import subprocess
import sys
import threading
import time

from processes import free_port
from sections import rows
from table import Row, Samples

SIZE = 6 << 20
CHUNKS = b"1\r\nx\r\n" * 4096
SENDERS = 10
WAIT_MS = 50  # what nobody else may have to wait longer


def head(bench, method, extra):
    return (f"{method} / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bench.load.token('es256')}\r\n{extra}\r\n").encode()


def send_chunks(bench, server, size=SIZE):
    """One request whose body comes in chunks of one octet; gives the status."""
    with bench.client.connect(server.port) as connection:
        connection.sendall(head(bench, "PUT", "Transfer-Encoding: chunked\r\n"))
        for _ in range(size // 4096):
            connection.sendall(CHUNKS)
        connection.sendall(b"0\r\n\r\n")
        answer = connection.recv(16384)
        return int(answer.split(b" ", 2)[1]) if answer else 0


def sender(arguments):
    """A process of its own, so that the probe's own waits are the server's: `pieces.py KIND DIRECTORY PORT`."""
    kind, directory, port = arguments
    from load import Client, Load
    client = Client(Load(directory, 0))
    with client.connect(int(port)) as connection:
        connection.settimeout(60)
        if kind == "chunks":
            token = Load(directory, 0).token("es256")
            connection.sendall(f"PUT / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            while True:
                connection.sendall(CHUNKS)
        threading.Thread(target=lambda: [None for _ in iter(lambda: connection.recv(65536), b"")], daemon=True).start()
        while True:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 512)


def longest_wait(bench, server, kind):
    """Milliseconds of the slowest of a probe's requests while ten others send as fast as they can."""
    here = os.path.abspath(__file__)
    others = [
        subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "taskset", "-c", str(bench.cores[1]), sys.executable, here, kind, bench.directory,
                          str(server.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(SENDERS)]
    try:
        time.sleep(1.5)
        waits = []
        with bench.client.connect(server.port) as connection:
            end = time.monotonic() + (1 if bench.quick else 5)
            while time.monotonic() < end:
                start = time.perf_counter()
                status = bench.client.status(connection)
                waits.append((time.perf_counter() - start) * 1000)
                if status != 200:
                    return 0, f"answered {status}"
        alive = sum(other.poll() is None for other in others)
        # The probe shares its core with ten senders: what it waits for that is not the server's, so the 99th of a hundred counts.
        waits.sort()
        return waits[int(len(waits) * 0.99) - 1], "" if alive == SENDERS else f"{SENDERS - alive} senders ended"
    finally:
        for other in others:
            other.kill()
            other.wait()


def pieces(bench):
    result = []
    with bench.fleet() as fleet:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bodies_upstream.py")
        port = free_port()
        upstream = fleet.start("bodies", [sys.executable, script, str(port), os.devnull], port, core=bench.cores[1])
        servers = bench.start(fleet, ["nginx", "haproxy", "envoy"], upstream=upstream)

        def measure(server):
            before = server.cpu_nanoseconds()
            status = send_chunks(bench, server, SIZE // 16 if bench.quick else SIZE)
            return (server.cpu_nanoseconds() - before) / 1e6, "" if status == 200 else f"answered {status}"

        samples = bench.interleave("6 MB in one-octet chunks", servers, measure, "CPU ms")
        result += rows("6 MB request body in one-octet chunks", "CPU ms", samples, {"nginx": 3.0, "haproxy": None, "envoy": None})
    if not bench.holdfast:
        return result
    with bench.fleet() as fleet:
        port = free_port()
        upstream = fleet.start("bodies", [sys.executable, script, str(port), "/etc/hostname"], port, core=bench.cores[1])
        server = bench.start(fleet, [], upstream=upstream)["holdfast"]
        for kind, what in (("chunks", "ten senders of one-octet chunks"), ("refusals", "ten senders of pipelined refusals")):
            value, fault = longest_wait(bench, server, kind)
            print(f"  {what}: {value:.1f} ms", flush=True)
            samples = Samples([value])
            if fault:
                samples.faults.append(fault)
            result.append(Row(f"another client's wait beside {what}, 99 %", "ms", samples, bar=WAIT_MS))
    return result


if __name__ == "__main__":
    sender(sys.argv[1:])
