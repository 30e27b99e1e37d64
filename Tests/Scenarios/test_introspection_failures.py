"""An issuer that cannot be asked (requirements H and C): the client is told to come again, nothing passes, and nobody else waits."""
import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from harness.asking import asking, is_unavailable
from harness.challenges import is_bare_challenge, is_invalid_token
from harness.forge import AUDIENCE
from harness.issuer import Issuer
from harness.processes import PATIENCE, eventually, free_port
from harness.proxy import Proxy
from harness.upstream import RudeUpstream

OPAQUE = "https://opaque.example.com"


@pytest.fixture(scope="module")
def authority(pki, folder):
    authority = Issuer(pki, folder, "--opaque", name="failing-authority")
    yield authority
    authority.end()


@pytest.fixture(scope="module")
def asker(pki, folder, settings, authority):
    """A proxy that remembers nothing."""
    proxy = Proxy(pki, folder, settings, asking(authority, cache="0s"), name="failing-asker").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture
def impatient(start_proxy, authority):
    """A proxy that waits for a second; nothing that should pass is asked of it."""
    return start_proxy(asking(authority, cache="0s", timeout="1s"))


@pytest.fixture
def works_again(asker, authority):
    """Afterwards it works as before, which also ends any run of failures."""
    yield
    assert asker.ask(token=authority.opaque(bind="client-a")).status == 200


# Answers that are none


@pytest.mark.parametrize("status", [201, 203, 204, 206, 301, 302, 307, 308, 400, 401, 403, 404, 429, 500, 502, 503, 504])
def test_a_status_other_than_200_is_the_issuers_fault_and_never_the_clients(asker, authority, works_again, untouched, status):
    """(DT-10, INT-08)"""
    with authority.failing(introspect={"status": status}):
        assert is_unavailable(asker.ask(token=authority.opaque(bind="client-a")))


@pytest.mark.parametrize("word", ["error", "garbage", "empty"])
def test_an_issuer_that_fails_in_other_ways_is_no_reason_to_pass(asker, authority, works_again, untouched, word):
    """(DT-10, INT-15)"""
    with authority.failing(introspect=word):
        assert is_unavailable(asker.ask(token=authority.opaque(bind="client-a")))


def test_an_issuer_that_hangs_is_no_reason_to_pass(impatient, authority, untouched):
    """(DT-10, INT-15)"""
    with authority.failing(introspect="hang"):
        assert is_unavailable(impatient.ask(token=authority.opaque(bind="client-a")))


def test_an_answer_of_any_size_is_not_read_to_its_end(asker, authority, works_again, untouched):
    """(DT-10)"""
    before = asker.process.resident_kib()
    with authority.failing(introspect={"padding": 64_000_000}):
        assert is_unavailable(asker.ask(token=authority.opaque(bind="client-a")))
    assert asker.process.resident_kib() < before + 16 * 1024


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(asker, authority, start_issuer, works_again, untouched, status):
    """(DT-10)"""
    elsewhere = start_issuer()
    with authority.failing(introspect={"status": status, "headers": {"Location": elsewhere.lab_url + "/introspect"}}):
        assert is_unavailable(asker.ask(token=authority.opaque(bind="client-a")))
    assert elsewhere.visits("introspect") == 0


def test_a_slow_answer_is_given_up_at_the_deadline(impatient, authority, untouched):
    """(INT-15)"""
    with authority.failing(introspect={"delay": "1h"}):
        began = time.monotonic()
        assert is_unavailable(impatient.ask(token=authority.opaque(bind="client-a")))
        assert time.monotonic() - began > 0.9, "it was waited for"


def test_wrong_credentials_are_our_fault_and_not_the_clients(start_proxy, authority, untouched, tmp_path):
    """(INT-08)"""
    (tmp_path / "wrong.secret").write_text("wrong")
    proxy = start_proxy(asking(authority, "client_secret_basic", client_secret_file=str(tmp_path / "wrong.secret")))
    assert is_unavailable(proxy.ask(token=authority.opaque(bind="client-a")))
    assert proxy.metric("holdfast_introspection_failures_total", fault="credentials_refused") == 1


