"""Bearer usage and the answers to each mistake (RFC 6750; requirements B and decision table C)."""
import pytest

from harness.challenges import challenge, is_bare_challenge, is_insufficient_scope, is_invalid_request, is_invalid_token
from harness.processes import eventually, while_it_lasts


def with_authorization(proxy, *values, **options):
    return proxy.ask(headers=[("Authorization", value) for value in values], **options)


def test_no_credentials_get_a_challenge_without_an_error(proxy, untouched):
    """(BR-09, BR-12, DT-01)"""
    answer = proxy.ask()
    assert is_bare_challenge(answer, "credentials_missing")
    assert challenge(answer).get("realm") is not None


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "DPoP {token}", "Negotiate abc", "BearerX {token}", "mtls_pop {token}"])
def test_another_scheme_gets_the_same_challenge(proxy, issuer, untouched, value):
    """(BR-12, MTLS-25, DPOP-02)"""
    assert is_bare_challenge(with_authorization(proxy, value.format(token=issuer.token())), "scheme_unsupported")


@pytest.mark.parametrize("value", ["Bearer {token}", "bearer {token}", "BEARER  {token}", "bEaReR    {token}"])
def test_the_scheme_is_read_in_any_case_and_with_any_number_of_spaces(proxy, issuer, value):
    """(BR-01)"""
    assert with_authorization(proxy, value.format(token=issuer.token())).status == 200


@pytest.mark.parametrize(
    "value",
    [
        "Bearer", "Bearer ", "Bearer\t{token}", "Bearer {token} {token}", "Bearer {token},{token}", 'Bearer "{token}"',
        "Bearer {token}, Basic abc", "Bearer a=b", "Bearer =", "Bearer {token};a", "Bearer token={token}", "", ",",
    ],
)
def test_a_malformed_authorization_is_an_invalid_request(proxy, issuer, untouched, value):
    """(BR-01, BR-02, DT-07)"""
    assert is_invalid_request(with_authorization(proxy, value.format(token=issuer.token())), "credentials_malformed")


@pytest.mark.parametrize("second", ["Bearer {token}", "Basic abc", "Bearer x"])
def test_two_authorization_fields_are_never_a_choice(proxy, issuer, untouched, second):
    """(BR-03, DPOP-06, DT-07)"""
    good = f"Bearer {issuer.token()}"
    other = second.format(token=issuer.token())
    assert is_invalid_request(with_authorization(proxy, good, other), "credentials_duplicated")
    assert is_invalid_request(with_authorization(proxy, other, good), "credentials_duplicated")


def test_a_token_in_the_query_is_no_credential_and_not_logged(proxy, issuer, untouched):
    """(BR-06, BR-16, Q-05)"""
    token = issuer.token()
    assert is_bare_challenge(proxy.ask(target=f"/in-the-query?access_token={token}"), "credentials_missing")
    proxy.logged("/in-the-query")
    assert token not in proxy.process.out


@pytest.mark.parametrize("name", ["access_token", "%61ccess_token", "a=1&access_token", "a=1;access_token", "Access_Token"])
def test_a_token_in_two_places_is_an_invalid_request(proxy, issuer, untouched, name):
    """(BR-04, DT-07)"""
    answer = proxy.ask(target=f"/?{name}=x", token=issuer.token())
    assert is_invalid_request(answer, "credentials_in_two_places")


def test_a_query_without_a_token_is_no_second_place(proxy, issuer):
    assert proxy.ask(target="/?access_tokens=x&token=y&a=access_token", token=issuer.token()).status == 200


def test_a_token_in_a_form_body_is_no_credential(proxy, issuer, untouched):
    """(BR-05)"""
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    answer = proxy.ask("POST", headers=form, body=b"access_token=" + issuer.token().encode())
    assert is_bare_challenge(answer, "credentials_missing")


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "a.b", "....", "eyJhbGciOiJub25lIn0.e30.", "x" * 20000])
def test_a_credential_that_is_no_token_is_an_invalid_token(proxy, untouched, token):
    """(BR-13, JWT-01)"""
    assert is_invalid_token(proxy.ask(token=token))


def test_a_missing_scope_is_named(proxy, issuer, untouched):
    """(BR-14, DT-08)"""
    narrow = issuer.mint(bind="client-a", claims={"scope": "accounts:read"})
    answer = proxy.ask("POST", "/payments/1", token=narrow, body=b"")
    assert is_insufficient_scope(answer, "payments:write")


def test_a_token_with_the_scope_passes_where_it_is_asked_for(proxy, issuer):
    assert proxy.ask("POST", "/payments/1", token=issuer.token(), body=b"").status == 200


