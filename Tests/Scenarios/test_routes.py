"""What routes ask for: issuers, scopes, authentication, claims, a certificate or nothing; and the hosts that are served."""
import itertools
import ssl
import time

import pytest

from harness.challenges import challenge, is_bare_challenge, is_insufficient_scope, is_invalid_request, is_invalid_token, is_problem
from harness.forge import ALGORITHMS, AUDIENCE, ISSUER
from harness.processes import HOLDFAST, eventually, run, while_it_lasts
from harness.proxy import Proxy, plain

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SECOND = "https://second.example.com"  # its keys are the same: what tells it apart is its name alone
AUDIENCE_OF_SECOND = "https://second.api.example.com"


@pytest.fixture(scope="module")
def issuers(settings, forge, folder):
    second = {"issuer": SECOND, "audience": [AUDIENCE, AUDIENCE_OF_SECOND], "keys": str(folder / "forge.json"), "algorithms": ALGORITHMS}
    return [*settings["tokens"], second]


@pytest.fixture(scope="module")
def demanding(pki, folder, settings, issuers, issuer):
    """A proxy whose routes ask for something beside the binding."""
    routes = [
        {"path": "/any-scope", "scopes": {"any": ["a:read", "b:read"]}},
        {"path": "/all-and-any", "scopes": {"all": ["base"], "any": ["a:read", "b:read"]}},
        {"path": "/scoped", "scopes": ["a:read"]},
        {"path": "/scoped-too", "scopes": ["b:read"]},
        {"path": "/first", "issuers": [ISSUER]},
        {"path": "/second", "issuers": [SECOND]},
        {"path": "/lab", "issuers": [issuer.url]},
        {"path": "/either", "issuers": [ISSUER, SECOND]},
        {"path": "/acr", "acr": ["urn:strong", "urn:stronger"]},
        {"path": "/recent", "max_auth_age": "15m"},
        {"path": "/acr-and-recent", "acr": ["urn:strong"], "max_auth_age": "15m", "scopes": ["a:read"]},
        {"path": "/claims/blue", "claims": {"tenant": "blue"}},
        {"path": "/claims/blue-or-green", "claims": {"tenant": ["blue", "green"]}},
        {"path": "/claims/present", "claims": {"consent": plain("present")}},
        {"path": "/claims/literally-present", "claims": {"consent": "present"}},
        {"path": "/claims/several", "claims": {"tenant": "blue", "level": "3", "verified": "true"}},
        {"path": "/everything", "issuers": [ISSUER], "acr": ["urn:strong"], "scopes": ["a:read"], "claims": {"tenant": "blue"}},
    ]
    proxy = Proxy(pki, folder, settings | {"tokens": issuers, "routes": routes}, name="demanding").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture(scope="module")
def welcoming(pki, folder, settings, issuers):
    """A proxy with a route that needs nothing, and so a listener that takes connections without a certificate."""
    routes = [{"path": "/open/*", "require": "nothing"}, {"path": "/certificate/*", "require": "certificate"}, {"path": "/scoped", "scopes": ["a:read"]}]
    proxy = Proxy(pki, folder, settings | {"tokens": issuers, "routes": routes}, name="welcoming").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture(scope="module")
def hosted(pki, folder, settings):
    """A proxy that serves two hosts."""
    changes = {"listener": {"hosts": ["api.example.com", "two.example.com"]}}
    proxy = Proxy(pki, folder, settings, changes, "hosted").wait_ready()
    yield proxy
    proxy.end()


def demands(answer, reason, **parameters):
    """RFC 9470's challenge with exactly these parameters beside those of every error."""
    told = challenge(answer)
    assert answer.status == 401 and told.pop("error") == "insufficient_user_authentication" and told.pop("error_description")
    assert {name: value for name, value in told.items() if name not in ("realm", "resource_metadata")} == parameters, told
    return is_problem(answer, reason)


# Scopes


