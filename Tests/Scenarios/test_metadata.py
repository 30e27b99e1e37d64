"""Protected resource metadata (RFC 9728; requirements D): what the API says of itself, with a certificate and without."""
import socket
import ssl

import pytest

from harness.challenges import challenge, is_bare_challenge, is_insufficient_scope, is_invalid_request, is_invalid_token
from harness.forge import ISSUER
from harness.processes import PATIENCE, free_port, run
from harness.proxy import Proxy
from harness.wire import Connection, Truncated

WELL_KNOWN = "/.well-known/oauth-protected-resource"
IDENTIFIER = "https://api.example.com/v1"
PATH = WELL_KNOWN + "/v1"
URL = "https://api.example.com" + PATH
ROUTES = [
    {"path": "/payments/*", "scopes": ["payments:write"]}, {"path": "/accounts/*", "scopes": {"any": ["accounts:read", "accounts:basic"]}},
    {"path": "/both", "scopes": ["accounts:read", "payments:write"]}, {"path": "/strong", "acr": ["urn:strong"]},
]  # fmt: skip


@pytest.fixture(scope="module")
def telling(pki, folder, settings):
    """A proxy with everything that the metadata can say, and an address of its own for it."""
    port = free_port()
    resource = {
        "identifier": IDENTIFIER, "metadata_address": f"127.0.0.1:{port}", "name": "Payments \u00e9 \"API\"", "documentation": "https://docs.example.com/api",
        "policy_uri": "https://docs.example.com/policy", "terms_of_service_uri": "https://docs.example.com/terms",
    }  # fmt: skip
    proxy = Proxy(pki, folder, settings, {"resource": resource, "routes": ROUTES}, "metadata").wait_ready()
    proxy.metadata_address = ("127.0.0.1", port)
    yield proxy
    proxy.end()


def open_door(proxy, pki, client=None, **options):
    """A connection to the metadata's own address."""
    return Connection(proxy.metadata_address, pki.context(client, **options))


def is_metadata(answer, resource=IDENTIFIER):
    assert answer.status == 200 and answer.value("Content-Type") == "application/json", answer
    assert answer.json()["resource"] == resource
    return True


# Where it is


@pytest.mark.parametrize(
    "identifier,path",
    [
        ("https://api.example.com", ""), ("https://api.example.com/", ""), ("https://api.example.com/r1", "/r1"), ("https://api.example.com/r1/", "/r1/"),
        ("https://api.example.com/r1/r2", "/r1/r2"), ("https://api.example.com/r?t=1", "/r?t=1"), ("https://api.example.com:8443/r1", "/r1"),
        ("https://api.example.com/a%2Fb", "/a%2Fb"),
    ],
)  # fmt: skip
def test_the_document_is_where_the_identifier_says(start_proxy, pki, identifier, path):
    """(PRM-01, PRM-02, PRM-03, PRM-05)"""
    proxy = start_proxy({"resource": {"identifier": identifier, "metadata_address": f"127.0.0.1:{free_port()}"}, "routes": None})
    assert is_metadata(proxy.ask(target=WELL_KNOWN + path), identifier)
    told = challenge(proxy.ask())["resource_metadata"]
    host = identifier.split("/")[2]
    assert told == f"https://{host}{WELL_KNOWN}{path}"
    door = proxy.configuration["resource"]["metadata_address"].split(":")
    with Connection((door[0], int(door[1])), pki.context(None)) as connection:
        assert is_metadata(connection.request(target=WELL_KNOWN + path), identifier)
        other = WELL_KNOWN + (path + "/" if path else "/other")
        assert connection.request(target=other).status == 404


