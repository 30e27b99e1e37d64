"""What requests with JWTs cost while a thousand others wait for an introspection endpoint that never answers."""
import os
import socket
import threading

from processes import BenchError
from table import Row, Samples

WAITING = 1000


class SilentServer:
    """Accepts connections and never says a word."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        try:
            while True:
                self.connections.append(self.listener.accept()[0])
        except OSError:
            pass

    def end(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()


def waiting_requests(bench, server, count):
    """`count` connections, each with a request that waits: its opaque token is being looked up."""
    connections = []
    for number in range(count):
        connection = bench.client.connect(server.port)
        connection.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer opaque-{number}\r\n\r\n".encode())
        connections.append(connection)
    return connections


def answered(connections):
    """How many of them have an answer after all."""
    count = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            count += b"HTTP/1.1" in connection.recv(4096)
        except OSError:
            pass
    return count


def hung(bench):
    if not bench.holdfast:
        return []
    count = 100 if bench.quick else WAITING
    silent = SilentServer()
    with open(os.path.join(bench.directory, "introspection.secret"), "w") as file:
        file.write("secret")
    alone, beside = Samples(), Samples()
    try:
        with bench.fleet() as fleet:
            servers = bench.start(fleet, [], variants={"holdfast": {"introspection": silent.port}})
            bench.check(servers)
            server = servers["holdfast"]
            for number in range(bench.rounds):
                print(f"  hung introspection {number + 1}/{bench.rounds}:", end="", flush=True)
                for samples, waiting in ((alone, 0), (beside, count)):
                    connections = waiting_requests(bench, server, waiting)
                    (cost, disturbed) = bench.watch(server, lambda it: bench.load.requests(it, "es256", bench.seconds))
                    if cost.fault or cost.rate == 0:
                        samples.faults.append(f"holdfast: {cost.fault}")
                    else:
                        samples.values.append(1e6 / cost.rate)
                    if answers := answered(connections):
                        raise BenchError(f"{answers} of the waiting requests were answered: nothing hung")
                    for connection in connections:
                        connection.close()
                    bench.disturbed += disturbed
                    print(f" {waiting} waiting {cost.rate:.0f}/s{'(!)' if disturbed else ''}", end="", flush=True)
                print(flush=True)
    finally:
        silent.end()
    # At least 0.9 of the throughput is at most 1.11 of the time.
    what = f"JWT requests beside {count} that wait for introspection (peer: without)"
    return [Row(what, "µs a request", beside, "holdfast", alone, 1.11)]
