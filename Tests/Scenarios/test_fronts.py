"""The decision service behind the proxies of deploy/fronts: nginx, HAProxy, Envoy, Caddy and Traefik end TLS and forward, and Holdfast says
what may pass. Each runs from the very file there.
"""
import os
import ssl
import threading

import pytest

from harness.asking_fronts import Front
from harness.deciding import base64_der, shown
from harness.http2 import HTTP2Connection
from harness.processes import free_port
from harness.proxy import Proxy, merged, yaml
from harness.wire import Connection
from test_probe import findings, make_tokens, probe, report

FRONTS = ["nginx", "haproxy", "envoy", "caddy", "traefik"]
# What a client could claim to be, as lenient servers fold it.
FORGED = [
    "X-Client-Cert-SHA256", "x-client-cert-sha256", "X_Client_Cert_SHA256", "X-Client_Cert-SHA256", "X-Client-Id", "X_Client_Id", "Client-Cert",
    "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert", "X-SSL-Client-Verify", "ssl-client-cert", "X-Remote-User",
    # By which fronts of HTTP tell Holdfast what to judge, or the API where a request came from.
    "X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
    "X-Real-IP", "Forwarded",
]  # fmt: skip
REFUSALS = {400, 401, 403, 404, 405, 421, 431, 500, 501, 502, 503}


@pytest.fixture(scope="module")
def front_pki(pki):
    pki.work("--authority", "fronts-ca")
    pki.issue("front", "--from", "fronts-ca", "--dns", "front.internal")
    pki.issue("front-stranger", "--from", "fronts-ca", "--dns", "stranger.internal")
    return pki


@pytest.fixture(scope="module")
def decider(front_pki, tmp_path_factory, settings):
    """A Holdfast that is asked on a socket, and one that is asked over TLS."""
    folder = tmp_path_factory.mktemp("decider")
    (folder / "deny.txt").write_text("")
    common = {
        # Fronts hand on the client's own certificate, and not those that it sends beside it.
        "client_certificates": {"deny": str(folder / "deny.txt"), "intermediates": front_pki.path("intermediate.pem")},
        "forward": {"claims": {"client_id": "X-Client-Id"}},
    }
    path = folder / "decision.sock"
    on_socket = Proxy(front_pki, folder, settings, common | {"decision": {"address": f"unix:{path}"}}, "on-socket").wait_ready()
    address = ("127.0.0.1", free_port())
    fronts = {"authorities": front_pki.path("fronts-ca.pem"), "dns": "front.internal"}
    pair = {"certificate": front_pki.path("server.pem"), "private_key": front_pki.path("server.key")}
    changes = common | {"decision": {"address": "%s:%d" % address, "fronts": fronts} | pair}
    on_network = Proxy(front_pki, folder, settings, changes, "on-network").wait_ready()
    on_socket.place, on_network.place, on_socket.other, on_socket.deny = path, address, on_network, folder / "deny.txt"
    yield on_socket
    for proxy in (on_socket, on_network):
        proxy.end()


@pytest.fixture(scope="module", params=FRONTS)
def front(request, front_pki, tmp_path_factory, upstream, decider):
    holdfast = decider.other if request.param == "traefik" else decider
    front = Front(request.param, front_pki, tmp_path_factory.mktemp(request.param), upstream.address, holdfast.place)
    front.holdfast, front.deny = holdfast, decider.deny
    yield front
    front.end()


def over_http2(front, client, path, token, fields=()):
    connection = HTTP2Connection(front, front.pki.context(client, alpn=["h2"]))
    try:
        return connection.request(path=path, token=token, fields=fields)
    finally:
        connection.sock.close()


def test_a_bound_token_with_its_certificate_reaches_the_api_with_one_thumbprint(front, issuer, pki):
    answer = front.ask(target="/a/b?c=%2f//&d", token=issuer.token())
    assert answer.status == 200, (answer, front.process.err, front.holdfast.process.out[-2000:])
    assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
    assert answer.seen("X-Client-Id") and answer.json()["target"] == "/a/b?c=%2f//&d"


def test_the_same_over_http2(front, issuer):
    if front.name == "haproxy":
        # It hands on trailers, which every request of HTTP/2 can have: its file does not offer that.
        with front.connect(context=front.pki.context("client-a", alpn=["h2", "http/1.1"])) as connection:
            assert connection.sock.selected_alpn_protocol() == "http/1.1"
        return
    exchanged = over_http2(front, "client-a", "/h2", issuer.token())
    assert exchanged.status == 200, exchanged.heads
    assert over_http2(front, "client-b", "/h2", issuer.token()).status == 401


