"""Tokens that the issuer is asked about (RFC 7662; requirements H): what is asked, and what each answer is worth."""
import contextlib
import json
import time
import uuid
from pathlib import Path

import pytest

from harness.asking import asking, is_unavailable
from harness.challenges import is_insufficient_scope, is_invalid_token
from harness.forge import AUDIENCE, FromNow, timely
from harness.issuer import GATEWAY, Issuer
from harness.processes import HOLDFAST, eventually, run, while_it_lasts
from harness.proxy import Proxy, yaml

METHODS = ["tls_client_auth", "private_key_jwt", "client_secret_basic"]


@pytest.fixture(scope="module")
def authority(pki, folder):
    """An issuer of opaque tokens, for these tests alone: they count its visits."""
    authority = Issuer(pki, folder, "--opaque", name="authority")
    yield authority
    authority.end()


@pytest.fixture(scope="module")
def asker(pki, folder, settings, authority):
    """A proxy that asks each time."""
    proxy = Proxy(pki, folder, settings, asking(authority, cache="0s"), name="asker").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture(scope="module")
def rememberer(pki, folder, settings, authority):
    """A proxy that remembers answers for a minute."""
    proxy = Proxy(pki, folder, settings, asking(authority, cache="60s"), name="rememberer").wait_ready()
    yield proxy
    proxy.end()


def now(offset=0):
    return int(time.time()) + offset


@contextlib.contextmanager
def saying(authority, pki, **members):
    """A token about which the issuer says these members, octet for octet, over the usual ones: None is a null."""
    usual = {"active": True, "iss": authority.url, "aud": AUDIENCE, "exp": now(300), "cnf": {"x5t#S256": pki.thumbprint("client-a")}}
    with authority.failing(introspect={"body": json.dumps(usual | members), "content_type": "application/json"}):
        yield f"said-{uuid.uuid4()}"


# What is asked


def test_a_token_is_posted_as_a_form_and_intact(asker, authority):
    """(INT-01)"""
    token = f"{uuid.uuid4()}~a+b/c.-_=="
    authority.opaque(bind="client-a", token=token)
    assert asker.ask(token=token, target="/x?y=z").status == 200
    asked = authority.last("introspect")
    fields = {name.lower(): value for name, value in asked["headers"]}
    assert (asked["method"], asked["path"]) == ("POST", "/introspect") and not asked["query"]
    assert fields["content-type"] == "application/x-www-form-urlencoded" and fields["accept"] == "application/json"
    assert token not in asked["body"] and "token_type_hint=access_token" in asked["body"]
    assert not {"cookie", "x-client-cert-sha256"} & set(fields)


@pytest.mark.parametrize("method", METHODS)
def test_the_proxy_says_who_asks_by_each_method(start_proxy, authority, pki, method):
    """(INT-02, MTLS-12)"""
    proxy = start_proxy(asking(authority, method))
    before = authority.visits(f"introspect_{method}")
    answer = proxy.ask(token=authority.opaque(bind="client-a"))
    assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
    assert is_invalid_token(proxy.ask(token=authority.opaque(bind="client-b")), "cnf_mismatch")
    assert authority.visits(f"introspect_{method}") == before + 2


def test_the_mutual_tls_alias_is_for_who_shows_a_certificate(start_proxy, authority):
    """(MTLS-20)"""
    for method in METHODS:
        proxy = start_proxy(asking(authority, method))
        before = authority.visits("introspect"), authority.visits("introspect_mtls")
        assert proxy.ask(token=authority.opaque(bind="client-a")).status == 200
        by_alias = 1 if method == "tls_client_auth" else 0
        assert (authority.visits("introspect"), authority.visits("introspect_mtls")) == (before[0] + 1, before[1] + by_alias)


def test_without_an_alias_the_endpoint_itself_is_asked(start_proxy, start_issuer):
    """(MTLS-20)"""
    issuer = start_issuer("--no-aliases")
    proxy = start_proxy(asking(issuer))
    assert proxy.ask(token=issuer.opaque(bind="client-a")).status == 200 and issuer.visits("introspect_mtls") == 1


