"""A verdict is for one token, on one route, with one certificate, however often the token was seen elsewhere (lessons 2, rows 7 and 8)."""
import itertools

import pytest

from harness.asking import asking, is_unavailable
from harness.challenges import is_insufficient_scope, is_invalid_token
from harness.forge import AUDIENCE
from harness.issuer import Issuer
from harness.proxy import Proxy, merged

KINDS = ["jwt", "opaque", "jwt that is asked about as well"]
ROUTES = ["/ours", "/theirs", "/both", "/read", "/write", "/gold", "/other-audience", "/anything"]
OTHER_AUDIENCE = "https://second.example.com"


@pytest.fixture(scope="module")
def issuers(pki, folder):
    """Ours, which is asked about opaque tokens; one that is asked about its JWTs as well; and theirs, whose JWTs are verified."""
    issuers = {name: Issuer(pki, folder, name=f"verdicts-{number}") for number, name in enumerate(["opaque", "jwt that is asked about as well", "jwt", "theirs"])}
    yield issuers
    for issuer in issuers.values():
        issuer.end()


@pytest.fixture(scope="module")
def proxy(pki, folder, settings, issuers):
    ours = [issuers[kind].url for kind in KINDS]
    twice = issuers["jwt that is asked about as well"]
    tokens = [
        *asking(issuers["opaque"], cache="60s")["tokens"],
        *asking(twice, entry={"keys": twice.url + "/jwks"}, cache="60s", token_prefix="twice-")["tokens"],
        *({"issuer": issuers[name].url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem")} for name in ("jwt", "theirs")),
    ]  # fmt: skip
    routes = [
        {"path": "/ours", "issuers": ours}, {"path": "/theirs", "issuers": [issuers["theirs"].url]}, {"path": "/both", "issuers": ours + [issuers["theirs"].url]},
        {"path": "/read", "scopes": ["accounts:read"]}, {"path": "/write", "scopes": ["payments:write"]}, {"path": "/gold", "acr": ["gold"]},
        {"path": "/other-audience", "audience": OTHER_AUDIENCE},
    ]  # fmt: skip
    tokens = [{**token, "audience": [AUDIENCE, OTHER_AUDIENCE]} for token in tokens]
    proxy = Proxy(pki, folder, settings, {"tokens": tokens, "routes": routes}, "verdicts").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture
def token(issuers):
    def make(kind, **order):
        order = merged({"claims": {"scope": "accounts:read"}}, order)
        return issuers[kind].mint(bind="client-a", opaque=kind == "opaque", **order)

    return make


def is_right(route, answer):
    """What a token of ours that may only read, of no particular authentication, gets there."""
    if route == "/theirs":
        return is_invalid_token(answer, "iss_not_for_route")
    if route == "/other-audience":
        return is_invalid_token(answer, "aud_mismatch")
    if route == "/write":
        return is_insufficient_scope(answer, "payments:write")
    if route == "/gold":
        return answer.status == 401 and answer.reason == "acr_insufficient"
    return answer.status == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first,second", list(itertools.permutations(ROUTES, 2)))
def test_what_a_token_was_good_for_on_one_route_decides_nothing_on_another(proxy, token, kind, first, second):
    """(JWT-33, INT-07, Q-17)"""
    token = token(kind)
    with proxy.connect() as connection:
        for route in (first, second, first, second):
            assert is_right(route, connection.request(target=route, token=token)), route


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first,second", [("client-a", "client-b"), ("client-b", "client-a"), ("client-a", "client-a-renewed"), ("client-a-renewed", "client-a")])
def test_what_a_token_was_good_for_with_one_certificate_decides_nothing_with_another(proxy, token, kind, first, second):
    """(JWT-33, INT-07, MTLS-12, MTLS-13)"""
    token = token(kind)
    with proxy.connect(first) as one, proxy.connect(second) as other:
        for client, connection in [(first, one), (second, other)] * 3:
            answer = connection.request(token=token)
            if client == "client-a":
                assert answer.status == 200
            else:
                # Whether the other certificate has been seen already depends on which handshake ends first.
                reason = "cnf_mismatch" if client == "client-b" or answer.reason != "cert_renewed" else "cert_renewed"
                assert is_invalid_token(answer, reason), client


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_for_another_audience_is_good_for_no_route(proxy, token, kind, untouched):
    """(JWT-25, INT-05)"""
    token = token(kind, claims={"aud": "https://other.example.com"})
    for route in ROUTES + ROUTES:
        assert is_invalid_token(proxy.ask(target=route, token=token), "aud_mismatch" if route != "/theirs" else None)


def test_a_token_that_names_no_audience_is_for_no_route_of_one(proxy, token):
    """(INT-05)"""
    token = token("opaque", claims={"aud": None})
    assert proxy.ask(target="/anything", token=token).status == 200
    assert is_invalid_token(proxy.ask(target="/other-audience", token=token), "aud_mismatch")


@pytest.mark.parametrize("kind", ["opaque", "jwt that is asked about as well"])
def test_on_a_route_of_other_issuers_nobody_is_asked(proxy, issuers, token, kind, untouched):
    """(Q-17)"""
    token, before = token(kind), issuers[kind].visits("introspect")
    with issuers[kind].failing(introspect="error"):
        assert is_invalid_token(proxy.ask(target="/theirs", token=token), "iss_not_for_route")
        assert issuers[kind].visits("introspect") == before
        assert is_unavailable(proxy.ask(target="/ours", token=token))


def test_an_opaque_token_is_shown_to_the_issuer_that_it_is_of_and_to_no_other(proxy, issuers):
    """(INT-02, Q-17)"""
    ours, prefixed = issuers["opaque"], issuers["jwt that is asked about as well"]
    before = ours.visits("introspect"), prefixed.visits("introspect")
    token = prefixed.opaque(bind="client-a", token="twice-as-good")
    assert proxy.ask(token=token).status == 200
    assert (ours.visits("introspect"), prefixed.visits("introspect")) == (before[0], before[1] + 1)
    assert proxy.ask(token=ours.opaque(bind="client-a", token="as-good")).status == 200
    assert is_invalid_token(proxy.ask(token="twice-unknown"), "token_inactive")
    assert (ours.visits("introspect"), prefixed.visits("introspect")) == (before[0] + 1, before[1] + 2)