@pytest.mark.parametrize("scope", ["a:read", "b:read", "x b:read y", "a:read b:read"])
def test_one_of_several_scopes_can_be_enough(demanding, forge, scope):
    """(DT-08)"""
    assert demanding.ask(target="/any-scope", token=forge.token(scope=scope)).status == 200


@pytest.mark.parametrize("scope", ["a:reads", "c:read", "", None, "base"])
def test_none_of_several_scopes_is_not(demanding, forge, untouched, scope):
    """(BR-14, DT-08)"""
    assert is_insufficient_scope(demanding.ask(target="/any-scope", token=forge.token(scope=scope)), "a:read b:read")


@pytest.mark.parametrize("scope,status", [("base a:read", 200), ("base b:read", 200), ("base", 403), ("a:read b:read", 403)])
def test_all_of_some_scopes_and_one_of_others_can_be_asked_for(demanding, forge, scope, status):
    """(DT-08)"""
    answer = demanding.ask(target="/all-and-any", token=forge.token(scope=scope))
    assert answer.status == status and (status == 200 or answer.reason == "scope_insufficient")


# Issuers


def test_a_route_takes_the_tokens_of_its_own_issuers_only(demanding, forge, issuer):
    """(Q-17)"""
    tokens = {"/first": forge.token(), "/second": forge.token(iss=SECOND), "/lab": issuer.token()}
    for path, (owner, token) in itertools.product(tokens, tokens.items()):
        answer = demanding.ask(target=path, token=token)
        if path == owner:
            assert answer.status == 200
        else:
            assert is_invalid_token(answer, "iss_not_for_route")
    assert [demanding.ask(target="/either", token=token).status for token in tokens.values()] == [200, 200, 401]
    assert [demanding.ask(target="/elsewhere", token=token).status for token in tokens.values()] == [200, 200, 200]


VERDICTS = {"/first": 200, "/second": 401, "/scoped": 200, "/scoped-too": 403, "/acr": 401, "/claims/blue": 200}


@pytest.mark.parametrize("one,other", list(itertools.permutations(VERDICTS, 2)))
def test_one_token_has_a_verdict_of_its_own_on_each_route_in_any_order(demanding, forge, one, other):
    """(JWT-33)"""
    token = forge.token(scope="a:read", tenant="blue")
    with demanding.connect() as connection:
        for path in [one, other, one, other]:
            assert connection.request(target=path, token=token).status == VERDICTS[path], path


def test_each_issuers_tokens_are_for_its_own_audiences(demanding, forge):
    """(JWT-25)"""
    for issuer, audience, status in [(SECOND, AUDIENCE_OF_SECOND, 200), (ISSUER, AUDIENCE_OF_SECOND, 401), (SECOND, AUDIENCE, 200), (ISSUER, AUDIENCE, 200)]:
        for _ in range(2):
            assert demanding.ask(token=forge.token(iss=issuer, aud=audience)).status == status


# Authentication


@pytest.mark.parametrize("acr", ["urn:strong", "urn:stronger"])
def test_an_authentication_that_is_strong_enough_passes(demanding, forge, acr):
    """(BR-18)"""
    assert demanding.ask(target="/acr", token=forge.token(acr=acr)).status == 200


@pytest.mark.parametrize("acr", [None, "urn:weak", "URN:STRONG", "urn:strong urn:stronger", "", "urn:stron"])
def test_another_authentication_is_told_which_would_do(demanding, forge, untouched, acr):
    """(BR-18)"""
    assert demands(demanding.ask(target="/acr", token=forge.token(acr=acr)), "acr_insufficient", acr_values="urn:strong urn:stronger")


@pytest.mark.parametrize("age,passes", [(0, True), (600, True), (890, True), (910, False), (86400, False), (None, False)])
def test_an_authentication_may_have_to_be_recent(demanding, forge, age, passes):
    """(BR-18)"""
    answer = demanding.ask(target="/recent", token=forge.token(auth_time=None if age is None else int(time.time()) - age))
    if passes:
        assert answer.status == 200
    else:
        assert demands(answer, "auth_too_old", max_age="900")


