"""SIGTERM: first not ready and serving as before, then no more connections, then what is left is cut. A further signal ends each wait."""
import json
import socket
import time

import pytest

from harness.processes import PATIENCE, eventually
from harness.wire import Truncated
from test_half_open import is_cut, silent

# Long enough that nothing in a test ends by itself.
LONG = {"delay": "10m", "drain_timeout": "1h"}


def begin(proxy):
    proxy.process.terminate()
    eventually(lambda: proxy.admin("/readyz") == (503, "not ready: draining\n"), "not ready")


def says(proxy, message):
    return any(line["message"].startswith(message) for line in proxy.process.messages())


def test_while_load_balancers_have_not_noticed_new_connections_are_served_and_told_to_close(held, issuer):
    stage = held({"shutdown": LONG})
    proxy, token = stage.proxy, issuer.token()
    with proxy.connect() as idle, proxy.connect() as busy:
        assert idle.request(token=token).value("Connection") is None
        busy.send(busy.head(target="/held", token=token))
        eventually(stage.is_asked, "the request is under way")
        begin(proxy)
        for _ in range(3):
            with proxy.connect() as late:
                answer = late.request(token=token)
                assert answer.status == 200 and answer.value("Connection") == "close" and late.is_closed()
            with proxy.connect() as late:
                answer = late.request()
                assert answer.status == 401 and answer.value("Connection") == "close" and late.is_closed()
        stage.go.set()
        assert busy.answer().value("Connection") == "close" and busy.is_closed()
        # One that was idle may still bring a request.
        assert idle.request(token=token).value("Connection") == "close" and idle.is_closed()
    assert proxy.admin("/livez")[0] == 200 and proxy.process.is_running()
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(proxy.address, timeout=PATIENCE)


def test_a_body_that_is_refused_during_the_delay_closes_its_connection(start_proxy):
    proxy = start_proxy({"shutdown": LONG})
    begin(proxy)
    with proxy.connect() as late:
        answer = late.request("POST", body=b"hello")
        assert answer.status == 401 and answer.value("Connection") == "close" and late.is_closed()


def test_the_delay_ends_by_itself(start_proxy, issuer):
    proxy = start_proxy({"shutdown": {"delay": "300ms"}})
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    assert [line["message"] for line in proxy.process.messages()].index("draining") > 0 and says(proxy, "shutting down")


def test_without_a_delay_nothing_more_is_accepted_at_once(start_proxy):
    proxy = start_proxy({"shutdown": {"delay": "0s"}})
    with proxy.connect():
        proxy.process.terminate()
        eventually(lambda: says(proxy, "draining"), "it drains")
        assert not says(proxy, "shutting down")
    assert proxy.process.wait() == 0


def test_the_end_does_not_wait_for_handshakes_and_half_heads(start_proxy, issuer):
    slow = {"handshake_timeout": "5m", "head_timeout": "5m", "idle_timeout": "1h"}
    proxy = start_proxy({"listener": slow, "shutdown": {"delay": "0s", "drain_timeout": "1h"}})
    half_open = silent(proxy, 3)
    half_heads = [proxy.connect() for _ in range(3)]
    for connection in half_heads:
        connection.send("GET /half HTTP/1.1\r\nHost: a\r\nX-")
    fresh = proxy.connect()
    eventually(lambda: proxy.metric("holdfast_connections_active") == 7, "all are there")
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    assert all(is_cut(sock) for sock in half_open) and all(connection.is_closed() for connection in [*half_heads, fresh])
    lines = [line for line in proxy.log_lines() if line["status"] == 0]
    assert [(line["outcome"], line["reason"]) for line in lines] == [("drained", "draining")] * 3
    fresh.close()


def test_a_request_that_is_on_its_way_when_the_drain_begins_is_answered(start_proxy, issuer):
    proxy = start_proxy({"shutdown": {"delay": "0s"}})
    with proxy.connect() as connection:
        head = connection.head(token=issuer.token())
        connection.send(head[:10])
        eventually(lambda: proxy.metric("holdfast_connections_active") == 1, "it is there")
        proxy.process.terminate()
        eventually(lambda: says(proxy, "draining"), "it drains")
        connection.send(head[10:])
        answer = connection.answer()
        assert answer.status == 200 and answer.value("Connection") == "close"
    assert proxy.process.wait() == 0


@pytest.mark.parametrize("shape", ["delay=60s", "size=100000; drip=60s"])
def test_what_a_drain_cuts_is_logged_as_drained_and_not_as_the_clients(start_proxy, issuer, shape):
    proxy = start_proxy({"shutdown": {"delay": "0s", "drain_timeout": "100ms"}})
    with proxy.connect() as connection:
        connection.send(connection.head(target="/cut", token=issuer.token(), headers=[("Lab-Respond", shape)]))
        eventually(lambda: proxy.metric("holdfast_upstream_connections_total") >= 1, "the request is under way")
        if "drip" in shape:
            connection.reader.more()
        proxy.process.terminate()
        assert proxy.process.wait() == 0
        with pytest.raises((Truncated, OSError)):
            connection.answer()
    line = next(line for line in proxy.log_lines() if line["path"] == "/cut")
    assert (line["outcome"], line["reason"]) == ("drained", "drain_timeout")


def test_a_client_that_leaves_during_a_drain_is_still_the_one_that_did(start_proxy, issuer):
    proxy = start_proxy({"shutdown": {"delay": "0s", "drain_timeout": "1h"}})
    connection = proxy.connect()
    connection.send(connection.head(target="/left", token=issuer.token(), headers=[("Lab-Respond", "delay=60s")]))
    eventually(lambda: proxy.metric("holdfast_upstream_connections_total") >= 1, "the request is under way")
    proxy.process.terminate()
    eventually(lambda: says(proxy, "draining"), "it drains")
    connection.reset()
    assert proxy.process.wait() == 0
    assert next(line for line in proxy.log_lines() if line["path"] == "/left")["outcome"] == "client"


def test_each_further_signal_ends_the_wait_at_hand(start_proxy, issuer):
    proxy = start_proxy({"shutdown": LONG})
    with proxy.connect() as busy:
        busy.send(busy.head(target="/busy", token=issuer.token(), headers=[("Lab-Respond", "delay=60s")]))
        eventually(lambda: proxy.metric("holdfast_upstream_connections_total") >= 1, "the request is under way")
        begin(proxy)
        assert not says(proxy, "draining")
        proxy.process.terminate()
        eventually(lambda: says(proxy, "draining"), "the second ends the delay")
        time.sleep(0.2)
        assert proxy.process.is_running(), "what runs may still finish"
        proxy.process.terminate()
        assert proxy.process.wait() == 0, "the third ends the drain"
    assert next(line for line in proxy.log_lines() if line["path"] == "/busy")["outcome"] == "drained"


def test_the_last_lines_of_both_logs_are_whole(start_proxy, issuer):
    proxy = start_proxy({"shutdown": {"delay": "100ms"}})
    for number in range(20):
        proxy.ask(target=f"/{number}", token=issuer.token())
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    assert {line["path"] for line in proxy.log_lines()} >= {f"/{number}" for number in range(20)}
    assert json.loads(proxy.process.err.splitlines()[-1])["message"] == "stopped"