@pytest.mark.parametrize("client, token, reason", [
    ("client-b", "bound", "cnf_mismatch"), ("client-a", None, "credentials_missing"), ("client-a", "unbound", "cnf_missing"),
    ("client-a", "expired", "token_expired"), ("client-a", "forged", "signature_invalid"),
])  # fmt: skip
def test_a_refusal_has_its_challenge_and_its_reason_in_the_log(front, issuer, forge, client, token, reason, untouched):
    tokens = {
        "bound": issuer.token, "unbound": lambda: issuer.mint(bind=None), "expired": lambda: forge.token(exp=1),
        "forged": lambda: issuer.token()[:-8] + "AAAAAAAA", None: lambda: None,
    }  # fmt: skip
    path = f"/refused/{reason}/{front.name}"
    answer = front.ask(target=path, token=tokens[token](), client=client)
    assert answer.status == 401 and answer.value("WWW-Authenticate").startswith("Bearer "), answer
    assert front.holdfast.logged(path)["reason"] == reason


def test_a_client_without_a_certificate_gets_nowhere(front, issuer, untouched):
    try:
        with Connection(front.address, front.pki.context(None)) as connection:
            assert connection.request(token=issuer.token()).status in REFUSALS
    except (OSError, AssertionError) as error:
        assert isinstance(error, OSError) or "200" not in str(error)


@pytest.mark.parametrize("name", FORGED)
def test_what_a_client_claims_to_be_does_not_reach_the_api(front, issuer, pki, name):
    answer = front.ask(target="/forged", token=issuer.token(), headers=[(name, "forged")])
    if answer.status != 200:
        assert answer.status in REFUSALS
    else:
        assert "forged" not in [value for _, value in answer.json()["fields"]], answer
        assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]