@pytest.mark.parametrize("auth_time", ["now", [1], {"a": 1}, True])
def test_a_time_of_authentication_that_is_none_does_not_pass(demanding, forge, untouched, auth_time):
    assert demanding.ask(target="/recent", token=forge.token(auth_time=auth_time)).status == 401


@pytest.mark.parametrize("ahead", ["an hour", "milliseconds for seconds", "for ever"])
def test_a_time_of_authentication_that_is_yet_to_come_does_not_pass(demanding, forge, untouched, ahead):
    """It would be recent enough until then. (BR-18)"""
    now = int(time.time())
    auth_time = {"an hour": now + 3600, "milliseconds for seconds": now * 1000, "for ever": 1e300}[ahead]
    answer = demanding.ask(target="/recent", token=forge.token(auth_time=auth_time))
    assert answer.status == 401 and answer.reason in ("auth_too_old", "claims_malformed")


@pytest.mark.parametrize("acr", [["urn:strong"], 1, {"urn:strong": True}, True], ids=repr)
def test_an_authentication_that_is_no_text_does_not_pass(demanding, forge, untouched, acr):
    assert demanding.ask(target="/acr", token=forge.token(acr=acr)).status == 401


def test_both_demands_are_made_at_once(demanding, forge):
    """(BR-18)"""
    now = int(time.time())
    answer = demanding.ask(target="/acr-and-recent", token=forge.token(scope="a:read", acr="urn:weak", auth_time=now))
    assert demands(answer, "acr_insufficient", acr_values="urn:strong", max_age="900")
    answer = demanding.ask(target="/acr-and-recent", token=forge.token(scope="a:read", acr="urn:strong", auth_time=now - 1000))
    assert demands(answer, "auth_too_old", acr_values="urn:strong", max_age="900")
    assert demanding.ask(target="/acr-and-recent", token=forge.token(scope="a:read", acr="urn:strong", auth_time=now)).status == 200


def test_an_authentication_grows_too_old_while_its_token_is_remembered(start_proxy, forge):
    """(JWT-33)"""

    def recent(lifetime):
        proxy = start_proxy({"routes": [{"path": "/recent", "max_auth_age": f"{lifetime}s"}]})
        token = forge.token(auth_time=int(time.time()))
        assert proxy.ask(target="/recent", token=token).status == 200
        return proxy, token

    proxy, token = while_it_lasts(recent)
    late = eventually(lambda: next((a for a in [proxy.ask(target="/recent", token=token)] if a.status != 200), None), "it is too old")
    assert late.reason == "auth_too_old"


# Claims


@pytest.mark.parametrize(
    "path,claims,passes",
    [
        ("blue", {"tenant": "blue"}, True), ("blue", {"tenant": ["green", "blue"]}, True), ("blue", {"tenant": "Blue"}, False),
        ("blue", {"tenant": "blue "}, False), ("blue", {"tenant": ""}, False), ("blue", {}, False), ("blue", {"tenant": None}, False),
        ("blue", {"tenant": {"blue": True}}, False), ("blue", {"tenant": [["blue"]]}, False), ("blue", {"Tenant": "blue"}, False),
        ("blue-or-green", {"tenant": "green"}, True), ("blue-or-green", {"tenant": "blue green"}, False), ("blue-or-green", {"tenant": "red"}, False),
        ("present", {"consent": "urn:1"}, True), ("present", {"consent": 0}, True), ("present", {"consent": {"id": 1}}, True), ("present", {}, False),
        ("literally-present", {"consent": "present"}, True), ("literally-present", {"consent": "urn:1"}, False),
        ("several", {"tenant": "blue", "level": 3, "verified": True}, True), ("several", {"tenant": "blue", "level": 3}, False),
        ("several", {"tenant": "blue", "level": 4, "verified": True}, False), ("several", {"tenant": "blue", "level": 3, "verified": False}, False),
        ("several", {"tenant": "red", "level": 3, "verified": True}, False),
    ],
)  # fmt: skip
def test_a_claim_must_be_there_and_have_its_value(demanding, forge, path, claims, passes):
    answer = demanding.ask(target=f"/claims/{path}", token=forge.token(**claims))
    if passes:
        assert answer.status == 200
    else:
        assert answer.status == 403 and challenge(answer)["error"] == "insufficient_scope" and "scope" not in challenge(answer)
        assert is_problem(answer, "claim_insufficient")