@pytest.mark.parametrize("name", ["client-a", "stranger"])
def test_the_certificate_of_another_is_our_fault_too(start_proxy, authority, pki, untouched, name):
    """(INT-08)"""
    credentials = {"certificate": pki.path(f"{name}.pem"), "private_key": pki.path(f"{name}.key")}
    assert is_unavailable(start_proxy(asking(authority, **credentials)).ask(token=authority.opaque(bind="client-a")))


# An issuer that is not there, or is somebody else


def test_an_issuer_that_is_down_is_asked_again_later(start_proxy, start_issuer, upstream):
    """(DT-10)"""
    address = f"127.0.0.1:{free_port()}"
    gone = start_issuer("--opaque", "--address", address)
    proxy = start_proxy(asking(gone, "client_secret_basic", endpoint=gone.url + "/introspect"))
    gone.end()
    before = upstream.requests()
    assert is_unavailable(proxy.ask(token="whatever")) and is_bare_challenge(proxy.ask())
    assert upstream.requests() == before
    back = start_issuer("--opaque", "--address", address)
    token = back.opaque(bind="client-a")
    eventually(lambda: proxy.ask(token=token).status == 200, "it is asked again")


def test_an_issuer_whose_metadata_is_missing_makes_it_not_ready(start_proxy, start_issuer, upstream):
    """(DT-10)"""
    issuer = start_issuer("--opaque")
    issuer.fault(metadata="error")
    proxy = start_proxy(asking(issuer), wait="alive")
    before = upstream.requests()
    assert proxy.admin("/readyz")[0] == 503 and issuer.url in proxy.admin("/readyz")[1]
    assert is_unavailable(proxy.ask(token="whatever")) and upstream.requests() == before
    issuer.fault(metadata="none")
    proxy.wait_ready()
    assert proxy.ask(token=issuer.opaque(bind="client-a")).status == 200


@pytest.mark.parametrize("authorities", [None, "stranger-ca.pem"])
def test_an_issuer_whose_certificate_is_not_trusted_is_shown_no_token(start_proxy, authority, pki, untouched, authorities):
    """(INT-02, DT-10)"""
    before = authority.visits("introspect")
    for method in ("tls_client_auth", "client_secret_basic"):
        entry = {"certificate_authorities": authorities and pki.path(authorities)}
        endpoint = ("https://%s:%d" % authority.mtls_address if method == "tls_client_auth" else authority.url) + "/introspect"
        proxy = start_proxy(asking(authority, method, entry, endpoint=endpoint))
        assert is_unavailable(proxy.ask(token=authority.opaque(bind="client-a")))
    assert authority.visits("introspect") == before


def test_an_issuer_whose_certificate_has_another_name_is_shown_no_token(start_proxy, start_issuer, untouched):
    """(INT-02, DT-10)"""
    issuer = start_issuer("--opaque", "--address", "127.0.0.2:0")
    proxy = start_proxy(asking(issuer, "client_secret_basic", endpoint="https://%s:%d/introspect" % issuer.address))
    assert is_unavailable(proxy.ask(token=issuer.opaque(bind="client-a"))) and issuer.visits("introspect") == 0


# An issuer that does not speak HTTP as it should


@pytest.fixture
def rude_issuer(start_proxy):
    """An issuer that answers as `behave` says, and a proxy that asks it: has `.proxy` and `.peers`."""
    issuers = []

    def start(behave, **introspection):
        issuer = RudeUpstream(behave)
        issuers.append(issuer)
        section = {"endpoint": issuer.url + "/introspect", "authentication": "client_secret_basic", "client_id": "us", "timeout": "60s", "cache": "0s"}
        entry = {"issuer": OPAQUE, "audience": AUDIENCE, "introspection": section | introspection}
        proxy = start_proxy({"tokens": [entry]})
        return SimpleNamespace(proxy=proxy, peers=issuer.peers, forget=issuer.peers.clear)

    yield start
    for issuer in issuers:
        issuer.end()