@pytest.mark.parametrize("method", METHODS)
def test_who_does_not_say_who_asks_does_not_start(pki, settings, authority, tmp_path, method):
    """(INT-02)"""
    for missing in authority.introspection(method):
        changes = asking(authority, method, **{missing: None})
        base = {
            "listener": {"address": "127.0.0.1:0", "certificate": pki.path("server.pem"), "private_key": pki.path("server.key")},
            "client_certificates": {"trust": "any"}, "upstream": settings["upstream"],
        }  # fmt: skip
        (tmp_path / "holdfast.yaml").write_text(yaml(base | changes))
        checked = run(HOLDFAST, "check", "--config", tmp_path / "holdfast.yaml")
        assert checked.returncode == 64 and missing in checked.stdout + checked.stderr, (missing, checked)


# What an answer is worth


@pytest.mark.parametrize("bind,client", [("client-a", "client-a"), ("client-b", "client-b")])
def test_the_binding_in_an_answer_is_compared_like_one_in_a_token(asker, authority, pki, bind, client):
    """(MTLS-12)"""
    token = authority.opaque(bind=bind)
    answer = asker.ask(token=token, client=client)
    assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint(client)]
    other = "client-b" if client == "client-a" else "client-a"
    assert is_invalid_token(asker.ask(token=token, client=other), "cnf_mismatch")


@pytest.mark.parametrize("cnf", [None, {}, {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}, "text", {"x5t#S256": 1}, {"x5t#S256": ""}], ids=repr)
def test_an_answer_without_a_usable_binding_lets_nobody_pass(asker, authority, untouched, cnf):
    """(MTLS-12, INT-05)"""
    assert is_invalid_token(asker.ask(token=authority.opaque(claims={"cnf": cnf})))


@pytest.mark.parametrize("how", ["unknown", "expired", "revoked", "said so"])
def test_an_inactive_token_is_refused_and_the_cause_is_not_told(asker, authority, untouched, how):
    """(DT-09, INT-04, INT-14)"""
    token = "no-such-token" if how == "unknown" else authority.opaque(bind="client-a", expires_in=-1 if how == "expired" else 300)
    if how == "revoked":
        assert authority.revoke(token) == 200
    if how == "said so":
        token = authority.opaque(bind="client-a", claims={"active": False})
    answer = asker.ask(token=token)
    assert is_invalid_token(answer, "token_inactive")
    unknown = asker.ask(token="another-that-is-unknown")
    varies = {"instance", "request_id"}
    assert {k: v for k, v in answer.json().items() if k not in varies} == {k: v for k, v in unknown.json().items() if k not in varies}
    assert answer.value("WWW-Authenticate") == unknown.value("WWW-Authenticate")


@pytest.mark.parametrize("active", ["true", "True", "", 1, 1.0, 0, [True], {}], ids=repr)
def test_nothing_but_the_literal_true_is_active(asker, authority, untouched, active):
    """(INT-03, DT-10)"""
    assert is_unavailable(asker.ask(token=authority.opaque(bind="client-a", claims={"active": active})))


@pytest.mark.parametrize(
    "body,content_type",
    [
        ('{"active": true, "active": false}', "application/json"), ('{"active": false, "\\u0061ctive": true}', "application/json"),
        ("<html>active: true</html>", "text/html"), ('{"active": true}', "text/html"), ('{"active": true}', "text/plain"),
        ('{"active": null, "exp": 9999999999}', "application/json"), ("{}", "application/json"), ('{"Active": true}', "application/json"),
        ("", "application/json"), ("null", "application/json"), ("[]", "application/json"), ('{"active": true', "application/json"),
        ('{"active": true} x', "application/json"), ('{"active": true, "exp": "soon"}', "application/json"),
        ('{"active": true, "exp": 1e999999}', "application/json"), ('{"active": true, "a": ' + "[" * 1000 + "]" * 1000 + "}", "application/json"),
        ('{"active": true, "aud": 1}', "application/json"), ('{"active": true, "aud": ["a", 1]}', "application/json"), ("\ufeff{}", "application/json"),
        ('{"active": true, "exp": "1900000000"}', "application/json"), ('{"active": true, "iss": 1}', "application/json"),
    ],
    ids=lambda value: repr(value)[:45],
)  # fmt: skip
def test_an_answer_of_another_form_is_the_issuers_fault(asker, authority, untouched, body, content_type):
    """(INT-03, DT-10)"""
    with authority.failing(introspect={"body": body, "content_type": content_type}):
        assert is_unavailable(asker.ask(token=authority.opaque(bind="client-a")))


def test_a_media_type_may_have_parameters_and_any_case(asker, authority):
    with authority.failing(introspect={"content_type": "Application/JSON; charset=utf-8"}):
        assert asker.ask(token=authority.opaque(bind="client-a")).status == 200