@pytest.mark.parametrize(
    "target",
    [
        WELL_KNOWN, WELL_KNOWN + "/", PATH + "/", PATH + "?x=1", PATH + "?", "/v1" + WELL_KNOWN, PATH.upper(), WELL_KNOWN + "/%76%31", PATH + "/x",
        "/.well-known/oauth-authorization-server", "/.well-known/./oauth-protected-resource/v1", "/x/.." + PATH, "/" + PATH,
    ],
)  # fmt: skip
def test_anything_near_to_it_is_the_apis(telling, pki, untouched, target):
    """(PRM-01)"""
    assert telling.ask(target=target).status in (400, 401)
    with open_door(telling, pki) as connection:
        assert connection.request(target=target).status in (400, 404)


def test_without_a_resource_there_is_no_document(proxy, issuer, untouched):
    assert is_bare_challenge(proxy.ask(target=WELL_KNOWN))
    assert "resource_metadata" not in challenge(proxy.ask())


# What it says


def test_the_document_says_what_is_configured(telling, issuer):
    """(PRM-04, PRM-05, PRM-06, PRM-07, MTLS-14)"""
    answer = telling.ask(target=PATH)
    assert is_metadata(answer)
    assert answer.json() == {
        "resource": IDENTIFIER, "authorization_servers": [issuer.url, ISSUER], "bearer_methods_supported": ["header"],
        "scopes_supported": answer.json()["scopes_supported"], "tls_client_certificate_bound_access_tokens": True,
        "resource_name": "Payments \u00e9 \"API\"", "resource_documentation": "https://docs.example.com/api",
        "resource_policy_uri": "https://docs.example.com/policy", "resource_tos_uri": "https://docs.example.com/terms",
    }  # fmt: skip
    assert sorted(answer.json()["scopes_supported"]) == ["accounts:basic", "accounts:read", "payments:write"]


def test_the_flag_is_the_literal_true(telling):
    """(MTLS-14)"""
    assert b'"tls_client_certificate_bound_access_tokens":true' in telling.ask(target=PATH).body.replace(b" ", b"")


def test_what_is_not_configured_is_left_out(start_proxy):
    """(PRM-04, PRM-07)"""
    proxy = start_proxy({"resource": {"identifier": IDENTIFIER}, "routes": None})
    document = proxy.ask(target=PATH).json()
    assert set(document) == {"resource", "authorization_servers", "bearer_methods_supported", "tls_client_certificate_bound_access_tokens"}
    assert all(document.values())


@pytest.mark.parametrize("weaker", ["certificate", "nothing"])
def test_the_binding_is_promised_only_where_every_route_asks_for_it(start_proxy, weaker):
    """(MTLS-14, PRM-07)"""
    proxy = start_proxy({"resource": {"identifier": IDENTIFIER}, "routes": [{"path": "/weaker", "require": weaker}]})
    assert proxy.ask(target=PATH).json().get("tls_client_certificate_bound_access_tokens") in (None, False)


def test_it_may_be_kept_for_a_while(telling, pki):
    """(PRM-12)"""
    for answer in [telling.ask(target=PATH), open_door(telling, pki).request(target=PATH)]:
        age = answer.value("Cache-Control").partition("max-age=")[2]
        assert 60 <= int(age) <= 86400 and answer.value("Date")


# How it is asked for


def test_no_token_is_needed_and_none_does_harm(telling, forge, untouched):
    """(PRM-09)"""
    for token in [None, "garbage", "a b", forge.token(exp=1), forge.token(bind="client-b")]:
        assert is_metadata(telling.ask(target=PATH, token=token))


def test_head_has_the_fields_of_get(telling, pki):
    """(PRM-09)"""
    for connect in [telling.connect, lambda: open_door(telling, pki)]:
        with connect() as connection:
            full = connection.request(target=PATH)
            head = connection.request("HEAD", PATH)
            assert head.status == 200 and head.body == b"" and head.value("Content-Type") == "application/json"
            assert int(head.value("Content-Length")) == len(full.body)
            assert is_metadata(connection.request(target=PATH))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_it_can_only_be_read(telling, issuer, pki, untouched, method):
    """(PRM-09)"""
    refused = telling.ask(method, PATH, token=issuer.token(), body=b"x")
    assert refused.status == 405 and {"GET", "HEAD"} <= {name.strip() for name in refused.value("Allow").split(",")}
    with open_door(telling, pki) as connection:
        refused = connection.request(method, PATH, body=b"x")
        assert refused.status == 405 and {"GET", "HEAD"} <= {name.strip() for name in refused.value("Allow").split(",")}


