"""The lab's issuer as one that is asked about tokens: as strict as a real one, and wrong in just the way a test wants."""
import base64
import json
import time
import uuid

import pytest
from joserfc import jwk, jwt

from harness.forge import AUDIENCE, LIFETIME, FromNow, Key, timely
from harness.issuer import ASSERTION, GATEWAY, SIGNED, basic
from harness.processes import LAB, PATIENCE, run

METHODS = ["tls_client_auth", "private_key_jwt", "client_secret_basic"]
INACTIVE = {"active": False}


def metadata(issuer):
    return json.loads(issuer.ask(issuer.address, issuer.pki.context(None), "GET", "/.well-known/oauth-authorization-server")[1])


def key_set(issuer):
    return jwk.KeySet.import_key_set(json.loads(issuer.ask(issuer.address, issuer.pki.context(None), "GET", "/jwks")[1]))


# What introspection says


@pytest.mark.parametrize("method", METHODS)
def test_a_resource_server_learns_what_an_opaque_token_is(issuer, pki, method):
    before = issuer.visits(f"introspect_{method}")
    status, headers, answer = issuer.introspect(issuer.opaque(bind="client-a"), method)
    assert status == 200 and headers["Content-Type"] == "application/json" and headers["Cache-Control"] == "no-store"
    assert answer["active"] is True and answer["token_type"] == "Bearer" and answer["client_id"] == answer["sub"] == "client-a"
    assert answer["iss"] == issuer.url and answer["aud"] == AUDIENCE and answer["scope"] == "accounts:read payments:write"
    assert answer["cnf"] == {"x5t#S256": pki.thumbprint("client-a")} and answer["exp"] - answer["iat"] == LIFETIME
    assert issuer.visits(f"introspect_{method}") == before + 1


def test_an_opaque_token_is_granted_to_a_client_that_asks_for_one(issuer, pki):
    status, answer = issuer.grant("client-b", client_id="client-b", scope="accounts:read", token_format="opaque")
    assert status == 200 and "." not in answer["access_token"] and len(answer["access_token"]) == 43
    told = issuer.introspect(answer["access_token"])[2]
    assert told["active"] is True and told["scope"] == "accounts:read" and told["cnf"] == {"x5t#S256": pki.thumbprint("client-b")}


def test_an_issuer_of_opaque_tokens_gives_a_jwt_to_a_client_that_asks_for_one(start_issuer):
    issuer = start_issuer("--opaque")
    assert "." not in issuer.token() and "." not in issuer.mint()
    assert issuer.grant("client-a", client_id="client-a", token_format="jwt")[1]["access_token"].count(".") == 2


def test_a_jwt_of_this_issuer_is_known_too_and_one_by_a_foreign_key_is_not(issuer):
    assert issuer.introspect(issuer.mint())[2]["active"] is True
    assert issuer.introspect(issuer.mint(foreign_key=True))[2] == INACTIVE


def test_an_unknown_token_is_not_active_and_nothing_more_is_said(issuer):
    assert issuer.introspect("no-such-token")[2] == INACTIVE


def test_an_expired_token_is_not_active(issuer):
    assert issuer.introspect(issuer.opaque(expires_in=-1))[2] == INACTIVE
    assert issuer.introspect(issuer.mint(expires_in=-1))[2] == INACTIVE


def test_an_order_decides_what_is_said_whatever_the_time(issuer):
    told = issuer.introspect(issuer.opaque(expires_in=-60, claims={"active": True, "sub": None, "cnf": {}}))[2]
    assert told["active"] is True and told["exp"] < time.time() and "sub" not in told and told["cnf"] == {}
    assert issuer.introspect(issuer.opaque(claims={"active": "true"}))[2]["active"] == "true"


def test_a_token_of_odd_characters_arrives_as_it_is(issuer):
    token = f"{uuid.uuid4()}~a+b/c.-_=="
    assert issuer.opaque(token=token) == token
    assert issuer.introspect(token)[2]["active"] is True and issuer.introspect(token.replace("+", " "))[2] == INACTIVE


def test_a_request_without_a_token_is_told_so(issuer):
    assert issuer.introspect("")[::2][0] == 400


# Who may ask