def test_a_null_claim_is_no_claim(demanding, forge, untouched):
    claims = forge.claims() | {"consent": None}
    assert demanding.ask(target="/claims/present", token=forge.seal(forge.header(), claims)).reason == "claim_insufficient"


@pytest.mark.parametrize("value", ["bl\\u0075e", "\\u0062lue"])
def test_a_claim_is_compared_as_it_reads(demanding, forge, value):
    text = forge.octets(forge.claims()).decode()[:-1] + f', "tenant": "{value}"}}'
    assert demanding.ask(target="/claims/blue", token=forge.seal(forge.header(), text)).status == 200


def test_routes_ask_the_same_of_opaque_tokens(start_proxy, issuers, issuer, pki):
    """In any order, with the issuer's answer remembered. (JWT-33, MTLS-12, Q-17)"""
    opaque = {"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem"), "introspection": issuer.introspection()}
    routes = [
        {"path": "/scoped", "scopes": ["a:read"]}, {"path": "/other-scope", "scopes": ["b:read"]}, {"path": "/first", "issuers": [ISSUER]},
        {"path": "/lab", "issuers": [issuer.url]}, {"path": "/acr", "acr": ["urn:strong"]}, {"path": "/recent", "max_auth_age": "15m"},
        {"path": "/blue", "claims": {"tenant": "blue"}}, {"path": "/red", "claims": {"tenant": "red"}},
    ]  # fmt: skip
    proxy = start_proxy({"tokens": [opaque, *issuers[1:]], "routes": routes})
    token = issuer.opaque(bind="client-a", claims={"scope": "a:read", "acr": "urn:strong", "auth_time": int(time.time()) - 1000, "tenant": "blue"})
    verdicts = {
        "/scoped": None, "/other-scope": "scope_insufficient", "/first": "iss_not_for_route", "/lab": None, "/acr": None, "/recent": "auth_too_old",
        "/blue": None, "/red": "claim_insufficient",
    }  # fmt: skip
    for paths in [list(verdicts), list(reversed(verdicts))]:
        for path in paths:
            answer = proxy.ask(target=path, token=token)
            assert answer.status == 200 if verdicts[path] is None else answer.reason == verdicts[path], path
            assert proxy.ask(target=path, token=token, client="client-b").reason in ("cnf_mismatch", "iss_not_for_route")


# What comes first


def test_the_earliest_fault_of_many_is_the_one_reported(demanding, forge):
    """Each token lacks one thing less. (DT-14)"""
    wrong = {"iss": SECOND, "aud": "https://other.example.com", "exp": 1, "bind": "client-b", "acr": "urn:weak", "scope": "x", "tenant": "red"}
    steps = ["iss_not_for_route", "token_expired", "aud_mismatch", "cnf_mismatch", "acr_insufficient", "scope_insufficient", "claim_insufficient"]
    repairs = [{"iss": ISSUER}, {"exp": int(time.time()) + 300}, {"aud": AUDIENCE}, {"bind": "client-a"}, {"acr": "urn:strong"}, {"scope": "a:read"}, {"tenant": "blue"}]
    for reason, repair in zip(steps, repairs):
        assert demanding.ask(target="/everything", token=forge.token(**wrong)).reason == reason
        wrong |= repair
    assert demanding.ask(target="/everything", token=forge.token(**wrong)).status == 200


# No certificate