def test_the_host_of_a_request_changes_nothing(telling):
    """(PRM-05, PRM-08)"""
    with telling.connect() as connection:
        connection.host = "evil.example.com"
        assert is_metadata(connection.request(target=PATH, headers=[("X-Forwarded-Host", "evil.example.com"), ("X-Forwarded-Proto", "http")]))
        answer = connection.request(headers=[("X-Forwarded-Host", "evil.example.com")])
        assert challenge(answer)["resource_metadata"] == URL


def test_a_connection_without_a_certificate_can_read_it_where_one_is_taken(start_proxy, pki):
    """(PRM-14)"""
    proxy = start_proxy({"resource": {"identifier": IDENTIFIER}, "routes": [{"path": "/open", "require": "nothing"}]})
    with proxy.connect(context=pki.context(None)) as connection:
        assert is_metadata(connection.request(target=PATH))


# Challenges


def test_every_challenge_says_where_the_document_is(telling, forge):
    """(PRM-08, BR-10)"""
    token = forge.token(scope="x")
    answers = [telling.ask(), telling.ask(headers=[("Authorization", "Basic eDp5")])]
    assert all(is_bare_challenge(answer) for answer in answers)
    answers.append(telling.ask(token="a b"))
    assert is_invalid_request(answers[-1])
    answers.append(telling.ask(token=forge.token(exp=1)))
    assert is_invalid_token(answers[-1])
    answers.append(telling.ask(token=token, client="client-b"))
    assert is_invalid_token(answers[-1], "cnf_mismatch")
    answers.append(telling.ask(target="/payments/1", token=token))
    assert is_insufficient_scope(answers[-1], "payments:write")
    answers.append(telling.ask(target="/strong", token=token))
    assert challenge(answers[-1])["error"] == "insufficient_user_authentication"
    for answer in answers:
        assert challenge(answer)["resource_metadata"] == URL


# The address without client certificates


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_clients_without_a_certificate_can_read_it(telling, pki, version):
    """(PRM-14, PRM-13)"""
    with open_door(telling, pki, version=version) as connection:
        answer = connection.request(target=PATH)
        assert is_metadata(answer) and answer.json() == telling.ask(target=PATH).json()


def messages(address, pki, version):
    """The handshake's messages, as openssl names them."""
    return run("openssl", "s_client", "-connect", "%s:%d" % address, "-CAfile", pki.path("ca.pem"), "-msg", version, input="").stdout


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_no_certificate_is_asked_for_there(telling, pki, version):
    """(PRM-14, MTLS-01)"""
    shown = messages(telling.metadata_address, pki, version)
    assert "ServerHello" in shown and "Finished" in shown and "CertificateRequest" not in shown and "Verify return code: 0 (ok)" in shown
    assert "CertificateRequest" in messages(telling.address, pki, version)


def test_a_certificate_that_is_shown_all_the_same_changes_nothing(telling, pki, issuer, untouched):
    """(PRM-14)"""
    for client in ["client-a", "stranger", "client-expired"]:
        with open_door(telling, pki, client) as connection:
            assert is_metadata(connection.request(target=PATH, token=issuer.token()))
            assert connection.request(target="/", token=issuer.token()).status == 404


@pytest.mark.parametrize("target", ["/", "/payments/1", "/livez", "/readyz", "/metrics", "/_lab/count", "/../", "*", "https://api.example.com/payments/1"])
def test_nothing_else_is_served_there(telling, pki, issuer, untouched, target):
    """(PRM-14)"""
    for method in ["GET", "POST", "OPTIONS"]:
        with open_door(telling, pki) as connection:
            answer = connection.request(method, target, token=issuer.token(), body=b"" if method == "POST" else None)
            assert answer.status in (400, 404, 405) and not answer.values("WWW-Authenticate")