@pytest.mark.parametrize("headers", [
    [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")], [("Connection", "Upgrade"), ("Upgrade", "foo/2")],
    [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")],
    [("Connection", "Upgrade"), ("Upgrade", "foo"), ("Upgrade", "h2c")], [("Connection", "X-Client-Cert-SHA256, X-Client-Id")],
], ids=["h2c", "foo", "websocket", "two", "nomination"])  # fmt: skip
def test_no_upgrade_and_no_nomination_reaches_the_api(front, issuer, pki, headers):
    answer = front.ask(target="/x", token=issuer.token(), headers=headers)
    if answer.status == 200:
        assert not answer.seen("Upgrade") and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
        assert "X-Client" not in "".join(answer.seen("Connection"))
    else:
        assert answer.status in {400, 403}


STEERED = [
    [("X-Forwarded-Uri", "/open")], [("X-Forwarded-Method", "GET")], [("X-Forwarded-Uri", "/open"), ("Connection", "X-Forwarded-Uri")],
    [("x-forwarded-uri", "/open"), ("X-Forwarded-Method", "GET")],
]


@pytest.mark.parametrize("headers", STEERED, ids=str)
def test_a_client_does_not_say_what_is_judged(front, forge, headers):
    """It may not post to payments, and may do anything else."""
    token = forge.token(scope="accounts:read")
    answer = front.ask("POST", "/payments/1", token, [*headers, ("Content-Length", "0")])
    assert answer.status in {401, 403}, answer


@pytest.mark.parametrize("name", ["X-Forwarded-Tls-Client-Cert", "X-Forwarded-Client-Cert", "Client-Cert"])
def test_a_client_does_not_say_whose_certificate_it_has(front, issuer, name):
    for value in (shown(front.pki, "client-a"), base64_der(front.pki, "client-a")):
        assert front.ask(token=issuer.token("client-a"), client="client-b", headers=[(name, value)]).status in {401, 403}


@pytest.mark.parametrize("target", [
    "/payments/1", "//payments/1", "/x/../payments/1", "/%70ayments/1", "/payments%2f1", "/x/..%2fpayments/1", "/./payments/1", "/payments;x/1",
    "/PAYMENTS/1", "\\payments\\1",
])  # fmt: skip
def test_no_spelling_of_a_path_leads_around_its_route(front, forge, target):
    """The token has no scope for payments."""
    token = forge.token(scope="accounts:read")
    assert front.ask("POST", "/other", token, headers=[("Content-Length", "0")]).status == 200
    answer = front.ask("POST", target, token, headers=[("Content-Length", "0")])
    assert answer.status in REFUSALS, answer


def test_a_session_that_is_resumed_is_of_the_same_client(front, issuer):
    context = front.pki.context("client-a", version=ssl.TLSVersion.TLSv1_2)
    with front.connect(context=context) as first:
        assert first.request(token=issuer.token()).status == 200
        session = first.sock.session
    with front.connect(context=context, session=session) as again:
        assert again.request(token=issuer.token()).status == 200
        assert again.request(token=issuer.token("client-b")).status == 401


def test_whoever_is_denied_is_refused_on_the_connection_that_there_is(front, issuer, pki):
    with front.connect() as connection:
        assert connection.request(token=issuer.token()).status == 200
        front.deny.write_text(f"thumbprint {pki.thumbprint('client-a')}\n")
        try:
            wait_for(lambda: connection.request(target="/denied", token=issuer.token()).status in {401, 403})
        finally:
            front.deny.write_text("")
            wait_for(lambda: front.ask(token=issuer.token()).status == 200)


def wait_for(condition):
    from harness.processes import eventually

    eventually(condition, "the deny list's change counts")


# HOLDFAST_CROSSED=64x3125 asks 200,000 times; the gate has no time for that.
CONNECTIONS, REQUESTS = map(int, os.environ.get("HOLDFAST_CROSSED", "8x40").split("x"))


def test_no_identity_is_crossed_between_clients_that_ask_at_once(front, issuer, pki):
    wrong, thumbprints = [], {client: pki.thumbprint(client) for client in ("client-a", "client-b")}

    def ask(client):
        own, other = issuer.token(client), issuer.token("client-b" if client == "client-a" else "client-a")
        with front.connect(client) as connection:
            for number in range(REQUESTS):
                answer = connection.request(target=f"/{client}/{number}", token=other if number % 4 == 3 else own)
                if number % 4 == 3:
                    if answer.status != 401:
                        wrong.append(answer)
                elif answer.status != 200 or answer.seen("X-Client-Cert-SHA256") != [thumbprints[client]]:
                    wrong.append(answer)

    threads = [threading.Thread(target=ask, args=(client,)) for client in ["client-a", "client-b"] * (CONNECTIONS // 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]


# Go's server takes Transfer-Encoding where there are both, as it may, and does not close the connection, as it must (RFC 9112 section 6.3):
# no configuration of Caddy or Traefik changes that.
OF_GO = {"framing_both", "framing_both_reversed", "framing_folded"}


def test_probe_finds_nothing_but_what_is_the_front_s_own(front, front_pki, forge, tmp_path):
    known = OF_GO if front.name in ("caddy", "traefik") else set()
    options = ("--echo", "--protected-path", "/both", "--json")
    found = report(probe(front_pki, make_tokens(forge, tmp_path), front.port, *options), 1 if known else 0)
    assert findings(found) == known and found["tried"] > 80, found
    # It is no refusal of everything.
    assert found["passed"] >= 3


@pytest.mark.parametrize("name", FRONTS)
def test_without_holdfast_nothing_passes(name, front_pki, tmp_path, upstream, issuer, untouched):
    away = ("127.0.0.1", free_port()) if name == "traefik" else tmp_path / "away.sock"
    front = Front(name, front_pki, tmp_path, upstream.address, away)
    try:
        assert front.ask(token=issuer.token()).status in REFUSALS
    finally:
        front.end()


def test_only_named_fronts_may_ask(decider, front_pki):
    address = decider.other.place

    def asks(client):
        try:
            with Connection(address, front_pki.context(client)) as connection:
                return connection.request(headers=[("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/"), ("X-Forwarded-Host", "a")]).status
        except OSError:
            return None

    assert asks("front") == 403
    assert [asks(client) for client in ("front-stranger", "client-a", None)] == [None, None, None]


def test_a_front_that_is_named_no_more_asks_no_more_on_the_connection_that_it_has(start_proxy, front_pki):
    address = ("127.0.0.1", free_port())
    pair = {"certificate": front_pki.path("server.pem"), "private_key": front_pki.path("server.key")}
    fronts = {"authorities": front_pki.path("fronts-ca.pem"), "dns": "front.internal"}
    proxy = start_proxy({"decision": {"address": "%s:%d" % address, "fronts": fronts} | pair})
    told = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/"), ("X-Forwarded-Host", "a")]
    with Connection(address, front_pki.context("front")) as connection:
        assert connection.request(headers=told).reason == "cert_missing"
        proxy.file.write_text(yaml(merged(proxy.configuration, {"decision": {"fronts": {"dns": "other.internal"}}})))
        wait_for(lambda: proxy.metric("holdfast_generation") == 2)
        answer = connection.request(headers=told)
        assert (answer.status, answer.reason) == (403, "front_refused")