@pytest.fixture
def secret(pki):
    return {"client_secret_file": pki.path("api-gateway.secret")}


def active(pki, **members):
    return json.dumps({"active": True, "aud": AUDIENCE, "cnf": {"x5t#S256": pki.thumbprint("client-a")}} | members).encode()


def message(body, *fields, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *fields]
    if not fields:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("framing", ["length", "chunked", "close", "interim"])
def test_an_answer_may_be_framed_in_each_way(rude_issuer, pki, secret, framing):
    body = active(pki)
    octets = {
        "length": message(body), "chunked": message(b"5\r\n" + body[:5] + b"\r\n%x\r\n" % len(body[5:]) + body[5:] + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        "close": message(body, "Connection: close"), "interim": b"HTTP/1.1 103 Early Hints\r\n\r\n" + message(body),
    }[framing]  # fmt: skip

    def behave(peer, _):
        peer.request()
        peer.send(octets)
        peer.close()

    assert rude_issuer(behave, **secret).proxy.ask(token="t").status == 200


@pytest.mark.parametrize(
    "octets",
    [
        b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n", message(b'{"active": true}', "Content-Length: 1000"), message(b"{", "Content-Length: -1"),
        message(b"5\r\n{", "Transfer-Encoding: chunked"), message(b"zz\r\n{}", "Transfer-Encoding: chunked"), message(b"{}", "Transfer-Encoding: gzip"),
        message(b"{}", "Content-Length: 2", "Content-Length: 3"), message(b"{}", "Content-Type: text/html", "Content-Length: 2"),
        b"HTTP/1.1 200 OK\r\n" + b"X-Y: " + b"z" * 1_000_000 + b"\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, b"\x16\x03\x01\x00\x05hello",
    ],
    ids=lambda octets: repr(octets[:60]),
)  # fmt: skip
def test_an_answer_that_is_no_http_is_the_issuers_fault(rude_issuer, secret, untouched, octets):
    """(DT-10)"""

    def behave(peer, _):
        peer.request()
        try:
            peer.send(octets)
        finally:
            peer.close()

    assert is_unavailable(rude_issuer(behave, **secret).proxy.ask(token="t"))


def test_an_answer_in_drops_does_not_outlast_the_deadline(rude_issuer, secret, untouched):
    """(INT-15)"""

    def behave(peer, _):
        peer.request()
        peer.send(message(b"", "Content-Length: 1000"))
        while True:
            peer.send(b" ")
            time.sleep(0.05)

    rude = rude_issuer(behave, **secret, timeout="1s")
    assert is_unavailable(rude.proxy.ask(token="t"))
    eventually(lambda: rude.peers[0].done.is_set(), "the issuer is left alone")


def test_a_connection_that_the_issuer_has_closed_meanwhile_costs_no_request(rude_issuer, pki, secret):
    """Each connection answers once, and says nothing of its end."""

    def behave(peer, _):
        peer.request()
        peer.send(message(active(pki)))
        peer.close()

    rude = rude_issuer(behave, **secret)
    with rude.proxy.connect() as connection:
        assert [connection.request(token=f"t{number}").status for number in range(20)] == [200] * 20


# Many at once


def test_requests_with_one_token_are_one_question(start_proxy, start_issuer):
    """(INT-15)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer))
    token = issuer.opaque(bind="client-a")
    with issuer.failing(introspect={"delay": "700ms"}):
        statuses, others = [], []
        connections = [proxy.connect() for _ in range(100)] + [proxy.connect("client-b") for _ in range(10)]
        for connection in connections:
            connection.send(connection.head(token=token))
        for connection in connections:
            (statuses if connection in connections[:100] else others).append(connection.answer())
            connection.close()
    assert {answer.status for answer in statuses} == {200} and issuer.visits("introspect") == 1
    assert all(is_invalid_token(answer, "cnf_mismatch") for answer in others), "who waits with another certificate waits in vain"


def test_so_many_questions_are_under_way_and_no_more(start_proxy, start_issuer):
    """(INT-15)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, max_concurrent=3))
    tokens = [issuer.opaque(bind="client-a") for _ in range(12)]
    with issuer.failing(introspect={"delay": "500ms"}), ThreadPoolExecutor(12) as pool:
        assert set(pool.map(lambda token: proxy.ask(token=token).status, tokens)) == {200}
    assert issuer.visits("introspect_peak") == 3 and issuer.visits("introspect") == 12


