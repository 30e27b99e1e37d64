"""Signed answers about tokens (RFC 9701; requirements H): nothing less than the issuer's own signature, for this resource server."""
import time

import pytest

from harness.asking import asking, is_unavailable
from harness.challenges import is_invalid_token
from harness.forge import AUDIENCE, FromNow, timely
from harness.issuer import GATEWAY, SIGNED, Issuer
from harness.processes import eventually
from harness.proxy import Proxy


@pytest.fixture(scope="module")
def signer(pki, folder):
    signer = Issuer(pki, folder, "--opaque", "--algorithm", "ES256", "--algorithm", "PS256", name="signer")
    yield signer
    signer.end()


@pytest.fixture(scope="module")
def asker(pki, folder, settings, signer):
    """A proxy that takes signed answers only, by ES256, and remembers none."""
    changes = asking(signer, cache="0s", response="signed", response_algorithms=["ES256"], entry={"cooldown": "1s"})
    proxy = Proxy(pki, folder, settings, changes, name="signed").wait_ready()
    yield proxy
    proxy.end()


def wrong(signer, **jwt):
    """The next answers are signed JWTs that are wrong so."""
    return signer.failing(introspect={"jwt": jwt})


def test_a_signed_answer_is_asked_for_and_believed(asker, signer, pki):
    """(INT-09, INT-10, MTLS-12)"""
    answer = asker.ask(token=signer.opaque(bind="client-a"))
    assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
    assert [value for name, value in signer.last("introspect")["headers"] if name.lower() == "accept"] == [SIGNED]
    assert is_invalid_token(asker.ask(token=signer.opaque(bind="client-b")), "cnf_mismatch")


def test_a_signed_answer_may_call_a_token_inactive(asker):
    """(INT-10, DT-09)"""
    assert is_invalid_token(asker.ask(token="no-such-token"), "token_inactive")


def test_an_answer_for_the_client_or_the_audience_is_for_us(asker, signer):
    """(INT-10)"""
    for aud in (GATEWAY, AUDIENCE, ["https://other.example.com", AUDIENCE]):
        with wrong(signer, claims={"aud": aud}):
            assert asker.ask(token=signer.opaque(bind="client-a")).status == 200


@pytest.mark.parametrize(
    "jwt",
    [
        {"header": {"typ": "JWT"}}, {"header": {"typ": None}}, {"header": {"typ": "at+jwt"}}, {"header": {"typ": 1}},
        {"claims": {"iss": "https://other.example.com"}}, {"claims": {"iss": None}}, {"claims": {"aud": "https://other.example.com"}},
        {"claims": {"aud": None}}, {"claims": {"aud": []}}, {"claims": {"iat": None}}, {"claims": {"iat": 1}}, {"claims": {"iat": "now"}},
        {"claims": {"iat": FromNow(86_400)}}, {"claims": {"token_introspection": None}}, {"claims": {"token_introspection": "text"}},
        {"claims": {"token_introspection": None, "active": True}}, {"claims": {"token_introspection": {}}},
        {"claims": {"token_introspection": {"active": "true"}}}, {"foreign_key": True}, {"header": {"kid": "unknown"}},
        {"header": {"crit": ["x"], "x": 1}}, {"header": {"alg": "none"}}, {"header": {"alg": "HS256"}},
    ],
    ids=repr,
)  # fmt: skip
def test_a_signed_answer_that_is_wrong_in_one_way_is_none(asker, signer, untouched, jwt):
    """(INT-10, DT-10)"""
    with wrong(signer, **timely(jwt)):
        assert is_unavailable(asker.ask(token=signer.opaque(bind="client-a")))


def test_an_algorithm_that_is_not_configured_is_refused(asker, signer, start_proxy, untouched):
    """(INT-13)"""
    with wrong(signer, alg="PS256"):
        assert is_unavailable(asker.ask(token=signer.opaque(bind="client-a")))


def test_an_algorithm_that_is_configured_is_taken(start_proxy, signer):
    """(INT-13)"""
    proxy = start_proxy(asking(signer, response="signed", response_algorithms=["PS256"]))
    with wrong(signer, alg="PS256"):
        assert proxy.ask(token=signer.opaque(bind="client-a")).status == 200
    assert is_unavailable(proxy.ask(token=signer.opaque(bind="client-a")))


