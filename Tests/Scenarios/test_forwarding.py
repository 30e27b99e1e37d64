"""What passes, and unchanged (RFC 9110; requirements K)."""
import pytest

from harness.challenges import is_bare_challenge
from harness.processes import eventually
from harness.upstream import Upstream


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE", "PROPFIND", "M-SEARCH"])
def test_every_method_passes_as_it_is(proxy, issuer, method):
    assert proxy.ask(method, "/x", token=issuer.token(), body=b"").json()["method"] == method


@pytest.mark.parametrize("method,target", [("TRACE", "/"), ("CONNECT", "127.0.0.1:80")])
def test_trace_and_connect_are_not_served(proxy, issuer, untouched, method, target):
    """(FW-08)"""
    answer = proxy.ask(method, target, token=issuer.token())
    assert answer.status == 405 and "GET" in answer.value("Allow")


@pytest.mark.parametrize(
    "target", ["/", "/a%2Fb//c/../d?x=%41;y", "/%7Euser/~user", "/a?b?c=d&e=%zz", "/a?", "/a;b=c", "/a?q=[x]|{y}", "/a//b", "/" + "a" * 5000,
     "/a[0]|b^c", "/a?path=C:\\temp\\x", "/a{b}`c`", "/a\"b\"<c>", "/a?{\"b\":[\"<c>\"]}`^|", "/a\\b", "/..\\x"]
)
def test_the_target_passes_octet_for_octet(start_proxy, issuer, target):
    """Without routes, since only they need to agree with the upstream about what a path means."""
    proxy = start_proxy({"routes": None})
    assert proxy.ask(target=target, token=issuer.token()).json()["target"] == target


def test_the_upstream_is_spoken_to_in_http_1_1_with_one_host_and_a_via(proxy, issuer):
    answer = proxy.ask(token=issuer.token(), headers=[("Via", "1.0 fred")])
    assert answer.json()["version"] == "HTTP/1.1" and len(answer.seen("Host")) == 1
    via = ", ".join(answer.seen("Via")).split(", ")
    assert len(via) == 2 and via[0] == "1.0 fred" and via[1].startswith("1.1 ") and "127.0.0.1" not in via[1]


def test_a_request_that_comes_round_again_is_stopped(proxy, issuer, upstream):
    """A loop in the network, as our own name in Via shows it. (FW-06)"""
    own = proxy.ask(token=issuer.token()).seen("Via")[0]
    before = upstream.requests()
    assert proxy.ask(token=issuer.token(), headers=[("Via", own)]).status == 508
    assert upstream.requests() == before


def test_options_with_no_hop_left_is_answered_here(proxy, issuer, untouched):
    answer = proxy.ask("OPTIONS", "*", token=issuer.token(), headers=[("Max-Forwards", "0")])
    assert answer.status in (200, 204) and answer.value("Allow")


def test_options_with_hops_left_is_forwarded_with_one_less(proxy, issuer):
    answer = proxy.ask("OPTIONS", "*", token=issuer.token(), headers=[("Max-Forwards", "5")])
    assert answer.json()["target"] == "*" and answer.seen("Max-Forwards") == ["4"]


@pytest.mark.parametrize("status", [200, 201, 206, 299, 301, 400, 404, 418, 429, 451, 500, 503, 599])
def test_every_final_status_passes(proxy, issuer, status):
    assert proxy.ask(token=issuer.token(), headers=[("Lab-Respond", f"status={status}")]).status == status


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_leaves_the_connection_usable(proxy, issuer, status):
    with proxy.connect() as connection:
        assert connection.request(token=issuer.token(), headers=[("Lab-Respond", f"status={status}")]).status == status
        assert connection.request(token=issuer.token()).status == 200


def test_head_has_the_fields_of_get_and_no_body(proxy, issuer):
    with proxy.connect() as connection:
        answer = connection.request("HEAD", "/", issuer.token(), headers=[("Lab-Respond", "size=12345")])
        assert answer.status == 200 and answer.value("Content-Length") == "12345" and answer.body == b""
        assert connection.request(token=issuer.token()).status == 200


def test_interim_answers_reach_the_client_before_the_final_one(proxy, issuer):
    answer = proxy.ask(token=issuer.token(), headers=[("Lab-Respond", "hints")])
    assert [status for status, _ in answer.interim] == [103] and answer.status == 200
    assert ("Link", "</style.css>; rel=preload") in answer.interim[0][1]


def test_interim_answers_are_not_sent_to_http_1_0(proxy, issuer):
    with proxy.connect() as connection:
        answer = connection.request(token=issuer.token(), headers=[("Lab-Respond", "hints")], version="HTTP/1.0")
        assert answer.status == 200 and not answer.interim