def clients(proxy, stack):
    """A connection of each of two clients."""
    return [stack.enter_context(proxy.connect(client)) for client in ("client-a", "client-b")]


def test_an_issuer_that_keeps_failing_is_left_alone_for_a_while(start_proxy, start_issuer, untouched):
    """What it answers to one client says nothing of it, what it answers to two does. (INT-15, DT-10)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, cache="0s"))
    token = issuer.opaque()
    issuer.fault(introspect="error")
    with ExitStack() as stack:
        one, other = clients(proxy, stack)
        for number in range(3):
            assert is_unavailable(one.request(token=f"a{number}")) and is_unavailable(other.request(token=f"b{number}"))
        assert proxy.metric("holdfast_introspection_circuit_open") == 1
        began = time.monotonic()
        for number in range(200):
            assert is_unavailable(one.request(token=f"t{number}"))
        probes = 1 + int(time.monotonic() - began)
        assert 5 <= issuer.visits("introspect") <= 6 + probes
        issuer.fault(introspect="none")
        eventually(lambda: other.request(token=token).status == 401, "it is asked again", every=0.1)
    assert proxy.metric("holdfast_introspection_circuit_open") == 0
    assert "the issuer is left alone" in proxy.process.err and "introspection works again" in proxy.process.err


def test_an_issuer_that_cannot_be_reached_is_left_alone_whoever_asks(start_proxy, start_issuer, untouched):
    """No token can be the cause of that. (INT-15, DT-10)"""
    gone = start_issuer("--opaque")
    proxy = start_proxy(asking(gone, "client_secret_basic", endpoint=gone.url + "/introspect"))
    gone.end()
    with proxy.connect() as connection:
        for number in range(6):
            assert is_unavailable(connection.request(token=f"t{number}"))
    assert proxy.metric("holdfast_introspection_circuit_open") == 1
    assert '"fault":"unreachable"' in proxy.process.err and "the connection is refused" in proxy.process.err


@pytest.mark.parametrize("fault", ["error", "hang", {"status": 429}, {"status": 403}], ids=str)
def test_one_client_shuts_itself_out_and_nobody_else_whatever_its_tokens_make_the_issuer_do(start_proxy, start_issuer, fault):
    """(INT-15)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, cache="0s", timeout="2s" if fault == "hang" else "60s"))
    good = issuer.opaque(bind="client-b", expires_in=86_400)
    with ExitStack() as stack:
        one, other = clients(proxy, stack)
        issuer.fault(introspect=fault)
        for number in range(30):
            assert is_unavailable(one.request(token=f"bad-{number}"))
        assert proxy.metric("holdfast_introspection_circuit_open") == 0
        assert proxy.metric("holdfast_introspection_clients_left_alone") == 1
        asked = issuer.visits("introspect")
        assert asked < 15
        issuer.fault(introspect="none")
        assert other.request(token=good).status == 200, "asked and answered at once"
        assert issuer.visits("introspect") == asked + 1
        # Its own circuit closes by its own probe.
        eventually(lambda: one.request(token="inactive").status == 401, "it is asked again", every=0.05)
    assert proxy.metric("holdfast_introspection_clients_left_alone") == 0