def test_a_plain_answer_is_no_signed_one(asker, signer, untouched):
    """(INT-11)"""
    for body in ('{"active": true}', '{"active": false}'):
        with signer.failing(introspect={"body": body, "content_type": "application/json"}):
            assert is_unavailable(asker.ask(token=signer.opaque(bind="client-a")))


@pytest.mark.parametrize("content_type", ["application/json", "application/jwt", "text/plain"])
def test_a_signed_answer_of_another_media_type_is_refused(asker, signer, untouched, content_type):
    """(INT-10, INT-11)"""
    with signer.failing(introspect={"content_type": content_type}):
        assert is_unavailable(asker.ask(token=signer.opaque(bind="client-a")))


def test_a_signed_answer_where_a_plain_one_is_configured_is_refused(start_proxy, signer, untouched):
    """(INT-10)"""
    proxy = start_proxy(asking(signer))
    with signer.failing(introspect={"content_type": SIGNED}):
        assert is_unavailable(proxy.ask(token=signer.opaque(bind="client-a")))


def test_what_a_signed_answer_says_is_checked_like_any_other(asker, signer, untouched):
    """(INT-05)"""
    for claims, reason in [({"exp": 1}, "token_expired"), ({"aud": "https://other.example.com"}, "aud_mismatch"), ({"nbf": 9999999999}, "token_not_yet_valid")]:
        assert is_invalid_token(asker.ask(token=signer.opaque(bind="client-a", claims={"active": True} | claims)), reason)


def test_a_signed_answer_is_no_access_token(start_proxy, signer, pki, untouched):
    """Neither where the issuer is asked about it, nor where its keys are known. (INT-12)"""
    replayed = signer.introspect(signer.opaque(bind="client-a"), signed=True)[2]
    assert replayed.count(".") == 2
    assert is_invalid_token(start_proxy(asking(signer)).ask(token=replayed))
    entry = {"issuer": signer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem")}
    for type in ("at+jwt", "any"):
        assert is_invalid_token(start_proxy({"tokens": [entry | {"type": type}]}).ask(token=replayed), "typ_not_accepted")


def test_a_rotated_key_signs_answers_without_a_restart_and_a_dropped_one_no_more(start_proxy, start_issuer):
    """(INT-10)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, cache="0s", response="signed", entry={"cooldown": "1s"}))
    assert proxy.ask(token=issuer.opaque(bind="client-a")).status == 200
    issuer.rotate(drop_old=True)
    token = issuer.opaque(bind="client-a")
    eventually(lambda: proxy.ask(token=token).status == 200, "the new key is known")
    with wrong(issuer, foreign_key=True):
        assert is_unavailable(proxy.ask(token=token))


def test_before_the_keys_are_there_it_is_not_ready(start_proxy, start_issuer, upstream):
    """(INT-10, DT-10)"""
    issuer = start_issuer("--opaque")
    issuer.fault(jwks="error")
    proxy = start_proxy(asking(issuer, response="signed"), wait="alive")
    before = upstream.requests()
    assert proxy.admin("/readyz")[0] == 503 and is_unavailable(proxy.ask(token=issuer.opaque(bind="client-a")))
    assert upstream.requests() == before and issuer.visits("introspect") == 0
    issuer.fault(jwks="none")
    proxy.wait_ready()
    assert proxy.ask(token=issuer.opaque(bind="client-a")).status == 200


def test_an_answer_that_is_signed_with_a_key_of_a_moment_ago_is_believed_at_once(start_proxy, start_issuer):
    """(INT-10, JWT-16)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, cache="0s", response="signed"))
    token = issuer.opaque(bind="client-a", expires_in=86_400)
    for _ in range(4):
        issuer.rotate(drop_old=True)
        assert proxy.ask(token=token).status == 200
        time.sleep(1.2)  # an issuer with other keys each second is one that shows other keys each time
    assert issuer.visits("jwks") <= 1 + 4
