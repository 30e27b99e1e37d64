"""The decision service, asked by hand in its three ways: what a front says is read strictly, and nothing but a permit looks like one."""
import json
import socket

import grpc
import hpack
import pytest

from harness.deciding import EnvoyAsker, HTTPAsker, SPOPAsker, base64_der, shown, spop_frame, spop_hello, spop_notify, spop_text
from harness.http2 import DATA, END_HEADERS, HEADERS, PREFACE, RESET, frame
from harness.http2 import settings as settings_frame
from harness.processes import PATIENCE
from harness.proxy import Proxy


@pytest.fixture(scope="module")
def decider(pki, tmp_path_factory, settings):
    folder = tmp_path_factory.mktemp("decisions")
    changes = {
        "decision": {"address": f"unix:{folder}/decision.sock"},
        "client_certificates": {"intermediates": pki.path("intermediate.pem")},
        "resource": {"identifier": "https://api.example.com"},
        "forward": {"claims": {"client_id": "X-Client-Id"}, "interaction_id": "echo"},
        "routes": settings["routes"] + [{"path": "/open", "require": "certificate"}],
    }
    proxy = Proxy(pki, folder, settings, changes, "decider").wait_ready()
    proxy.socket = folder / "decision.sock"
    yield proxy
    proxy.end()


def asker(kind):
    @pytest.fixture
    def asking(decider):
        one = kind(decider.socket)
        yield one
        one.close()

    return asking


http, envoy, spop = asker(HTTPAsker), asker(EnvoyAsker), asker(SPOPAsker)
METADATA = "/.well-known/oauth-protected-resource"


@pytest.fixture
def ask(request, decider, pki):
    """Status, fields and reason of a decision, by whichever way."""
    kinds = {"http": HTTPAsker, "envoy": EnvoyAsker, "spop": SPOPAsker}
    one = kinds[request.param](decider.socket)

    def asking(token=None, client="client-a", method="GET", target="/", headers=()):
        if request.param == "http":
            answer = one.ask(method, target, token, client and shown(pki, client), headers)
            return answer.status, dict(answer.fields), None if answer.status == 200 else answer.reason
        if request.param == "envoy":
            fields = ([("authorization", f"Bearer {token}")] if token else []) + list(headers)
            answer = one.ask(method=method, path=target, fields=fields, certificate=shown(pki, client) if client else "")
            return answer.status, dict(answer.fields), None if answer.permits else json.loads(answer.body).get("reason", "none")
        found = one.ask(token, pki.der(client) if client else b"", method, target, headers)
        names = {"x_client_cert_sha256": "X-Client-Cert-SHA256", "x_client_id": "X-Client-Id", "challenge": "WWW-Authenticate"}
        return found["status"], {names.get(name, name): value for name, value in found.items()}, found.get("reason")

    yield asking
    one.close()


EACH_WAY = pytest.mark.parametrize("ask", ["http", "envoy", "spop"], indirect=True)


@EACH_WAY
def test_a_bound_token_passes_with_the_fields_that_the_api_can_trust(ask, issuer, pki):
    status, fields, reason = ask(issuer.token())
    assert (status, reason) == (200, None)
    assert fields["X-Client-Cert-SHA256"] == pki.thumbprint("client-a") and fields["X-Client-Id"]


@EACH_WAY
@pytest.mark.parametrize("client, token, reason, status", [
    ("client-b", True, "cnf_mismatch", 401), ("client-a", False, "credentials_missing", 401), (None, True, "cert_missing", 403),
    ("client-expired", True, "cert_expired", 401), ("client-self-signed", True, "cert_untrusted", 401),
])  # fmt: skip
def test_a_refusal_is_the_proxy_s_own(ask, issuer, client, token, reason, status):
    answer = ask(issuer.token() if token else None, client)
    assert answer[::2] == (status, reason)
    if status == 401:
        assert answer[1]["WWW-Authenticate"].startswith("Bearer ")