@pytest.mark.parametrize(
    "claims,reason",
    [
        ({"exp": 1}, "token_expired"), ({"exp": FromNow(0)}, "token_expired"), ({"exp": 0}, "token_expired"),
        ({"nbf": FromNow(3600)}, "token_not_yet_valid"), ({"iat": FromNow(3600)}, "token_not_yet_valid"),
        ({"aud": "https://other.example.com"}, "aud_mismatch"), ({"aud": []}, "aud_mismatch"), ({"aud": AUDIENCE + "/"}, "aud_mismatch"),
        ({"iss": "https://other.example.com"}, "iss_unknown"), ({"cnf": {}}, "cnf_unsupported"), ({"cnf": None}, "cnf_missing"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_an_active_answer_says_is_checked_here_too(asker, authority, untouched, claims, reason):
    """(INT-05)"""
    order = {"claims": {"active": True} | timely(claims)}
    assert is_invalid_token(asker.ask(token=authority.opaque(**order if "cnf" in claims else {"bind": "client-a"} | order)), reason)


@pytest.mark.parametrize("absent", ["iss", "sub", "client_id", "iat", "jti", "exp", "scope", "token_type"])
def test_what_an_answer_need_not_say_it_need_not(asker, authority, pki, absent):
    """(INT-05)"""
    assert asker.ask(token=authority.opaque(bind="client-a", claims={absent: None})).status == 200
    for void in (None, "", [], {}):
        with saying(authority, pki, **{absent: void}) as token:
            assert asker.ask(token=token).status == 200


def test_an_answer_that_names_no_audience_is_for_this_api_only_by_the_files_word(asker, start_proxy, authority, pki):
    """(INT-05)"""
    lenient = start_proxy(asking(authority, entry={"audience_in_answer": "optional"}, cache="0s"))
    for void in (None, "", []):
        with saying(authority, pki, aud=void) as token:
            assert is_invalid_token(asker.ask(token=token), "aud_mismatch") and lenient.ask(token=token).status == 200
    token = authority.opaque(bind="client-a", claims={"aud": None})
    assert is_invalid_token(asker.ask(token=token), "aud_mismatch") and lenient.ask(token=token).status == 200
    assert is_invalid_token(lenient.ask(token=token, client="client-b"), "cnf_mismatch")
    assert is_invalid_token(lenient.ask(token=authority.opaque(bind="client-a", claims={"aud": "https://other.example.com"})), "aud_mismatch")


OTHER_KINDS = [
    {"token_type": "DPoP"}, {"token_type": "N_A"}, {"token_type": "refresh_token"}, {"token_type": "mac"}, {"token_type": "whatever"}, {"token_type": 1},
    {"token_use": "refresh_token"}, {"token_use": "id"}, {"token_use": "id_token"}, {"typ": "Refresh"}, {"typ": "ID"}, {"typ": "Offline"},
    {"typ": "DPoP"}, {"typ": "logout+jwt"}, {"tokenName": "refresh_token"}, {"purpose": "id_token"}, {"at_hash": "x"},
    {"token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, {"token_type": "Bearer", "token_use": "refresh_token"},
]  # fmt: skip


@pytest.mark.parametrize("members", OTHER_KINDS, ids=repr)
def test_an_active_token_of_another_kind_is_no_access_token(asker, authority, untouched, members):
    """(INT-05)"""
    assert is_invalid_token(asker.ask(token=authority.opaque(bind="client-a", claims=members)), "typ_not_accepted")


@pytest.mark.parametrize(
    "members",
    [
        {"token_type": "Bearer"}, {"token_type": "bearer"}, {"token_type": "access_token"}, {"token_use": "access_token"}, {"token_use": "access"},
        {"typ": "Bearer"}, {"typ": "at+jwt"}, {"typ": "JWT"}, {"tokenName": "access_token"}, {"purpose": "PAYMENTS"},
        {"token_type": "urn:ietf:params:oauth:token-type:access_token"}, {"token_type": "Bearer", "token_use": "access_token", "typ": "Bearer"},
    ],
    ids=repr,
)  # fmt: skip
def test_an_active_token_that_is_called_an_access_token_is_one(asker, authority, members):
    """(INT-05)"""
    assert asker.ask(token=authority.opaque(bind="client-a", claims=members)).status == 200


@pytest.mark.parametrize(
    "members",
    [{"auth_time": "2026-11-26T04:10:05Z"}, {"acr": 1}, {"sub": 5}, {"client_id": ["a"]}, {"jti": {}}, {"nbf": "soon"}, {"iat": True}, {"scope": 7}, {"nbf": -62135596800}, {"cnf": {"jkt": None}}],
    ids=repr,
)
def test_members_of_an_answer_that_nothing_asks_for_decide_nothing(asker, authority, pki, members):
    """(INT-03)"""
    if "cnf" in members:
        members = {"cnf": {"x5t#S256": pki.thumbprint("client-a")} | members["cnf"]}
    with saying(authority, pki, **members) as token:
        assert asker.ask(token=token).status == 200


def test_an_answers_scopes_may_be_a_list_and_stand_where_the_file_says(asker, start_proxy, authority):
    """(AT-10, INT-05)"""
    assert asker.ask("POST", "/payments/1", authority.opaque(bind="client-a", claims={"scope": ["x", "payments:write"]}), body=b"x").status == 200
    elsewhere = authority.opaque(bind="client-a", claims={"scope": "x", "scp": ["payments:write"]})
    assert is_insufficient_scope(asker.ask("POST", "/payments/1", elsewhere, body=b"x"), "payments:write")
    proxy = start_proxy(asking(authority, entry={"scopes_from": ["scope", "scp"]}, cache="0s"))
    assert proxy.ask("POST", "/payments/1", elsewhere, body=b"x").status == 200


def test_an_answers_audience_may_be_one_of_several(asker, authority):
    """(INT-05)"""
    assert asker.ask(token=authority.opaque(bind="client-a", claims={"aud": ["https://other.example.com", AUDIENCE]})).status == 200


def test_an_answers_scopes_are_what_a_route_asks_for(asker, authority):
    """(INT-05)"""
    allowed = authority.opaque(bind="client-a", claims={"scope": "accounts:read payments:write"})
    denied = authority.opaque(bind="client-a", claims={"scope": "accounts:read payments:writeX"})
    unsaid = authority.opaque(bind="client-a", claims={"scope": None})
    assert asker.ask("POST", "/payments/1", allowed, body=b"x").status == 200
    assert is_insufficient_scope(asker.ask("POST", "/payments/1", denied, body=b"x"), "payments:write")
    assert is_insufficient_scope(asker.ask("POST", "/payments/1", unsaid, body=b"x"), "payments:write")


# What is remembered, and what is not


def test_an_answer_is_remembered_and_its_binding_compared_each_time(rememberer, authority):
    """(INT-06, INT-07)"""
    token = authority.opaque(bind="client-a")
    before = authority.visits("introspect")
    for _ in range(3):
        assert rememberer.ask(token=token).status == 200
        assert is_invalid_token(rememberer.ask(token=token, client="client-b"), "cnf_mismatch")
        assert is_insufficient_scope(rememberer.ask("POST", "/payments/1", authority.opaque(bind="client-a", claims={"scope": "x"})), "payments:write")
    assert authority.visits("introspect") == before + 1 + 3, "once about the token, and once about each of the others"


def test_a_wrong_certificate_first_does_not_spoil_what_is_remembered(rememberer, authority):
    """(INT-07)"""
    token = authority.opaque(bind="client-a")
    before = authority.visits("introspect")
    assert is_invalid_token(rememberer.ask(token=token, client="client-b"), "cnf_mismatch")
    assert rememberer.ask(token=token).status == 200 and authority.visits("introspect") == before + 1


def test_without_a_cache_each_request_asks(asker, authority):
    """(INT-06)"""
    token = authority.opaque(bind="client-a")
    before = authority.visits("introspect")
    with asker.connect() as connection:
        assert [connection.request(token=token).status for _ in range(5)] == [200] * 5
    assert authority.visits("introspect") == before + 5
    authority.revoke(token)
    assert is_invalid_token(asker.ask(token=token), "token_inactive")


def test_nothing_is_remembered_beyond_its_expiry(rememberer, authority):
    """Also where the issuer would still call it active. (INT-06)"""
    with rememberer.connect() as connection:

        def passing(lifetime):
            token = authority.opaque(bind="client-a", claims={"exp": now(lifetime), "active": True})
            assert connection.request(token=token).status == 200
            return token

        token = while_it_lasts(passing, (2, 6, 20))
        eventually(lambda: connection.request(token=token).status == 401, "it expires", 55)  # before the answer is over anyway
        assert is_invalid_token(connection.request(token=token), "token_expired")


def test_a_revoked_token_is_refused_once_the_answer_is_over(start_proxy, authority):
    """(INT-06, INT-14)"""
    proxy = start_proxy(asking(authority, cache="1s"))
    token = authority.opaque(bind="client-a")
    with proxy.connect() as connection:
        assert connection.request(token=token).status == 200
        assert authority.revoke(token) == 200
        # Sooner than the half minute for which answers are remembered unless configured.
        answer = eventually(lambda: next((a for a in [connection.request(token=token)] if a.status != 200), None), "it is refused", 25)
        assert is_invalid_token(answer, "token_inactive")


def test_an_inactive_token_is_remembered_shortly(rememberer, authority):
    """(INT-07)"""
    before = authority.visits("introspect")
    token = f"unknown-{uuid.uuid4()}"
    for _ in range(5):
        assert is_invalid_token(rememberer.ask(token=token), "token_inactive")
    assert authority.visits("introspect") == before + 1
    authority.opaque(bind="client-a", token=token)
    eventually(lambda: rememberer.ask(token=token).status == 200, "it comes to life", every=0.1)


def test_a_failure_is_not_remembered(rememberer, authority):
    """But for half a second, in which the issuer is not asked about that token again. (INT-07, DT-10)"""
    token = authority.opaque(bind="client-a")
    with authority.failing(introspect="error"):
        assert is_unavailable(rememberer.ask(token=token))
    eventually(lambda: rememberer.ask(token=token).status == 200, "it is asked about again")


# JWTs that are asked about as well, or not at all


def test_an_issuer_that_introspects_no_jwts_is_asked_about_opaque_tokens_alone(start_proxy, authority, pki, tmp_path):
    """As a certified one that answers 400 `unsupported_token_type`. (INT-02)"""
    for entry in ({}, {"keys": authority.url + "/jwks"}):
        proxy = start_proxy(asking(authority, entry=entry, tokens="opaque", cache="0s"))
        opaque, before = authority.opaque(bind="client-a"), authority.visits("introspect")
        with authority.failing(introspect={"status": 400}):
            assert proxy.ask(token=jwt(authority)).status == 200
            assert is_invalid_token(proxy.ask(token=jwt(authority), client="client-b"), "cnf_mismatch")
            assert is_invalid_token(proxy.ask(token=authority.mint(bind="client-a", opaque=False, foreign_key=True)), "signature_invalid")
            assert authority.visits("introspect") == before
            assert is_unavailable(proxy.ask(token=opaque))
            (tmp_path / "token").write_text(jwt(authority))
            told = run(HOLDFAST, "explain", "--config", proxy.file, "--certificate", pki.path("client-a.pem"), "--token", tmp_path / "token")
            assert told.returncode == 0 and "calls it active" not in told.stdout, told.stdout
        eventually(lambda: proxy.ask(token=opaque).status == 200, "it is asked about again")
        assert authority.visits("introspect") == before + 2


@pytest.fixture(scope="module")
def twice(pki, folder, settings, authority):
    """A proxy that verifies an issuer's JWTs and asks about them as well."""
    changes = asking(authority, entry={"keys": authority.url + "/jwks"}, cache="60s")
    proxy = Proxy(pki, folder, settings, changes, name="twice").wait_ready()
    yield proxy
    proxy.end()


def jwt(authority, bind="client-a", **order):
    return authority.mint(bind=bind, opaque=False, **order)


def said_otherwise(authority, **members):
    return authority.failing(introspect={"members": members})


def test_a_jwt_is_verified_and_asked_about(twice, authority):
    """(MTLS-13)"""
    token = jwt(authority)
    before = authority.visits("introspect")
    assert twice.ask(token=token).status == 200 and twice.ask(token=token).status == 200
    assert authority.visits("introspect") == before + 1
    assert is_invalid_token(twice.ask(token=token, client="client-b"), "cnf_mismatch")
    assert is_invalid_token(twice.ask(token=authority.mint(bind="client-a", opaque=False, foreign_key=True)), "signature_invalid")
    assert authority.visits("introspect") == before + 1, "what does not pass here is not shown to the issuer"


def test_each_binding_must_match(twice, authority, pki, untouched):
    """(MTLS-13)"""
    with said_otherwise(authority, cnf={"x5t#S256": pki.thumbprint("client-b")}):
        token = jwt(authority)
        for _ in range(2):
            for client in ("client-a", "client-b"):
                assert is_invalid_token(twice.ask(token=token, client=client), "cnf_mismatch")
    with said_otherwise(authority, cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}):
        assert is_invalid_token(twice.ask(token=jwt(authority)))


def test_a_binding_that_one_of_them_leaves_out_is_the_others(twice, authority, pki):
    """(MTLS-13)"""
    with said_otherwise(authority, cnf=None):
        token = jwt(authority)
        assert twice.ask(token=token).status == 200 and is_invalid_token(twice.ask(token=token, client="client-b"), "cnf_mismatch")


def test_a_jwt_names_its_audience_itself(twice, authority, untouched):
    """(INT-05)"""
    with said_otherwise(authority, aud=None):
        assert is_invalid_token(twice.ask(token=jwt(authority, claims={"aud": "https://other.example.com"})), "aud_mismatch")


@pytest.mark.parametrize(
    "members,reason",
    [
        ({"active": False}, "token_inactive"), ({"exp": 1}, "token_expired"), ({"aud": "https://other.example.com"}, "aud_mismatch"),
        ({"token_type": "DPoP"}, "typ_not_accepted"), ({"typ": "ID"}, "typ_not_accepted"),
    ],
    ids=repr,
)
def test_what_either_of_them_denies_is_denied(twice, authority, untouched, members, reason):
    """(INT-05, MTLS-13)"""
    with said_otherwise(authority, **members):
        assert is_invalid_token(twice.ask(token=jwt(authority)), reason)


def test_a_revoked_jwt_is_refused_although_its_signature_holds(twice, authority):
    """(INT-14)"""
    token = jwt(authority)
    authority.revoke(token)
    assert is_invalid_token(twice.ask(token=token), "token_inactive")


def test_a_jwt_of_an_issuer_without_keys_is_only_asked_about(asker, authority):
    """(MTLS-12, DT-09)"""
    before = authority.visits("introspect")
    assert asker.ask(token=jwt(authority)).status == 200
    assert is_invalid_token(asker.ask(token=authority.mint(bind="client-a", opaque=False, foreign_key=True)), "token_inactive")
    assert authority.visits("introspect") == before + 2


def test_a_token_of_another_issuer_is_not_shown_to_this_one(asker, authority, forge, untouched):
    """(INT-02)"""
    before = authority.visits("introspect")
    assert is_invalid_token(asker.ask(token=forge.token()), "iss_unknown")
    assert authority.visits("introspect") == before


# Nothing secret is told


def test_no_token_secret_or_assertion_is_told_anywhere(start_proxy, authority, pki):
    """(BR-16)"""
    secrets, bodies = [Path(pki.path(f"{GATEWAY}.secret")).read_text()], []
    for method in METHODS:
        proxy = start_proxy(asking(authority, method, cache="60s") | {"log": {"level": "trace", "access": True}})
        tokens = [authority.opaque(bind="client-a"), authority.opaque(), authority.opaque(bind="client-a", expires_in=-1), jwt(authority), "unknown-token-of-nobody"]
        bodies += [proxy.ask(target=f"/{number}", token=token).body.decode() for number, token in enumerate(tokens) if number]
        with authority.failing(introspect={"body": json.dumps({"active": "?"} | {"echo": tokens[0]}), "content_type": "text/html"}):
            tokens.append(authority.opaque(bind="client-a"))
            bodies.append(proxy.ask(target="/failing", token=tokens[-1]).body.decode())
        with authority.failing(introspect={"status": 401}):
            tokens.append(authority.opaque(bind="client-a"))
            bodies.append(proxy.ask(target="/refused", token=tokens[-1]).body.decode())
        asked = authority.last("introspect")
        secrets += [value for name, value in asked["headers"] if name.lower() == "authorization"]
        secrets += [part.partition("=")[2] for part in asked["body"].split("&") if part.startswith(("client_assertion=", "token="))]
        secrets += tokens + [part for token in tokens if token.count(".") == 2 for part in token.split(".")]
        proxy.logged("/refused")
        told = proxy.process.out + proxy.process.err + proxy.admin("/metrics")[1]
        assert not [secret for secret in secrets if secret and secret in told]
    # The upstream of the lab answers with what reached it, the token too: its answers are not among these.
    problems = [body for body in bodies if '"reason"' in body]
    assert problems and not [secret for secret in secrets if any(secret in body for body in problems)]
