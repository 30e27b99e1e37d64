"""What one client can make the proxy hold: bounds count the memory that is held, not the octets that were sent."""
import select
import socket
import ssl
import threading

import pytest

from harness.processes import PATIENCE, eventually

MIB = 1024  # in KiB, as the resident set is told


def growth(proxy, before):
    return proxy.process.resident_kib() - before


def warmed_up(proxy, issuer):
    """The resident set after what every process needs once: buffers of the loops, the first contexts and tokens."""
    for _ in range(30):
        assert proxy.ask(token=issuer.token()).status < 500
    return proxy.process.resident_kib()


def send_until_stuck(connections, piece, most):
    """Each connection sends `piece` again and again, a TLS record each, until it has sent `most` of them or its peer takes no more."""
    waiting = {connection.sock.fileno(): [connection, 0] for connection in connections}
    for connection in connections:
        connection.sock.setblocking(False)
    while waiting:
        _, writable, _ = select.select([], list(waiting), [], 1.5)
        if not writable:
            break
        for descriptor in writable:
            state = waiting[descriptor]
            try:
                for _ in range(200):
                    state[0].sock.send(piece)
                    state[1] += 1
            except (ssl.SSLWantWriteError, BlockingIOError):
                pass
            except OSError:
                del waiting[descriptor]
                continue
            if state[1] >= most:
                del waiting[descriptor]


@pytest.fixture
def unread(rude):
    """An upstream that takes a request's head and nothing of its body."""
    over = threading.Event()

    def behave(peer, number):
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.head()
        over.wait(PATIENCE)

    yield lambda: rude(behave, {"threads": 1, "upstream": {"max_connections_per_client": 256}})
    over.set()


@pytest.mark.parametrize(
    "framing, piece",
    [("Content-Length: 1000000000", b"x"), ("Transfer-Encoding: chunked", b"1\r\nx\r\n"), ("Content-Length: 1000000000", b"x" * 1000)],
    ids=["an octet a record", "an octet a chunk a record", "a kilobyte a record"])
def test_a_body_that_the_upstream_does_not_read_is_not_gathered(unread, issuer, framing, piece):
    """At most 1 MiB a connection, whatever the records and chunks."""
    stage = unread()
    before = warmed_up_without_requests(stage.proxy)
    name, value = framing.split(": ")
    connections = [stage.proxy.connect() for _ in range(10)]
    for connection in connections:
        connection.send(connection.head("POST", "/", issuer.token(), [(name, value)]))
    eventually(lambda: len(stage.upstream.peers) == 10, "all are with the upstream")
    send_until_stuck(connections, piece, 60_000)
    assert growth(stage.proxy, before) < 10 * MIB
    for connection in connections:
        connection.close()


def warmed_up_without_requests(proxy):
    for _ in range(30):
        assert proxy.ask().status == 401
    return proxy.process.resident_kib()


@pytest.mark.parametrize("token", [False, True])
def test_answers_that_a_client_does_not_read_are_not_gathered(start_proxy, issuer, token):
    """At most 128 KiB a connection of refusals, for which no token is needed; with good requests, their upstream connections come on top."""
    proxy = start_proxy({"threads": 1})
    before = warmed_up(proxy, issuer)
    request = f"GET / HTTP/1.1\r\nHost: a\r\n{f'Authorization: Bearer {issuer.token()}' + chr(13) + chr(10) if token else ''}\r\n".encode()
    connections = [proxy.connect() for _ in range(50)]
    for connection in connections:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    send_until_stuck(connections, request * (16 if not token else 4), 20_000)
    assert growth(proxy, before) < 50 * (256 if token else 128)
    assert proxy.ask(token=issuer.token()).status == 200
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("coding", ["chunked", "length"])
def test_an_answer_that_a_client_does_not_read_is_not_gathered(rude, issuer, coding):
    """The other direction: an upstream that sends octet by octet, each in a segment of its own."""
    over = threading.Event()

    def behave(peer, number):
        peer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.head()
        peer.sock.settimeout(2)
        head = "Transfer-Encoding: chunked" if coding == "chunked" else "Content-Length: 1000000000"
        peer.send(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n")
        piece = "1\r\nx\r\n" if coding == "chunked" else "x"
        for _ in range(100_000):
            if over.is_set():
                return
            peer.send(piece)

    stage = rude(behave, {"threads": 1, "upstream": {"max_connections_per_client": 256}})
    before = warmed_up_without_requests(stage.proxy)
    connections = [stage.proxy.connect() for _ in range(6)]
    for connection in connections:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.send(connection.head(token=issuer.token()))
    eventually(lambda: len(stage.upstream.peers) == 6 and all(peer.done.is_set() for peer in stage.upstream.peers), "all are stuck")
    assert growth(stage.proxy, before) < 6 * MIB
    over.set()
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("direction", ["upload", "download"])
def test_an_idle_connection_holds_no_more_after_a_megabyte(start_proxy, issuer, direction):
    """Within 8 KiB a connection of those that never had any."""
    count = 100
    sizes = []
    allowed = count * 8
    for large in (False, True):
        proxy = start_proxy({"threads": 1, "listener": {"idle_timeout": "1h"}, "upstream": {"max_connections_per_client": 256}})
        warmed_up(proxy, issuer)
        connections = [proxy.connect() for _ in range(count)]
        for connection in connections:
            assert connection.request(token=issuer.token()).status == 200
        before = proxy.process.resident_kib()
        for connection in connections:
            amount = 1 << 20 if large else 10
            if direction == "upload":
                answer = connection.request("POST", "/", issuer.token(), body=b"x" * amount)
            else:
                answer = connection.request(token=issuer.token(), headers=[("Lab-Respond", f"size={amount}")])
            assert answer.status == 200
        if large:  # what was freed is given back a little later
            eventually(lambda: growth(proxy, before) - sizes[0] < allowed, lambda: f"back to {sizes}, not {growth(proxy, before)}")
        sizes.append(growth(proxy, before))
        for connection in connections:
            connection.close()
    assert sizes[1] - sizes[0] < allowed, sizes