def test_it_is_not_served_in_clear(telling):
    """(PRM-13)"""
    for address in [telling.address, telling.metadata_address]:
        with socket.create_connection(address, timeout=PATIENCE) as plain:
            plain.sendall(f"GET {PATH} HTTP/1.1\r\nHost: api.example.com\r\n\r\n".encode())
            received = b""
            try:
                while octets := plain.recv(4096):
                    received += octets
            except ConnectionError:
                pass
        assert not received.startswith(b"HTTP/1.1 2") and not received.startswith(b"HTTP/1.1 3")


@pytest.mark.parametrize("octets", [b"\0" * 100, b"GET /\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 100000])
def test_nonsense_there_is_answered_with_a_refusal_or_the_end(telling, pki, octets):
    with open_door(telling, pki) as connection:
        try:
            connection.send(octets)
            assert connection.answer().status >= 400
        except (OSError, Truncated, ValueError):
            pass
    assert is_metadata(open_door(telling, pki).request(target=PATH)) and telling.process.resident_kib() < 150 * 1024


def test_it_ends_with_the_rest(start_proxy, pki):
    port = free_port()
    proxy = start_proxy({"resource": {"identifier": IDENTIFIER, "metadata_address": f"127.0.0.1:{port}"}})
    assert is_metadata(Connection(("127.0.0.1", port), pki.context(None)).request(target=PATH))
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def test_an_address_that_is_taken_is_a_failure_at_run_time(start_proxy, telling):
    taken = "%s:%d" % telling.metadata_address
    proxy = start_proxy({"resource": {"identifier": IDENTIFIER, "metadata_address": taken}}, wait=None)
    assert proxy.process.wait() == 1 and "failed" in proxy.process.err


# Mistakes


@pytest.mark.parametrize(
    "resource",
    [
        {"identifier": "http://api.example.com"}, {"identifier": "https://api.example.com/#part"}, {"identifier": "api.example.com"}, {"identifier": ""},
        {"identifier": 'https://api.example.com/"x'}, {"identifier": "https://user@api.example.com"}, {"metadata_address": "127.0.0.1:9"},
        {"identifier": IDENTIFIER, "metadata_address": "nowhere"}, {"identifier": IDENTIFIER, "documentation": "no url"},
        {"identifier": IDENTIFIER, "policy": "https://docs.example.com/policy"}, {"identifier": IDENTIFIER, "name": ""}, {"identifier": IDENTIFIER, "name": ["a"]},
    ],
    ids=repr,
)  # fmt: skip
def test_a_resource_that_cannot_be_meant_is_a_mistake(start_proxy, resource):
    proxy = start_proxy({"resource": resource}, wait=None)
    assert proxy.process.wait() == 64 and "resource" in proxy.process.err, proxy.process.err


def test_the_two_listeners_have_two_addresses(start_proxy):
    port = free_port()
    changes = {"listener": {"address": f"127.0.0.1:{port}"}, "resource": {"identifier": IDENTIFIER, "metadata_address": f"127.0.0.1:{port}"}}
    proxy = start_proxy(changes, wait=None)
    assert proxy.process.wait() == 64 and "metadata_address" in proxy.process.err, proxy.process.err


def test_who_does_not_read_costs_no_memory(telling):
    """Anybody can ask there, over and over, and never read an answer."""

    def resident():
        with open(f"/proc/{telling.process.child.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = resident()
    connections = [context.wrap_socket(socket.create_connection(telling.metadata_address, PATIENCE)) for _ in range(4)]
    request = f"GET {WELL_KNOWN} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 100
    for connection in connections:
        connection.settimeout(0.5)
        try:
            for _ in range(2000):  # some 10 MB, and answers of 100 MB
                connection.sendall(request)
        except TimeoutError:
            pass  # not read from any more
    assert resident() - before < 32 << 10
    for connection in connections:
        connection.close()