def test_one_token_that_the_issuer_fails_on_is_not_asked_about_over_and_over(start_proxy, start_issuer, untouched):
    """(INT-15)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, cache="0s"))
    issuer.fault(introspect="error")
    with proxy.connect() as connection:
        began = time.monotonic()
        for _ in range(300):
            assert is_unavailable(connection.request(token="bad"))
        assert issuer.visits("introspect") <= 1 + (time.monotonic() - began) / 0.5
        assert proxy.metric("holdfast_introspection_circuit_open") == proxy.metric("holdfast_introspection_clients_left_alone") == 0
        assert connection.request(token="another").status == 503 and issuer.visits("introspect") >= 2


def test_one_client_that_asks_much_does_not_make_the_other_wait_behind_it(start_proxy, start_issuer):
    """(INT-15)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, max_concurrent=1, timeout="60s"))
    good = issuer.opaque(bind="client-b", expires_in=86_400)
    issuer.fault(introspect={"delay": "200ms"})
    with ExitStack() as stack:
        context = proxy.pki.context("client-a")
        many = [stack.enter_context(proxy.connect(context=context)) for _ in range(50)]
        for number, connection in enumerate(many):
            connection.send(connection.head(token=f"much-{number}"))
        eventually(lambda: proxy.metric("holdfast_introspections_waiting") == 50, "all of them wait")
        assert proxy.ask(token=good, client="client-b").status == 200
        assert proxy.metric("holdfast_introspections_waiting") > 25, "most of those who were there before still wait"
        issuer.fault(introspect="none")
        assert {connection.answer().status for connection in many} == {401}


def test_while_the_issuer_is_left_alone_what_is_remembered_holds(start_proxy, start_issuer):
    """(INT-06, INT-15)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, cache="3600s"))
    known = issuer.opaque(bind="client-a", expires_in=86_400)
    assert proxy.ask(token=known).status == 200
    issuer.fault(introspect="error")
    for number in range(4):
        for client in ("client-a", "client-b"):
            assert is_unavailable(proxy.ask(token=f"t{number}-{client}", client=client))
    assert proxy.metric("holdfast_introspection_circuit_open") == 1
    assert proxy.ask(token=known).status == 200 and is_invalid_token(proxy.ask(token=known, client="client-b"), "cnf_mismatch")


def test_a_token_that_the_issuer_chokes_on_shuts_out_no_other(asker, authority, works_again):
    """(INT-15)"""
    with authority.failing(introspect={"status": 400, "times": 20}):
        for number in range(20):
            assert is_unavailable(asker.ask(token=f"bad-{number}"))
    assert asker.metric("holdfast_introspection_circuit_open") == 0


def test_invented_tokens_push_out_no_good_one_and_fill_no_memory(start_proxy, start_issuer):
    """More of them than are remembered. (INT-07)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, cache="300s"))
    good = issuer.opaque(bind="client-a", expires_in=86_400)
    assert proxy.ask(token=good).status == 200

    def invent(worker):
        with proxy.connect() as connection:
            return {connection.request(token=f"invented-{worker}-{number}").status for number in range(700)}

    with ThreadPoolExecutor(8) as pool:
        assert set.union(*pool.map(invent, range(4))) == {401}
        before = proxy.process.resident_kib()
        assert set.union(*pool.map(invent, range(4, 8))) == {401}
    assert proxy.process.resident_kib() < before + 16 * 1024
    asked = issuer.visits("introspect")
    assert asked == 1 + 8 * 700 and proxy.ask(token=good).status == 200 and issuer.visits("introspect") == asked


# Who waits


def in_flight(proxy):
    return proxy.metric("holdfast_introspections_in_flight"), proxy.metric("holdfast_introspections_waiting")


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_client_that_goes_away_takes_its_question_along(rude_issuer, pki, secret, untouched, leave):
    """(INT-15)"""
    left = threading.Event()

    def behave(peer, _):
        peer.request()
        if peer.is_closed():
            left.set()

    rude = rude_issuer(behave, **secret, timeout="60s")
    connection = rude.proxy.connect()
    connection.send(connection.head(token="t"))
    eventually(lambda: len(rude.peers) == 1 and rude.peers[0].requests, "the issuer is asked")
    assert in_flight(rude.proxy) == (1, 1)
    getattr(connection, leave)()
    assert left.wait(50), "the issuer is not waited for any more, sooner than it is given up"
    eventually(lambda: in_flight(rude.proxy) == (0, 0), "nobody waits")