@EACH_WAY
def test_a_route_counts_with_its_method_and_the_path_as_it_was_sent(ask, forge):
    narrow = forge.token(scope="accounts:read")
    assert ask(narrow, method="POST", target="/payments/1")[::2] == (403, "scope_insufficient")
    assert ask(narrow, method="GET", target="/payments/1")[0] == 200
    assert ask(narrow, method="POST", target="/x/../payments/1")[2] == "path_ambiguous"
    assert ask(method="GET", target="/open")[0] == 200


@EACH_WAY
def test_nothing_that_is_no_permit_looks_like_one(ask, decider):
    """Answers of our own that are no refusals: the metadata, and OPTIONS that is meant for us; and a refusal to a client of gRPC."""
    # Envoy is told to give it in the API's place.
    assert ask(target=METADATA)[2] in {"not_a_decision", "none"}
    assert ask(method="OPTIONS", headers=[("Max-Forwards", "0")])[::2] == (401, "credentials_missing")
    assert ask(headers=[("content-type", "application/grpc")])[0] == 401


def test_the_metadata_is_given_where_a_decision_can_carry_it(envoy, http, pki):
    given = envoy.ask(path=METADATA, certificate=shown(pki, "client-a"))
    assert not given.permits and given.status == 200 and json.loads(given.body)["resource"] == "https://api.example.com"
    refused = http.ask(target=METADATA, certificate=shown(pki, "client-a"))
    assert refused.status == 403 and refused.reason == "not_a_decision"


def test_envoy_is_told_what_to_remove_and_others_get_no_leave(envoy, http, spop, issuer, pki):
    forged = [("x_client_cert_sha256", "forged"), ("x-forwarded-client-cert", "forged"), ("x-client-cert-sha256", "forged"), ("x-other", "kept")]
    told = envoy.ask(fields=[("authorization", f"Bearer {issuer.token()}"), *forged], certificate=shown(pki, "client-a"))
    assert told.permits and sorted(told.removed) == ["x-forwarded-client-cert", "x_client_cert_sha256"]
    assert dict(told.fields)["X-Client-Cert-SHA256"] == pki.thumbprint("client-a")
    for name, value in forged[:3]:
        answer = http.ask(token=issuer.token(), certificate=shown(pki, "client-a"), headers=[(name, value)])
        assert (answer.status, answer.reason) == (403, "identity_claimed")
        assert spop.ask(issuer.token(), pki.der("client-a"), fields=[(name, value)])["reason"] == "identity_claimed"
    assert http.ask(token=issuer.token(), certificate=shown(pki, "client-a"), headers=forged[3:]).status == 200


def test_a_front_that_removes_them_itself_gets_leave(start_proxy, pki, tmp_path, issuer):
    path = tmp_path / "own.sock"
    changes = {"decision": {"address": f"unix:{path}", "claimed_identity": "front-removes"}}
    start_proxy(changes | {"client_certificates": {"intermediates": pki.path("intermediate.pem")}})
    one = HTTPAsker(path)
    assert one.ask(token=issuer.token(), certificate=shown(pki, "client-a"), headers=[("X-Remote-User", "root")]).status == 200
    one.close()


@pytest.mark.parametrize("form", ["percent", "base64", "rfc9440"])
def test_a_certificate_is_read_in_each_form_that_fronts_have(http, issuer, pki, form):
    forms = {"percent": shown(pki, "client-a"), "base64": base64_der(pki, "client-a"), "rfc9440": f":{base64_der(pki, 'client-a')}:"}
    assert http.ask(token=issuer.token(), certificate=forms[form]).status == 200


@pytest.mark.parametrize("certificate", ["(null)", "-", "AAAA", "%", "MIIB", "undefined"])
def test_what_is_no_certificate_is_not_taken_for_none(http, issuer, certificate):
    answer = http.ask(target="/open", token=issuer.token(), certificate=certificate)
    assert (answer.status, answer.reason) == (401, "cert_untrusted")


