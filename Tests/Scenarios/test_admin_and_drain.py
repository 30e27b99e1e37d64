"""The admin endpoint, readiness, and going away without cutting anybody off."""
import http.client
import signal
import socket
import ssl
import threading

import pytest

from harness.processes import PATIENCE, eventually, free_port
from harness.upstream import Upstream
from harness.wire import Truncated


def test_a_running_proxy_is_alive_and_ready(proxy):
    assert proxy.admin("/livez")[0] == 200 and proxy.admin("/readyz")[0] == 200


@pytest.mark.parametrize("path", ["/", "/x", "/certificate/x", "/livez/..", "//readyz"])
def test_the_admin_endpoint_serves_nothing_else(proxy, untouched, path):
    assert proxy.admin(path)[0] == 404


def test_the_admin_endpoint_only_reads(proxy):
    connection = http.client.HTTPConnection(*proxy.admin_address, timeout=PATIENCE)
    connection.request("POST", "/livez", "x")
    assert connection.getresponse().status in (404, 405)
    connection.close()


def test_the_admin_pages_are_not_on_the_public_listener(proxy, issuer):
    """(HC-04)"""
    for path in ["/livez", "/readyz", "/metrics"]:
        assert proxy.ask(target=path).status == 401
        assert proxy.ask(target=path, token=issuer.token()).json()["target"] == path


def test_without_an_admin_section_there_is_no_admin_endpoint(start_proxy, issuer):
    proxy = start_proxy({"admin": None}, wait=None)
    eventually(lambda: '"listening"' in proxy.process.err, "it listens")
    eventually(lambda: proxy.ask(token=issuer.token()).status == 200, "it serves")
    assert proxy.admin("/livez") is None


def test_an_upstream_that_is_missing_makes_it_not_ready_but_alive(start_proxy, tmp_path):
    """(HC-03)"""
    port = free_port()
    proxy = start_proxy({"upstream": {"url": f"http://127.0.0.1:{port}"}}, wait="alive")
    assert proxy.admin("/readyz") == (503, "not ready: upstream unreachable\n") or "upstream" in proxy.admin("/readyz")[1]
    assert proxy.admin("/livez")[0] == 200
    upstream = Upstream(tmp_path, "--address", f"127.0.0.1:{port}", name="late")
    try:
        proxy.wait_ready()
    finally:
        upstream.end()
    proxy.wait_admin("/readyz", 503)


def test_metrics_count_what_happened(start_proxy, issuer):
    proxy = start_proxy()
    for token in [issuer.token(), issuer.token(), None, "x"]:
        proxy.ask(token=token)
    assert proxy.metric("holdfast_responses_total", code="200") == 2
    assert proxy.metric("holdfast_responses_total", code="401") == 2
    assert proxy.metric("holdfast_refusals_total", reason="credentials_missing") == 1
    assert proxy.metric("holdfast_refusals_total", reason="token_malformed") == 1
    assert proxy.metric("holdfast_handshakes_total") == 4 and proxy.metric("holdfast_ready") == 1


def test_metrics_are_in_the_form_that_was_asked_for(proxy):
    """(OM-01)"""
    for accept, kind, end in [
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0; charset=utf-8", "# EOF\n"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", "\n"),
    ]:
        connection = http.client.HTTPConnection(*proxy.admin_address, timeout=PATIENCE)
        connection.request("GET", "/metrics", headers={"Accept": accept})
        answer = connection.getresponse()
        assert answer.status == 200 and answer.getheader("Content-Type") == kind and answer.read().decode().endswith(end)
        connection.close()


def test_metrics_do_not_grow_with_what_clients_send(start_proxy, forge):
    """(OM-02)"""
    proxy = start_proxy()
    proxy.ask("GET", "/x", token=forge.token(iss="https://0.example"))
    before = len(proxy.admin("/metrics")[1].splitlines())
    for number in range(50):
        proxy.ask(f"METHOD{number}", f"/path/{number}", token=forge.token(iss=f"https://{number}.example"), headers=[(f"X-SSL-{number}", "x")])
    assert len(proxy.admin("/metrics")[1].splitlines()) - before < 20


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_lets_what_runs_finish_and_ends_with_0(held, issuer, name):
    stage = held()
    proxy = stage.proxy
    with proxy.connect() as busy, proxy.connect() as idle:
        assert idle.request(token=issuer.token()).status == 200
        busy.send(busy.head(target="/held", token=issuer.token()))
        eventually(stage.is_asked, "the request is under way")
        proxy.process.child.send_signal(getattr(signal, name))
        eventually(lambda: proxy.admin("/readyz")[0] == 503, "not ready")
        stage.go.set()
        answer = busy.answer()
        assert answer.status == 200 and len(answer.body) == 100000
        assert busy.is_closed() and idle.is_closed()
    assert proxy.process.wait() == 0


def test_while_draining_it_is_alive_and_tells_clients_to_go(held, issuer):
    stage = held()
    proxy = stage.proxy
    with proxy.connect() as busy:
        busy.send(busy.head(target="/held", token=issuer.token()))
        eventually(stage.is_asked, "the request is under way")
        proxy.process.terminate()
        eventually(lambda: proxy.admin("/readyz")[0] == 503, "not ready")
        assert proxy.admin("/livez")[0] == 200
        stage.go.set()
        assert busy.answer().value("Connection") == "close"
    assert proxy.process.wait() == 0


def test_what_does_not_finish_in_time_is_cut(held, issuer):
    stage = held({"shutdown": {"drain_timeout": "500ms"}})
    proxy = stage.proxy
    with proxy.connect() as busy:
        busy.send(busy.head(target="/held", token=issuer.token()))
        eventually(stage.is_asked, "the request is under way")
        proxy.process.terminate()
        assert proxy.process.wait() == 0
        with pytest.raises((Truncated, OSError)):
            busy.answer()


def test_a_drain_under_load_fails_no_request(start_proxy, issuer):
    """A client that hears `Connection: close`, or whose new connection is refused, goes elsewhere; no request that was taken is lost. (HC-05)"""
    proxy = start_proxy()
    token, lost, answered = issuer.token(), [], [0]
    stop = threading.Event()

    def client():
        while not stop.is_set():
            try:
                connection = proxy.connect()
            except OSError:
                return
            with connection:
                while not stop.is_set():
                    try:
                        connection.send(connection.head(token=token))
                        answer = connection.answer()
                    except (OSError, ssl.SSLError, Exception) as error:
                        if connection.reader.buffer:
                            lost.append(error)  # cut in the middle of an answer
                        return
                    if answer.status != 200:
                        lost.append(answer)
                    answered[0] += 1
                    if answer.value("Connection") == "close":
                        break

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    eventually(lambda: answered[0] > 200, "there is load")
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    stop.set()
    for thread in threads:
        thread.join()
    assert not lost


def test_no_new_connection_is_taken_once_it_is_gone(start_proxy):
    proxy = start_proxy()
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(proxy.address, timeout=PATIENCE)