@pytest.fixture
def held(rude_issuer, pki, secret):
    """A proxy whose issuer answers once it is told `go`: `.proxy`, `.peers` and `.go`."""
    go = threading.Event()

    def behave(peer, _):
        peer.request()
        assert go.wait(PATIENCE)
        peer.send(message(active(pki)))

    held = rude_issuer(behave, **secret)
    held.go = go
    yield held
    go.set()


def test_one_of_two_that_wait_goes_away_and_the_other_is_served(held):
    """(INT-15)"""
    proxy = held.proxy
    with proxy.connect() as stays, proxy.connect() as leaves:
        for connection in (stays, leaves):
            connection.send(connection.head(token="t"))
        eventually(lambda: in_flight(proxy) == (1, 2), "both wait")
        leaves.reset()
        eventually(lambda: in_flight(proxy) == (1, 1), "one waits")
        held.go.set()
        assert stays.answer().status == 200 and len(held.peers) == 1


@pytest.fixture
def slow(start_proxy, start_issuer):
    """A proxy that asks each time, and its issuer, which takes 200 ms to answer."""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, cache="0s"))
    issuer.fault(introspect={"delay": "200ms"})
    return proxy, issuer


def test_a_body_that_comes_while_its_request_waits_arrives_whole(slow):
    proxy, issuer = slow
    token = issuer.opaque(bind="client-a")
    body = bytes(range(256)) * 8192
    with proxy.connect() as connection:
        report = connection.request("POST", "/", token, body=body).json()["body"]
        assert report["length"] == len(body) and report["sha256"] == hashlib.sha256(body).hexdigest() and report["complete"]
        assert connection.request("POST", "/", token, body=b"again").json()["body"]["length"] == 5


def test_a_body_that_comes_while_its_request_waits_in_vain_is_no_request(slow, upstream):
    proxy, issuer = slow
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n" * 100
    before = upstream.requests()
    with proxy.connect() as connection:
        assert is_invalid_token(connection.request("POST", "/", "unknown", body=smuggled), "token_inactive")
        assert upstream.requests() == before
        assert connection.request(token=issuer.opaque(bind="client-a")).status == 200
    assert upstream.requests() == before + 1


def test_a_client_that_asks_before_it_sends_its_body_is_answered_after_the_issuer(slow):
    proxy, issuer = slow
    expecting = [("Content-Length", "4"), ("Expect", "100-continue")]
    with proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.opaque(bind="client-a"), expecting))
        assert connection.reader.head()[0].startswith("HTTP/1.1 100 ")
        assert connection.send(b"body").answer().json()["body"]["length"] == 4
    with proxy.connect() as connection:
        answer = connection.send(connection.head("POST", "/", "unknown", expecting)).answer()
        assert is_invalid_token(answer, "token_inactive") and not answer.interim


def test_requests_behind_one_that_waits_are_answered_in_their_order(slow):
    proxy, issuer = slow
    token = issuer.opaque(bind="client-a")
    with proxy.connect() as connection:
        connection.send("".join(connection.head(target=f"/{number}", token=t) for number, t in enumerate([token, "unknown", token, None])))
        answers = [connection.answer() for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 401, 200, 401]
    assert [answers[0].json()["target"], answers[2].json()["target"]] == ["/0", "/2"]


def test_who_waits_when_it_ends_is_told_so_or_served(held):
    proxy = held.proxy
    with proxy.connect() as connection:
        connection.send(connection.head(token="t"))
        eventually(lambda: in_flight(proxy) == (1, 1), "it waits")
        proxy.process.terminate()
        eventually(lambda: proxy.admin("/readyz")[0] == 503, "not ready")
        held.go.set()
        assert connection.answer().status == 200, "what was begun is finished"
    assert proxy.process.wait() == 0


def test_an_issuer_that_hangs_does_not_hold_up_the_end(start_proxy, start_issuer, untouched):
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer) | {"shutdown": {"drain_timeout": "1s"}})
    issuer.fault(introspect="hang")
    with proxy.connect() as connection:
        connection.send(connection.head(token="t"))
        eventually(lambda: in_flight(proxy) == (1, 1), "it waits")
        proxy.process.terminate()
        assert proxy.process.wait(50) == 0, "sooner than the issuer is given up"