@pytest.mark.parametrize("version", [V12, V13])
def test_an_open_route_is_open_to_a_connection_without_a_certificate(welcoming, pki, version):
    with welcoming.connect(context=pki.context(None, version)) as connection:
        answer = connection.request(target="/open/door")
        assert answer.status == 200 and answer.json()["target"] == "/open/door"


def test_every_other_route_stays_shut_to_it(welcoming, pki, issuer, forge, untouched):
    """One connection that asks for everything. (MTLS-04, DT-01, DT-04)"""
    with welcoming.connect(context=pki.context(None)) as connection:
        assert is_bare_challenge(connection.request(), "credentials_missing")
        assert is_invalid_token(connection.request(token=issuer.token()), "cnf_unproven")
        assert is_invalid_token(connection.request(target="/scoped", token=forge.token(scope="a:read")), "cnf_unproven")
        assert is_invalid_token(connection.request(token=forge.token(bind=None)), "cnf_missing")
        assert is_invalid_token(connection.request(token=forge.token(exp=1)), "token_expired")
        missing = connection.request(target="/certificate/x")
        assert missing.status == 403 and missing.reason == "cert_missing" and not missing.values("WWW-Authenticate")
        assert is_invalid_request(connection.request(token="a b"))


def test_a_token_that_passed_with_its_certificate_does_not_pass_without(welcoming, pki, issuer):
    """(MTLS-04, JWT-33)"""
    token = issuer.mint(bind="client-a")
    for _ in range(2):
        assert welcoming.ask(token=token).status == 200
        with welcoming.connect(context=pki.context(None)) as connection:
            assert is_invalid_token(connection.request(token=token), "cnf_unproven")


def test_no_thumbprint_is_told_of_a_connection_without_one_whatever_it_claims(welcoming, pki):
    """(MTLS-02, DT-12)"""
    right = pki.thumbprint("client-a")
    forged = [("X-Client-Cert-SHA256", right), ("x_client_cert_sha256", right), ("X.Client.Cert.SHA256", right), ("Client-Cert", ":AA==:"),
              ("X-Forwarded-Client-Cert", "Hash=00"), ("Connection", "X-Client-Cert-SHA256")]  # fmt: skip
    with welcoming.connect(context=pki.context(None)) as connection:
        for headers in [[], forged]:
            answer = connection.request(target="/open/x", headers=headers)
            assert answer.status == 200
            assert not [name for name, _ in answer.json()["fields"] if "cert" in name.lower()], answer


def test_identities_do_not_leak_to_a_connection_without_one(welcoming, pki, issuer):
    """All share the connections to the upstream."""
    with welcoming.connect() as a, welcoming.connect("client-b") as b, welcoming.connect(context=pki.context(None)) as nobody:
        for _ in range(20):
            assert a.request(token=issuer.token()).seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
            assert nobody.request(target="/open/x").seen("X-Client-Cert-SHA256") == []
            assert b.request(target="/open/x").seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-b")]


@pytest.mark.parametrize("version", [V12, V13])
def test_a_certificate_is_still_asked_for(welcoming, pki, version):
    """(MTLS-01)"""
    with welcoming.connect(context=pki.context(version=version)) as connection:
        answer = connection.request(target="/certificate/x")
        assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("client", ["stranger", "client-self-signed", "client-expired", "client-future", "client-serverauth"])
def test_a_certificate_that_is_not_accepted_is_not_the_same_as_none(welcoming, pki, untouched, client, version):
    """(MTLS-16)"""
    with pytest.raises(ssl.SSLError) as failure, welcoming.connect(context=pki.context(client, version)) as connection:
        connection.sock.recv(1)
    assert "CERTIFICATE" in failure.value.reason or "UNKNOWN_CA" in failure.value.reason