def test_an_absent_certificate_is_no_empty_one(http, forge):
    """The digest of nothing matches nothing."""
    nothing = forge.token(bind=None, cnf={"x5t#S256": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"})
    for certificate in (None, ""):
        answer = http.ask(token=nothing, certificate=certificate)
        assert (answer.status, answer.reason) == (403, "cert_missing")


TOLD = ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /", "X-Forwarded-Host: api"]


@pytest.mark.parametrize("lines, reason", [
    (TOLD[1:], "check_incomplete"), (TOLD[:1] + TOLD[2:], "check_incomplete"), (TOLD[:2], "check_incomplete"),
    (TOLD + ["x-forwarded-uri: /open"], "check_incomplete"), (TOLD + ["X-Forwarded-Method: GET"], "check_incomplete"),
    (TOLD + 2 * ["X-Forwarded-Tls-Client-Cert: AAAA"], "check_incomplete"),
    ([TOLD[0], "X-Forwarded-Uri: /a b", TOLD[2]], "check_malformed"), ([TOLD[0], "X-Forwarded-Uri: http://", TOLD[2]], None),
    (["X-Forwarded-Method: G ET"] + TOLD[1:], "check_malformed"), (TOLD[:2] + ["X-Forwarded-Host: a b"], "check_malformed"),
])  # fmt: skip
def test_a_question_that_says_something_twice_or_not_at_all_is_none(http, lines, reason):
    answer = http.send(lines)
    assert answer.status == 400 and (reason is None or answer.reason == reason), answer


def test_a_connection_of_http_goes_on_after_a_refusal_and_with_a_body(http, issuer, pki):
    certificate = shown(pki, "client-a")
    for _ in range(3):
        assert http.ask(certificate=certificate).status == 401
        lines = TOLD + [f"X-Forwarded-Tls-Client-Cert: {certificate}", f"Authorization: Bearer {issuer.token()}", "Content-Length: 5"]
        assert http.send(lines, b"GET /").status == 200


@pytest.mark.parametrize("message", [b"", b"\x0a", b"\x0a\x05a", b"\xff" * 40, b"\x0b", b"\x0a\x02\x22\x00"])
def test_a_message_that_is_no_question_is_refused(decider, envoy, message):
    from harness.deciding import Decision

    decision = Decision(envoy.call(message))
    assert not decision.permits and decision.status == 400 and json.loads(decision.body)["reason"] == "check_malformed"


def test_other_methods_are_not_there_and_health_is(envoy):
    assert envoy.call(b"", "/grpc.health.v1.Health/Check") == b"\x08\x01"
    with pytest.raises(grpc.RpcError) as caught:
        envoy.call(b"", "/envoy.service.auth.v3.Authorization/Other")
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as caught:
        envoy.call(b"", "/envoy.service.auth.v2.Authorization/Check")
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("octets", [
    b"\0\0\0\0", b"\0\0\0\1\1", b"\0\xff\xff\xff", spop_hello(version="1.0"), spop_hello(size=100), spop_notify([]), spop_hello() + spop_hello(),
    spop_hello() + spop_frame(3, b"\xff\xff\xff"), spop_hello() + spop_frame(3, b"", flags=0), spop_hello() + spop_frame(2, b""),
], ids=lambda octets: octets[:12].hex())  # fmt: skip
def test_what_breaks_spop_s_rules_ends_the_connection(decider, octets):
    one = SPOPAsker(decider.socket, greets=False)
    one.sock.sendall(octets)
    kinds = []
    while (frame := one.frame()) is not None:
        kinds.append(frame[0])
    assert kinds[-1] == 102 and kinds[:-1] in ([], [101])
    one.close()


def test_questions_of_spop_wait_for_each_other_no_longer_than_they_must(decider, issuer, pki):
    """Pipelined: each has its own answer."""
    one = SPOPAsker(decider.socket)
    for stream in range(1, 301):
        client = "client-a" if stream % 2 else "client-b"
        text = f"host: api\r\nauthorization: Bearer {issuer.token('client-a')}\r\n\r\n"
        arguments = [("method", 8, "GET"), ("target", 8, f"/{stream}"), ("fields", 8, text), ("certificate", 9, pki.der(client))]
        one.sock.sendall(spop_notify(arguments, stream))
    found = dict(one.variables() for _ in range(300))
    assert all(found[stream]["allowed"] is (stream % 2 == 1) for stream in range(1, 301))
    one.close()


def test_another_message_of_spop_allows_nothing(decider, spop):
    spop.sock.sendall(spop_notify([("method", 8, spop_text("GET"))], message="other"))
    assert spop.variables()[1]["allowed"] is False


def test_a_decision_counts_and_is_logged_like_a_request(decider, http, issuer, pki):
    before = decider.metric("holdfast_decisions_total", front="forward_auth")
    assert http.ask(target="/counted", token=issuer.token(), certificate=shown(pki, "client-a")).status == 200
    line = decider.logged("/counted")
    assert line["protocol"] == "forward_auth" and line["thumbprint"] == pki.thumbprint("client-a") and line["outcome"] == "ok"
    assert decider.metric("holdfast_decisions_total", front="forward_auth") == before + 1


@EACH_WAY
@pytest.mark.parametrize("upgrade", ["h2c", "foo/2", "websocket", "websocket, h2c"])
def test_a_request_for_another_protocol_does_not_pass(ask, issuer, upgrade):
    assert ask(issuer.token(), headers=[("connection", "upgrade"), ("upgrade", upgrade)])[::2] == (403, "upgrade_refused")


@pytest.fixture
def short_lived(start_proxy, pki, tmp_path):
    """A decider whose patience is short: everything that is waited for ends."""
    path = tmp_path / "short.sock"
    changes = {
        "decision": {"address": f"unix:{path}", "max_connections": 3}, "listener": {"head_timeout": "500ms"}, "threads": 1,
        "client_certificates": {"intermediates": pki.path("intermediate.pem")},
    }  # fmt: skip
    proxy = start_proxy(changes)
    proxy.socket = path
    return proxy


def unfinished_call(path):
    """A call of which the beginning has come."""
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(PATIENCE)
    one.connect(str(path))
    block = hpack.Encoder().encode([
        (":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/envoy.service.auth.v3.Authorization/Check"),
        ("content-type", "application/grpc"), ("te", "trailers"),
    ])  # fmt: skip
    one.sendall(PREFACE + settings_frame() + frame(4, 1) + frame(HEADERS, END_HEADERS, 1, block) + frame(DATA, 0, 1, b"\0\0\0\1\0"))
    return one


def test_a_call_that_does_not_end_is_given_up(short_lived):
    one = unfinished_call(short_lived.socket)
    octets = b""
    while frame(RESET, 0, 1)[3:9] not in octets:
        more = one.recv(4096)
        assert more
        octets += more
    one.close()


def test_fronts_that_go_away_in_the_middle_of_a_call_leave_their_places(short_lived, issuer, pki):
    gone = [unfinished_call(short_lived.socket) for _ in range(3)]
    for one in gone:
        one.shutdown(socket.SHUT_WR)
    asker = HTTPAsker(short_lived.socket)
    assert asker.ask(token=issuer.token(), certificate=shown(pki, "client-a")).status == 200
    asker.close()
    for one in gone:
        one.close()


def test_a_connection_of_spop_ends_with_a_word_when_we_do(short_lived, issuer, pki):
    one = SPOPAsker(short_lived.socket)
    assert one.ask(issuer.token(), pki.der("client-a"))["allowed"] is True
    short_lived.process.terminate()
    assert one.frame()[0] == 102 and one.frame() is None
    assert short_lived.process.wait() == 0
    one.close()


def test_a_client_s_rate_counts_behind_fronts_too(start_proxy, pki, tmp_path, issuer):
    path = tmp_path / "rate.sock"
    changes = {
        "decision": {"address": f"unix:{path}"}, "client_certificates": {"intermediates": pki.path("intermediate.pem")},
        "limits": {"rate": {"requests": 1, "per": "1h", "burst": 2}}, "threads": 1,
    }  # fmt: skip
    start_proxy(changes)
    one = HTTPAsker(path)
    statuses = [one.ask(token=issuer.token(), certificate=shown(pki, "client-a")).status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert one.ask(token=issuer.token("client-b"), certificate=shown(pki, "client-b")).status == 200
    one.close()


def test_the_socket_is_for_its_owner_and_group(decider):
    assert decider.socket.stat().st_mode & 0o777 == 0o660