@pytest.mark.parametrize("scope", ["payments:writes", "payments", "PAYMENTS:WRITE", "xpayments:write", "payments:write2 a", ""])
def test_a_scope_is_matched_as_a_whole_word(proxy, issuer, untouched, scope):
    """(AT-10)"""
    token = issuer.mint(bind="client-a", claims={"scope": scope})
    assert proxy.ask("POST", "/payments/1", token=token, body=b"").status == 403


def test_every_scope_of_a_route_is_needed(proxy, issuer):
    """(BR-14, DT-08)"""
    one = issuer.mint(bind="client-a", claims={"scope": "accounts:read"})
    both = issuer.mint(bind="client-a", claims={"scope": "payments:write accounts:read"})
    assert is_insufficient_scope(proxy.ask(target="/both", token=one), "accounts:read payments:write")
    assert proxy.ask(target="/both", token=both).status == 200


def test_a_route_may_ask_for_the_certificate_alone(proxy, pki):
    """(MTLS-05)"""
    answer = proxy.ask(target="/certificate/only")
    assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
    assert proxy.ask(target="/certificates").status == 401


@pytest.mark.parametrize(
    "target",
    [
        "/certificate/..%2fpayments/1", "/certificate/%2e%2e/payments/1", "/certificate/../payments/1", "//payments/1",
        "/certificate/;x/../payments", "/certificate/a;x", "/certificate/%00", "/certificate//x", "/certificate/%5c..%5cx",
        "/certificate/./x", "/certificate/%252e%252e/x", "/certificate/%c0%ae%c0%ae/x",
    ],
)
def test_a_path_that_can_be_read_in_two_ways_is_refused(proxy, issuer, untouched, target):
    answer = proxy.ask(target=target, token=issuer.token())
    assert answer.status == 400 and answer.reason == "path_ambiguous" and not answer.values("WWW-Authenticate")


def test_a_rewriting_header_does_not_change_the_route(proxy, untouched):
    for name in ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Prefix"]:
        assert proxy.ask(target="/payments/1", headers=[(name, "/certificate/x")]).status == 401


def test_the_earliest_fault_is_the_one_reported(proxy, issuer, forge):
    """Framing, credential syntax, token validity, binding, scope. (DT-14)"""
    expired_elsewhere_narrow = forge.token(bind="client-b", exp=1, scope="nothing")
    elsewhere_narrow = forge.token(bind="client-b", scope="nothing")
    narrow = forge.token(scope="nothing")
    post = {"method": "POST", "target": "/payments/1", "body": b""}
    assert proxy.ask(**post, token="a b", headers=[("Transfer-Encoding", "x")]).reason.startswith("framing")
    assert is_invalid_request(proxy.ask(**post, token=expired_elsewhere_narrow + " x"))
    assert is_invalid_token(proxy.ask(**post, token=expired_elsewhere_narrow), "token_expired")
    assert is_invalid_token(proxy.ask(**post, token=elsewhere_narrow), "cnf_mismatch")
    assert is_invalid_token(proxy.ask(**post, token=forge.token(bind=None, scope="nothing")), "cnf_missing")
    assert is_insufficient_scope(proxy.ask(**post, token=narrow), "payments:write")


def test_nothing_a_token_says_is_reflected(proxy, forge):
    """(BR-11)"""
    evil = 'x"\r\nSet-Cookie: y=1'
    for token in [forge.token(header={"kid": evil}), forge.token(iss=evil), forge.token(exp=1, sub=evil), forge.token(header={"typ": evil})]:
        answer = proxy.ask(token=token)
        assert is_invalid_token(answer)
        assert not answer.values("Set-Cookie") and b"Set-Cookie" not in answer.body


def test_each_request_of_a_connection_is_judged_on_its_own(proxy, issuer):
    with proxy.connect() as connection:
        assert [connection.request(token=token).status for token in [issuer.token(), None, issuer.token(), "x", issuer.token()]] == [
            200, 401, 200, 401, 200,
        ]


def test_a_token_that_expires_during_a_connection_is_refused_from_then_on(proxy, issuer):
    """(JWT-26, JWT-33)"""
    with proxy.connect() as connection:

        def passing(lifetime):
            token = issuer.mint(bind="client-a", expires_in=lifetime)
            assert connection.request(token=token).status == 200
            return token

        token = while_it_lasts(passing)
        refused = eventually(lambda: next((a for a in [connection.request(token=token)] if a.status != 200), None), "it expires")
        assert is_invalid_token(refused, "token_expired")


def test_an_error_without_a_body_for_head_has_the_same_fields(proxy):
    """(BR-08)"""
    with proxy.connect() as connection:
        assert is_bare_challenge(connection.request("GET"))
        answer = connection.request("HEAD")
        assert answer.status == 401 and answer.body == b"" and challenge(answer)
        assert connection.request("GET").status == 401