@pytest.mark.parametrize("version", [V12, V13])
def test_a_resumed_session_without_a_certificate_has_none(welcoming, pki, issuer, version):
    context = pki.context(None, version)
    with welcoming.connect(context=context) as first:
        assert first.request(target="/open/x").status == 200
        session = first.sock.session
    with welcoming.connect(context=context, session=session) as resumed:
        assert is_invalid_token(resumed.request(token=issuer.token()), "cnf_unproven")
        assert resumed.request(target="/open/x").seen("X-Client-Cert-SHA256") == []


@pytest.mark.parametrize("version", [V12, V13])
def test_a_resumed_session_with_a_certificate_still_has_it(welcoming, pki, issuer, version):
    context = pki.context(version=version)
    with welcoming.connect(context=context) as first:
        assert first.request(token=issuer.token()).status == 200
        session = first.sock.session
    with welcoming.connect(context=context, session=session) as resumed:
        assert resumed.sock.session_reused
        assert resumed.request(token=issuer.token()).seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
        assert is_invalid_token(resumed.request(token=issuer.token("client-b")), "cnf_mismatch")


def test_with_any_certificate_trusted_none_is_still_none(start_proxy, pki, issuer):
    """(MTLS-04, MTLS-15)"""
    proxy = start_proxy({"client_certificates": {"trust": "any", "authorities": None}, "routes": [{"path": "/open", "require": "nothing"}]})
    with proxy.connect(context=pki.context(None)) as connection:
        assert connection.request(target="/open").status == 200
        assert is_invalid_token(connection.request(token=issuer.token()), "cnf_unproven")
    assert proxy.ask(token=issuer.token("client-self-signed"), client="client-self-signed").status == 200


@pytest.mark.parametrize("version", [V12, V13])
def test_where_no_route_is_open_the_handshake_insists(demanding, pki, untouched, version):
    """(DT-02)"""
    with pytest.raises(ssl.SSLError) as failure, demanding.connect(context=pki.context(None, version)) as connection:
        connection.sock.recv(1)
    assert failure.value.reason.endswith({V12: "HANDSHAKE_FAILURE", V13: "CERTIFICATE_REQUIRED"}[version])


@pytest.mark.parametrize("target", ["/open/../x", "/open/%2e%2e/x", "/open/..%2fx", "/open//x", "/open/x;y", "/open%2fx", "/opened", "/Open/x"])
def test_an_open_route_is_no_way_around_the_others(welcoming, pki, issuer, untouched, target):
    with welcoming.connect(context=pki.context(None)) as connection:
        assert connection.request(target=target).status in (400, 401)


def test_each_weaker_route_is_named_by_check_and_counted(welcoming, pki):
    checked = run(HOLDFAST, "check", "--config", welcoming.file)
    assert checked.returncode == 0
    warned = [line for line in checked.stdout.splitlines() if line.startswith("warning:")]
    assert any("/open/*" in line for line in warned) and any("/certificate/*" in line for line in warned)
    before = {kind: welcoming.metric("holdfast_requests_without_token_total", require=kind) for kind in ("nothing", "certificate")}
    welcoming.ask(target="/open/x")
    welcoming.ask(target="/certificate/x")
    for kind, count in before.items():
        assert welcoming.metric("holdfast_requests_without_token_total", require=kind) == count + 1


# Hosts


def ask_host(proxy, host, token, target="/", **options):
    with proxy.connect() as connection:
        connection.host = host
        return connection.request(target=target, token=token, **options)


@pytest.mark.parametrize("host", ["api.example.com", "two.example.com", "API.Example.Com", "api.example.com:443", "api.example.com:8443"])
def test_a_host_of_the_list_is_served(hosted, issuer, host):
    """(DT-13)"""
    answer = ask_host(hosted, host, issuer.token())
    assert answer.status == 200 and answer.seen("Host") == [host]


@pytest.mark.parametrize(
    "host", ["other.example.com", "api.example.com.evil.example", "xapi.example.com", "api.example", "127.0.0.1", "127.0.0.1:8443", "localhost", "[::1]:443"]
)
def test_a_host_that_is_not_on_it_is_misdirected(hosted, issuer, untouched, host):
    """(DT-13)"""
    answer = ask_host(hosted, host, issuer.token(), target="/misdirected")
    assert answer.status == 421 and is_problem(answer, "host_not_served") and not answer.values("WWW-Authenticate")


