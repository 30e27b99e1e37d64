"""Upstream connections are shared: what waits has a time of its own, and no client holds more than its share."""
import socket
import threading
import time

import pytest

from harness.processes import PATIENCE, eventually

OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def polite(rude):
    """An upstream that answers each request when its body is there."""

    def behave(peer, number):
        while True:
            peer.request()
            peer.send(OK)

    return lambda changes=None: rude(behave, changes)


def slow_upload(proxy, issuer, client="client-a"):
    """A request with a body that is never whole."""
    connection = proxy.connect(client)
    connection.send(connection.head("POST", "/slow", issuer.token(client), [("Content-Length", "1000")]) + "x")
    return connection


def test_one_clients_slow_uploads_leave_the_others_their_connections(polite, issuer):
    """Half of them by default."""
    stage = polite({"threads": 1, "upstream": {"max_connections": 8}})
    uploads = [slow_upload(stage.proxy, issuer) for _ in range(20)]
    eventually(lambda: len(stage.upstream.peers) == 4, "its share is used up")
    for _ in range(10):
        assert stage.proxy.ask(token=issuer.token("client-b"), client="client-b").status == 200
    assert len(stage.upstream.peers) <= 8
    refused = uploads[-1].answer("POST")
    assert (refused.status, refused.reason) == (503, "upstream_saturated") and refused.value("Retry-After") == "1"
    assert stage.proxy.metric("holdfast_upstream_failure_causes_total", cause="client_share_in_use") >= 1
    for upload in uploads:
        upload.close()


@pytest.mark.parametrize("share, served", [(1, 1), (8, 8)])
def test_the_share_is_as_configured(polite, issuer, share, served):
    stage = polite({"threads": 1, "upstream": {"max_connections": 8, "max_connections_per_client": share}})
    uploads = [slow_upload(stage.proxy, issuer) for _ in range(10)]
    eventually(lambda: stage.proxy.metric("holdfast_responses_total", code="503") == 10 - served, "the others are refused")
    assert len(stage.upstream.peers) == served
    for upload in uploads:
        upload.close()


def test_who_waits_for_a_connection_hears_in_the_time_for_that(polite, issuer):
    """And not in the time that the upstream has for an answer; the reason is the right one."""
    stage = polite({"threads": 1, "upstream": {"max_connections": 1, "queue_timeout": "300ms", "response_timeout": "1h"}})
    upload = slow_upload(stage.proxy, issuer)
    eventually(lambda: stage.upstream.peers, "the connection is taken")
    answer = stage.proxy.ask(token=issuer.token("client-b"), client="client-b")
    assert (answer.status, answer.reason) == (503, "upstream_saturated")
    assert answer.value("Connection") is None, "the client did nothing wrong"
    upload.close()


def test_who_waits_is_served_as_soon_as_a_connection_is_free(polite, issuer):
    stage = polite({"threads": 1, "upstream": {"max_connections": 1, "queue_timeout": "1m"}})
    upload = slow_upload(stage.proxy, issuer)
    eventually(lambda: stage.upstream.peers, "the connection is taken")
    with stage.proxy.connect("client-b") as connection:
        connection.send(connection.head(token=issuer.token("client-b")))
        upload.send("x" * 999)
        assert upload.answer("POST").status == 200 and connection.answer().status == 200
    assert len(stage.upstream.peers) == 1
    upload.close()


def test_many_that_wait_shortly_are_all_served(polite, issuer):
    """What waits is bounded by its time and its octets, and not by a number."""
    stage = polite({"threads": 1, "upstream": {"max_connections": 2, "max_connections_per_client": 1, "queue_timeout": "1m"}})
    connections = [stage.proxy.connect() for _ in range(300)]
    head = connections[0].head(token=issuer.token())
    for connection in connections:
        connection.send(head)
    assert {connection.answer().status for connection in connections} == {200}
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_a_body_that_drips_is_ended_though_it_advances(polite, issuer, framing):
    """Its rate is too low, once the time without progress has passed."""
    stage = polite({"threads": 1, "listener": {"body_timeout": "1s", "minimum_body_rate": "1KiB"}})
    name, value = framing.split(": ")
    with stage.proxy.connect() as connection:
        connection.send(connection.head("POST", "/drip", issuer.token(), [(name, value)]))
        stop = threading.Event()

        def drip():
            while not stop.wait(0.1):
                try:
                    connection.send("1\r\nx\r\n" if "chunked" in framing else "x")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            answer = connection.answer("POST")
        finally:
            stop.set()
            thread.join()
    assert (answer.status, answer.reason) == (408, "body_timeout")
    eventually(lambda: all(peer.done.is_set() for peer in stage.upstream.peers), "the upstream is let go")


def test_a_body_that_is_slow_and_fast_enough_passes(polite, issuer):
    stage = polite({"threads": 1, "listener": {"body_timeout": "5s", "minimum_body_rate": "10B"}})
    with stage.proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.token(), [("Content-Length", "600")]))
        for _ in range(6):
            threading.Event().wait(1)  # a slow client, for longer than the time without progress; nothing here could be waited for
            connection.send("x" * 100)
        assert connection.answer("POST").status == 200


def test_a_client_that_reads_an_octet_now_and_then_is_cut(rude, issuer):
    """The same for what a client reads: it holds the upstream's connection as well."""

    def behave(peer, number):
        peer.request()
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(100):
            peer.send(b"x" * 1_000_000)

    stage = rude(behave, {"threads": 1, "listener": {"body_timeout": "1s", "minimum_body_rate": "1MiB"}})
    with stage.proxy.connect() as connection:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(connection.head(target="/read", token=issuer.token()))
        deadline = time.monotonic() + PATIENCE
        line = None
        while not line and time.monotonic() < deadline:
            try:
                connection.sock.recv(1000)
            except OSError:
                pass
            line = next((line for line in stage.proxy.log_lines() if line["path"] == "/read"), None)
            threading.Event().wait(0.05)
    assert (line["outcome"], line["reason"]) == ("client", "read_timeout")