def test_a_certificate_is_seen_on_the_mutual_tls_listener_only(issuer, pki):
    form = f"token=x&client_id={GATEWAY}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert issuer.request(issuer.mtls_address, pki.context(GATEWAY), "POST", "/introspect", form, headers)[0] == 200
    status, _, body = issuer.request(issuer.address, pki.context(GATEWAY), "POST", "/introspect", form, headers)
    assert (status, json.loads(body)["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("client", ["client-a", "client-self-signed"])
def test_a_client_that_is_no_resource_server_may_not_ask(issuer, client):
    status, _, answer = issuer.introspect(issuer.opaque(), client=client)
    assert (status, answer["error"]) == (401, "invalid_client")


def test_a_resource_server_gets_no_tokens(issuer):
    status, answer = issuer.grant(GATEWAY, client_id=GATEWAY)
    assert (status, answer["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize("certificate", ["client-a", "stranger", "client-expired"])
def test_another_certificate_is_not_the_resource_servers(issuer, certificate):
    status, _, answer = issuer.introspect(issuer.opaque(), client=certificate, client_id=GATEWAY)
    assert (status, answer["error"]) == (401, "invalid_client")


def test_nobody_may_ask_without_saying_who_asks(issuer):
    status, _, answer = issuer.introspect(issuer.opaque(), method="none")
    assert (status, answer["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "credentials",
    [basic(GATEWAY, "wrong"), basic("nobody", "wrong"), basic(GATEWAY, ""), "Basic !", "Basic", "Bearer x", "Basic " + "YQ=="],
)
def test_wrong_credentials_are_refused_by_the_scheme_they_came_in(issuer, credentials):
    status, headers, answer = issuer.introspect(issuer.opaque(), "client_secret_basic", headers={"Authorization": credentials})
    assert (status, answer["error"]) == (401, "invalid_client") and headers["WWW-Authenticate"].startswith("Basic ")


def test_a_secret_that_was_not_encoded_as_a_form_is_refused(issuer, pki):
    with open(pki.path(f"{GATEWAY}.secret"), encoding="utf-8") as file:
        plain = base64.b64encode(f"{GATEWAY}:{file.read()}".encode()).decode()
    assert issuer.introspect(issuer.opaque(), "client_secret_basic", headers={"Authorization": f"Basic {plain}"})[0] == 401


def test_two_ways_of_authenticating_are_one_too_many(issuer):
    status, _, answer = issuer.introspect(issuer.opaque(), "client_secret_basic", client_assertion=issuer.assertion())
    assert (status, answer["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("audience", ["issuer", "endpoint", "list"])
def test_an_assertion_is_for_the_issuer_or_its_endpoint(issuer, audience):
    endpoint = metadata(issuer)["introspection_endpoint"]
    aud = {"issuer": issuer.url, "endpoint": endpoint, "list": ["https://other.example", endpoint]}[audience]
    assert issuer.introspect(issuer.opaque(), "private_key_jwt", client_assertion=issuer.assertion(aud=aud))[0] == 200


@pytest.mark.parametrize(
    "changes",
    [{"iss": "client-a"}, {"sub": "client-a"}, {"iss": "nobody", "sub": "nobody"}, {"sub": None}, {"aud": "https://other.example"},
     {"aud": None}, {"exp": 1}, {"exp": None}, {"exp": FromNow(86_400)}, {"exp": "soon"}, {"jti": None},
     {"nbf": FromNow(3600)}, {"header": {"alg": "none"}}, {"header": {"alg": "PS256"}}, {"header": {"kid": "another"}},
     {"key": Key("ES256")}, {"key": Key("PS256")}],
    ids=lambda changes: str({name: "another" if name == "key" else value for name, value in changes.items()}),
)  # fmt: skip
def test_an_assertion_that_is_wrong_in_one_way_is_refused(issuer, changes):
    status, _, answer = issuer.introspect(issuer.opaque(), "private_key_jwt", client_assertion=issuer.assertion(**timely(changes)))
    assert (status, answer["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("form", [{"client_assertion_type": "saml"}, {"client_assertion": "a.b"}, {"client_id": "client-a"}])
def test_an_assertion_of_another_kind_or_client_is_refused(issuer, form):
    assert issuer.introspect(issuer.opaque(), "private_key_jwt", **form)[0] == 401


def test_an_assertion_serves_once(issuer):
    form = {"client_assertion_type": ASSERTION, "client_assertion": issuer.assertion()}
    assert [issuer.introspect(issuer.opaque(), "private_key_jwt", **form)[0] for _ in range(2)] == [200, 401]


def test_registered_keys_secrets_and_formats_come_from_a_file_too(pki, tmp_path, start_issuer):
    keys = {algorithm: Key(algorithm) for algorithm in ("ES256", "PS256")}
    entry = {"client_id": GATEWAY}
    clients = [
        {**entry, "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk() for key in keys.values()]}},
        {**entry, "token_endpoint_auth_method": "client_secret_basic", "client_secret": "a secret"},
        {"client_id": "client-a", "token_endpoint_auth_method": "tls_client_auth", "scope": "accounts:read",
         "tls_client_auth_subject_dn": "CN=client-a,O=Holdfast Lab", "token_format": "opaque"},
    ]  # fmt: skip
    (tmp_path / "clients.json").write_text(json.dumps(clients))
    issuer = start_issuer("--clients", tmp_path / "clients.json")
    token = issuer.token()
    assert "." not in token
    for key in keys.values():
        assertion = issuer.assertion(key, {"kid": key.kid})
        assert issuer.introspect(token, "private_key_jwt", client_assertion=assertion)[2]["active"] is True
    credentials = {"Authorization": basic(GATEWAY, "a secret")}
    assert issuer.introspect(token, "client_secret_basic", headers=credentials)[2]["active"] is True
    assert issuer.introspect(token)[0] == 401


# Signed answers (RFC 9701)


def test_a_signed_answer_says_the_same_to_the_one_that_asked(issuer, pki):
    token = issuer.opaque(bind="client-a")
    status, headers, text = issuer.introspect(token, signed=True)
    assert status == 200 and headers["Content-Type"] == SIGNED
    answer = jwt.decode(text, key_set(issuer), algorithms=["ES256"])
    assert answer.header["typ"] == "token-introspection+jwt"
    assert set(answer.claims) == {"iss", "aud", "iat", "token_introspection"}
    assert answer.claims["iss"] == issuer.url and answer.claims["aud"] == GATEWAY and abs(answer.claims["iat"] - time.time()) < PATIENCE
    assert answer.claims["token_introspection"] == issuer.introspect(token)[2]


def test_a_signed_answer_about_an_unknown_token_says_nothing_more(issuer):
    answer = jwt.decode(issuer.introspect("no-such-token", signed=True)[2], key_set(issuer), algorithms=["ES256"])
    assert answer.claims["token_introspection"] == INACTIVE


def test_who_may_not_ask_gets_no_signed_answer_either(issuer):
    status, headers, _ = issuer.introspect(issuer.opaque(), signed=True, client="client-a")
    assert status == 401 and headers["Content-Type"] == "application/json"


# Revocation (RFC 7009)


@pytest.mark.parametrize("form", ["opaque", "mint"])
@pytest.mark.parametrize("client", [GATEWAY, "client-a"])
def test_a_revoked_token_is_not_active(issuer, form, client):
    token = getattr(issuer, form)()
    assert issuer.introspect(token)[2]["active"] is True
    assert issuer.revoke(token, client) == 200
    assert issuer.introspect(token)[2] == INACTIVE


def test_revoking_an_unknown_token_is_no_error(issuer):
    assert issuer.revoke("no-such-token") == issuer.revoke("no-such-token", "client-b") == 200


def test_a_client_cannot_revoke_anothers_token(issuer):
    token = issuer.opaque()
    assert issuer.revoke(token, "client-b") == 400
    assert issuer.introspect(token)[2]["active"] is True


def test_a_stranger_cannot_revoke(issuer, pki):
    token = issuer.opaque()
    form = f"token={token}&client_id=client-a"
    for address, context in [(issuer.mtls_address, pki.context("stranger")), (issuer.address, pki.context(None))]:
        assert issuer.ask(address, context, "POST", "/revoke", form, "application/x-www-form-urlencoded")[0] == 401
    assert issuer.introspect(token)[2]["active"] is True


# Metadata


def test_the_metadata_names_the_endpoints_and_their_aliases(issuer):
    found = metadata(issuer)
    for endpoint, path in [("token", "/token"), ("introspection", "/introspect"), ("revocation", "/revoke")]:
        assert found[f"{endpoint}_endpoint"] == issuer.url + path
        assert found["mtls_endpoint_aliases"][f"{endpoint}_endpoint"] == "https://%s:%d" % issuer.mtls_address + path
    assert set(METHODS) <= set(found["introspection_endpoint_auth_methods_supported"])
    assert found["introspection_signing_alg_values_supported"] == ["ES256", "PS256"]


def test_without_aliases_the_endpoints_themselves_ask_for_a_certificate(start_issuer):
    issuer = start_issuer("--no-aliases")
    found = metadata(issuer)
    assert "mtls_endpoint_aliases" not in found
    assert found["introspection_endpoint"] == "https://%s:%d/introspect" % issuer.mtls_address
    assert found["jwks_uri"] == issuer.url + "/jwks"


# Answers that are wrong in the way a test wants


def test_a_fault_is_written_over_the_usual_answer(issuer):
    token = issuer.opaque(bind="client-a")
    fault = {"status": 203, "headers": {"X-Odd": "yes"}, "content_type": "text/html", "members": {"exp": 1, "cnf": None}, "padding": 99}
    with issuer.failing(introspect=fault):
        status, headers, text = issuer.introspect(token)
    told = json.loads(text)
    assert status == 203 and headers["X-Odd"] == "yes" and headers["Content-Type"] == "text/html" and text.endswith(" " * 99)
    assert told["exp"] == 1 and "cnf" not in told and told["sub"] == "client-a"
    assert issuer.introspect(token)[0] == 200


def test_a_fault_can_be_a_body_or_a_delay(issuer):
    with issuer.failing(introspect={"body": '{"active": true, "active": false}', "content_type": "text/plain"}):
        assert issuer.introspect("x")[2] == '{"active": true, "active": false}'
    with issuer.failing(introspect={"delay": "300ms"}):
        start = time.monotonic()
        assert issuer.introspect("x")[2] == INACTIVE and time.monotonic() - start >= 0.3


def test_a_fault_can_end_by_itself(issuer):
    issuer.fault(introspect={"status": 503, "times": 2})
    assert [issuer.introspect("x")[0] for _ in range(3)] == [503, 503, 200]


def test_a_signed_answer_can_be_wrong_in_each_part(issuer):
    token = issuer.opaque()
    jwt_fault = {"header": {"typ": None}, "claims": {"aud": "another", "iat": None}, "alg": "PS256"}
    with issuer.failing(introspect={"jwt": jwt_fault, "members": {"sub": "another"}}):
        answer = jwt.decode(issuer.introspect(token, signed=True)[2], key_set(issuer), algorithms=["PS256"])
    assert "typ" not in answer.header and answer.claims["aud"] == "another" and "iat" not in answer.claims
    assert answer.claims["token_introspection"]["sub"] == "another"
    with issuer.failing(introspect={"jwt": {"foreign_key": True}}):
        text = issuer.introspect(token, signed=True)[2]
    with pytest.raises(Exception, match="bad_signature"):
        jwt.decode(text, key_set(issuer), algorithms=["ES256"])


def test_a_fault_that_is_misspelt_is_refused(issuer):
    for fault in ({"stauts": 500}, {"delay": "soon"}, "eror"):
        assert issuer.ask(issuer.lab_address, None, "POST", "/lab/faults", json.dumps({"introspect": fault}))[0] == 400


def test_the_last_request_is_shown_as_it_came(issuer):
    issuer.introspect("a+b", token_type_hint="access_token", headers={"X-Odd": "yes"})
    last = issuer.last("introspect")
    assert last["method"] == "POST" and "token=a%2Bb" in last["body"] and "token_type_hint=access_token" in last["body"]
    assert ["X-Odd", "yes"] in last["headers"] and issuer.last("nothing") is None


def test_visits_are_counted_by_listener(issuer):
    before = issuer.visits("introspect"), issuer.visits("introspect_mtls")
    issuer.introspect("x")
    issuer.introspect("x", "client_secret_basic")
    assert (issuer.visits("introspect"), issuer.visits("introspect_mtls")) == (before[0] + 2, before[1] + 1)


def test_the_help_says_how_to_use_all_this():
    text = run(LAB, "issuer", "--help").stdout
    for word in ("/introspect", "/revoke", "--opaque", "--no-aliases", GATEWAY, "token_format"):
        assert word in text