def test_a_misdirected_request_leaves_the_connection_usable(hosted, issuer):
    """(DT-13)"""
    with hosted.connect() as connection:
        for host, status in [("other.example.com", 421), ("api.example.com", 200), ("other.example.com", 421), ("two.example.com", 200)]:
            connection.host = host
            assert connection.request(token=issuer.token()).status == status
    assert hosted.metric("holdfast_refusals_total", reason="host_not_served") >= 2


def test_the_host_of_an_absolute_target_is_the_one_that_counts(hosted, issuer):
    """(DT-13)"""
    assert ask_host(hosted, "other.example.com", issuer.token(), target="https://api.example.com/x").status == 200
    assert ask_host(hosted, "api.example.com", issuer.token(), target="https://other.example.com/x").reason == "host_not_served"


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Original-Host", "X-Host"])
def test_a_header_does_not_change_the_host(hosted, issuer, untouched, name):
    """(DT-13)"""
    value = "host=api.example.com" if name == "Forwarded" else "api.example.com"
    assert ask_host(hosted, "other.example.com", issuer.token(), headers=[(name, value)]).status == 421


def test_a_host_comes_after_framing_and_before_credentials(hosted, forge):
    """(DT-13, DT-14)"""
    for token in [None, "a b", forge.token(exp=1), forge.token(bind="client-b")]:
        assert ask_host(hosted, "other.example.com", token).reason == "host_not_served"
    broken = [("Transfer-Encoding", "chunked"), ("Content-Length", "5")]
    assert ask_host(hosted, "other.example.com", None, headers=broken, method="POST").reason == "framing_te_and_cl"


# Mistakes

MISTAKES = {
    "an issuer that is not configured": {"path": "/a", "issuers": ["https://unknown.example.com"]},
    "no issuer": {"path": "/a", "issuers": []},
    "no scope of any": {"path": "/a", "scopes": {"any": []}},
    "a scope that is none": {"path": "/a", "scopes": ["a b"]},
    "a scope with a quote": {"path": "/a", "scopes": ['a"b']},
    "an unknown kind of scopes": {"path": "/a", "scopes": {"some": ["a"]}},
    "an acr that would break a challenge": {"path": "/a", "acr": ['a"b']},
    "an empty acr": {"path": "/a", "acr": []},
    "an age of nothing": {"path": "/a", "max_auth_age": "soon"},
    "a claim without a value": {"path": "/a", "claims": {"tenant": []}},
    "claims that are no mapping": {"path": "/a", "claims": ["tenant"]},
    "scopes where no token is looked at": {"path": "/a", "require": "certificate", "scopes": ["a"]},
    "issuers where no token is looked at": {"path": "/a", "require": "nothing", "issuers": [ISSUER]},
    "claims where no token is looked at": {"path": "/a", "require": "nothing", "claims": {"tenant": "blue"}},
    "an acr where no token is looked at": {"path": "/a", "require": "certificate", "acr": ["a"]},
    "an unknown requirement": {"path": "/a", "require": "optional"},
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_route_that_cannot_be_meant_is_a_mistake(start_proxy, name):
    proxy = start_proxy({"routes": [MISTAKES[name]]}, wait=None)
    assert proxy.process.wait() == 64 and "routes" in proxy.process.err, proxy.process.err


@pytest.mark.parametrize("hosts", [[], [""], ["a b"], ["https://api.example.com"], ["api.example.com/x"], "text/x", [1, {}]], ids=repr)
def test_a_host_that_is_none_is_a_mistake(start_proxy, hosts):
    proxy = start_proxy({"listener": {"hosts": hosts}}, wait=None)
    assert proxy.process.wait() == 64 and "hosts" in proxy.process.err, proxy.process.err