def test_the_upstreams_challenge_reaches_the_client_as_it_is(proxy, issuer):
    """(BR-17)"""
    fields = 'status=401; field=WWW-Authenticate: Basic realm="x, y"; field=WWW-Authenticate: Bearer'
    answer = proxy.ask(token=issuer.token(), headers=[("Lab-Respond", fields)])
    assert answer.status == 401 and answer.values("WWW-Authenticate") == ['Basic realm="x, y"', "Bearer"]


def test_what_the_upstream_says_of_strict_transport_reaches_the_client_once(proxy, issuer):
    """(TLS-21) Whether its hosts are for TLS alone is for the API to say: nothing is added."""
    said = "max-age=31536000"
    answer = proxy.ask(token=issuer.token(), headers=[("Lab-Respond", f"field=Strict-Transport-Security: {said}")])
    assert answer.values("Strict-Transport-Security") == [said]
    assert proxy.ask(token=issuer.token()).values("Strict-Transport-Security") == []


def test_caching_is_left_to_others(proxy, issuer, upstream):
    """(FW-21)"""
    before = upstream.requests()
    for _ in range(3):
        answer = proxy.ask(target="/cacheable", token=issuer.token(), headers=[("Lab-Respond", "field=Cache-Control: max-age=60")])
        assert answer.values("Cache-Control") == ["max-age=60"]
    assert upstream.requests() == before + 3


def test_upstream_connections_are_kept_and_shared(start_proxy, issuer):
    proxy = start_proxy({"threads": 1})
    numbers = {proxy.ask(token=issuer.token(client), client=client).json()["connection"] for client in ["client-a", "client-b"] * 10}
    assert len(numbers) == 1


def test_identities_do_not_leak_along_a_shared_connection(start_proxy, issuer, pki):
    proxy = start_proxy({"threads": 1})
    with proxy.connect("client-a") as a, proxy.connect("client-b") as b:
        for _ in range(200):
            for connection, client in ((a, "client-a"), (b, "client-b")):
                answer = connection.request(token=issuer.token(client))
                assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint(client)]


def test_a_body_that_waits_for_100_is_asked_for(proxy, issuer):
    with proxy.connect() as connection:
        headers = [("Content-Length", "5"), ("Expect", "100-continue")]
        connection.send(connection.head("POST", "/", issuer.token(), headers))
        line, _ = connection.reader.head()
        assert line.split(" ")[:2] == ["HTTP/1.1", "100"]
        connection.send("hello")
        answer = connection.answer()
        assert answer.status == 200 and answer.json()["body"]["text"] == "hello"


def test_a_refused_request_never_asks_for_its_body(proxy, untouched):
    with proxy.connect() as connection:
        connection.send(connection.head("POST", "/", None, [("Content-Length", "5"), ("Expect", "100-continue")]))
        answer = connection.answer()
        assert is_bare_challenge(answer) and not answer.interim


def test_an_upstream_on_a_unix_socket_is_reached(start_proxy, issuer, tmp_path, pki):
    upstream = Upstream(tmp_path, "--unix", tmp_path / "api.sock")
    try:
        proxy = start_proxy({"upstream": {"url": f"http+unix://{tmp_path}/api.sock"}})
        answer = proxy.ask(token=issuer.token())
        assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
        assert proxy.ask().status == 401
    finally:
        upstream.end()


def test_an_upstream_over_tls_is_reached_and_its_certificate_checked(start_proxy, issuer, tmp_path, pki):
    upstream = Upstream(tmp_path, "--pki", pki.folder)
    token = issuer.token()

    def answer(**changes):
        """The first that is not about keys."""
        settings = {"url": f"https://localhost:{upstream.address[1]}", "certificate_authorities": pki.path("ca.pem")} | changes
        proxy = start_proxy({"upstream": settings}, wait="alive")
        return eventually(lambda: next((a for a in [proxy.ask(token=token)] if a.status == 200 or a.reason != "keys_unavailable"), None), "keys")

    try:
        assert answer().status == 200
        assert answer(certificate_authorities=pki.path("stranger-ca.pem")).status == 502
        assert answer(server_name="other.example").status == 502
    finally:
        upstream.end()


def test_an_upgrade_is_not_passed_on(proxy, issuer):
    headers = [("Connection", "Upgrade"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")]
    answer = proxy.ask(token=issuer.token(), headers=headers)
    assert answer.status == 200 and not answer.seen("Upgrade") and not answer.seen("HTTP2-Settings")
