"""Behind an authorization server that is not ours: Authlib and joserfc issue the tokens, publish the keys, and judge who asks."""
import http.client
import json
import urllib.parse

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jwk

from harness.asking import is_unavailable
from harness.challenges import is_insufficient_scope, is_invalid_token
from harness.forge import ALGORITHMS, AUDIENCE
from harness.independent import SECRET, Independent, new_key
from harness.issuer import FORM, GATEWAY, basic
from harness.processes import PATIENCE, eventually
from harness.proxy import merged

pytestmark = pytest.mark.filterwarnings("ignore")  # joserfc warns of old algorithms, and tests have them all


@pytest.fixture
def independent(pki):
    servers = []

    def start(**options):
        servers.append(Independent(pki, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


@pytest.fixture
def secret(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    return {"authentication": "client_secret_basic", "client_id": GATEWAY, "client_secret_file": str(tmp_path / "secret"), "cache": "0s"}


def trusting(server, **changes):
    base = {"issuer": server.issuer, "audience": AUDIENCE, "certificate_authorities": server.pki.path("ca.pem")}
    return {"tokens": [merged(base, changes)]}


def post(server, path, client, form):
    """Over mutual TLS, as Authlib wants its clients to say who they are."""
    connection = http.client.HTTPSConnection("127.0.0.1", server.mutual_web.server_address[1], context=server.pki.context(client), timeout=PATIENCE)
    try:
        connection.request("POST", path, urllib.parse.urlencode(form), {"Content-Type": FORM, "Authorization": basic(client, SECRET)})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return json.loads(answer.read())
    finally:
        connection.close()


def granted(server, client="client-a", scope="accounts:read"):
    """A token that Authlib grants, bound to the certificate that its client shows."""
    return post(server, "/token", client, {"grant_type": "client_credentials", "scope": scope})["access_token"]


def asked(server):
    """By which method it was asked about tokens, and with what success."""
    return [(one.method, one.status) for one in server.asked if one != "keys"]


# JWTs


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_jwt_of_authlib_passes_with_its_certificate_and_with_no_other(start_proxy, independent, pki, algorithm):
    """Authlib names no `kid`. (AT-01, AT-02, AT-08, MTLS-03)"""
    server = independent(algorithm=algorithm)
    proxy = start_proxy(trusting(server, algorithms=[algorithm]))
    token = granted(server)
    answer = proxy.ask(token=token)
    assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
    assert is_invalid_token(proxy.ask(token=token, client="client-b"), "cnf_mismatch")
    assert is_insufficient_scope(proxy.ask("POST", "/payments/1", token), "payments:write")
    assert proxy.ask("POST", "/payments/1", granted(server, scope="payments:write")).status == 200


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_jwt_of_joserfc_is_verified_by_a_key_set_of_joserfc(start_proxy, independent, algorithm):
    """(JWT-07, AT-05)"""
    server = independent()
    key, stranger = new_key(algorithm), new_key(algorithm)
    server.keys = jwk.KeySet([new_key("ES256"), key, new_key("ES384")])
    proxy = start_proxy(trusting(server, algorithms=ALGORITHMS))
    assert proxy.ask(token=server.sign(key)).status == 200
    assert is_invalid_token(proxy.ask(token=server.sign(stranger, {"kid": key.kid})), "signature_invalid")
    assert is_invalid_token(proxy.ask(token=server.sign(stranger)), "kid_unknown")


@pytest.mark.parametrize("absent", [{"alg"}, {"use"}, {"kid"}, {"alg", "use", "kid"}], ids=str)
def test_a_key_set_may_say_less_of_its_keys(start_proxy, independent, absent):
    """(JWT-10, AT-05)"""
    server = independent()
    key = new_key("ES256")
    said = {name: value for name, value in key.as_dict(private=False).items() if name not in absent}
    server.published = {"keys": [new_key("EdDSA").as_dict(private=False), said]}
    proxy = start_proxy(trusting(server))
    header = {"kid": key.kid} if "kid" not in absent else {"kid": None}
    assert proxy.ask(token=server.sign(key, header)).status == 200
    assert proxy.ask(token=server.sign(new_key("ES256"), header)).status == 401


@pytest.mark.parametrize("change", [{"aud": "https://other.example.com"}, {"exp": 1}, {"iss": "https://other.example.com"}, {"cnf": None}, {"jti": None}], ids=repr)
def test_a_jwt_of_joserfc_that_is_wrong_in_one_way_is_refused(start_proxy, independent, untouched, change):
    """(DT-06, AT-07)"""
    server = independent()
    assert is_invalid_token(start_proxy(trusting(server)).ask(token=server.sign(**change)))


def test_an_issuer_with_a_path_is_found_where_authlib_says_it_is(start_proxy, independent):
    """(ASM-01)"""
    server = independent(path="/tenants/1")
    assert start_proxy(trusting(server)).ask(token=granted(server)).status == 200


@pytest.mark.parametrize("sign", [granted, Independent.sign])
def test_a_new_key_of_joserfc_is_taken_without_a_restart_and_a_dropped_one_no_more(start_proxy, independent, sign):
    """(JWT-16, JWT-33)"""
    server = independent()
    proxy = start_proxy(trusting(server, cooldown="1s"))
    first = sign(server)
    assert proxy.ask(token=first).status == 200
    server.rotate()
    second = sign(server)
    eventually(lambda: proxy.ask(token=second).status == 200, "the new key is known")
    assert proxy.ask(token=first).status == 200, "the old key is still published"
    server.rotate(drop_old=True)
    third = sign(server)
    eventually(lambda: proxy.ask(token=third).status == 200, "the newest key is known")
    assert is_invalid_token(proxy.ask(token=first)) and is_invalid_token(proxy.ask(token=second))
    # One for each rotation, and a few of the budget for tokens whose keys are gone.
    assert 3 <= server.asked.count("keys") <= 5


# Opaque tokens, and who asks about them


@pytest.fixture
def methods(pki, secret, tmp_path):
    """For each method what the proxy is configured with, and what the server knows of it."""
    key = new_key("ES256")
    (tmp_path / "assertion.key").write_bytes(key.as_pem(private=True))
    base = {"client_id": GATEWAY, "cache": "0s"}
    return {
        "client_secret_basic": (secret, None),
        "private_key_jwt": (base | {"authentication": "private_key_jwt", "private_key": str(tmp_path / "assertion.key")}, key),
        "tls_client_auth": (
            base | {"authentication": "tls_client_auth", "certificate": pki.path(f"{GATEWAY}.pem"), "private_key": pki.path(f"{GATEWAY}.key")}, None,
        ),
    }  # fmt: skip


METHODS = ["client_secret_basic", "private_key_jwt", "tls_client_auth"]


@pytest.mark.parametrize("method", METHODS)
def test_authlib_knows_who_asks_and_says_what_an_opaque_token_is(start_proxy, independent, pki, methods, method):
    """(INT-01, INT-02, MTLS-12, MTLS-20)"""
    section, key = methods[method]
    server = independent(opaque=True, methods=[method], public_key=key)
    proxy = start_proxy(trusting(server, introspection=section))
    token = granted(server)
    for _ in range(3):
        answer = proxy.ask(token=token)
        assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
        assert is_invalid_token(proxy.ask(token=token, client="client-b"), "cnf_mismatch")
    assert asked(server) == [(method, 200)] * 6, "no assertion was used twice"
    assert {one.mutual for one in server.asked} == {method == "tls_client_auth"}


@pytest.mark.parametrize("method", METHODS)
def test_authlib_refuses_who_is_not_known_and_the_client_is_not_blamed(start_proxy, independent, methods, tmp_path, untouched, method):
    """(INT-08, DT-10)"""
    section, _ = methods[method]
    server = independent(opaque=True, methods=[method], public_key=new_key("ES256"))
    (tmp_path / "secret").write_text("wrong")
    if method == "tls_client_auth":
        server.clients[GATEWAY] = (SECRET, ["client_secret_basic"], None)
    assert is_unavailable(start_proxy(trusting(server, introspection=section)).ask(token=granted(server)))
    assert len(asked(server)) == 1 and asked(server)[0][1] in (400, 401)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_an_assertion_by_each_kind_of_key_is_verified_by_joserfc(start_proxy, independent, tmp_path, algorithm, named):
    """(INT-02)"""
    key = new_key(algorithm)
    pem = key.private_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    # By a set of keys only the one that is named is found; by itself each is.
    server = independent(opaque=True, methods=["private_key_jwt"], public_key=jwk.KeySet([new_key(algorithm), key]) if named else key)
    section = {"authentication": "private_key_jwt", "client_id": GATEWAY, "private_key": str(tmp_path / "key.pem")}
    proxy = start_proxy(trusting(server, introspection=section | ({"key_id": key.kid} if named else {})))
    assert proxy.ask(token=granted(server)).status == 200 and asked(server) == [("private_key_jwt", 200)]


def test_a_token_that_authlib_does_not_know_or_has_revoked_is_refused(start_proxy, independent, secret, untouched):
    """(DT-09, INT-14)"""
    server = independent(opaque=True)
    proxy = start_proxy(trusting(server, introspection=secret))
    token = granted(server)
    post(server, "/revoke", "client-a", {"token": token})
    for inactive in (token, "unknown"):
        assert is_invalid_token(proxy.ask(token=inactive), "token_inactive")


def test_a_token_revoked_at_authlib_is_refused_once_the_answer_is_over(start_proxy, independent, secret):
    """(INT-06, INT-14)"""
    server = independent(opaque=True)
    proxy = start_proxy(trusting(server, introspection=secret | {"cache": "1s"}))
    token = granted(server)
    assert proxy.ask(token=token).status == 200
    post(server, "/revoke", "client-a", {"token": token})
    eventually(lambda: proxy.ask(token=token).status == 401, "the answer that was remembered is over", 25)


def test_a_jwt_is_verified_by_its_signature_and_by_authlib(start_proxy, independent, secret):
    """Authlib says nothing of `cnf`, so the token's own counts. (MTLS-13)"""
    server = independent()
    proxy = start_proxy(trusting(server, keys=server.web.url + "/keys", introspection=secret))
    token = granted(server)
    assert proxy.ask(token=token).status == 200 and is_invalid_token(proxy.ask(token=token, client="client-b"), "cnf_mismatch")
    assert asked(server) == [("client_secret_basic", 200)], "and not about what does not pass here"


def test_a_jwt_that_only_authlib_judges_is_not_bound_by_what_nobody_verified(start_proxy, independent, secret, untouched):
    """(MTLS-12)"""
    server = independent()
    proxy = start_proxy(trusting(server, introspection=secret))
    assert is_invalid_token(proxy.ask(token=granted(server)), "cnf_missing")


# Signed answers


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA", "RS256"])
def test_an_answer_that_joserfc_signed_is_believed(start_proxy, independent, secret, algorithm):
    """(INT-09, INT-10, INT-13)"""
    server = independent(opaque=True, algorithm=algorithm)
    proxy = start_proxy(trusting(server, introspection=secret | {"response": "signed", "response_algorithms": [algorithm]}))
    token = granted(server)
    assert proxy.ask(token=token).status == 200 and is_invalid_token(proxy.ask(token=token, client="client-b"), "cnf_mismatch")
    assert is_invalid_token(proxy.ask(token="unknown"), "token_inactive")


@pytest.mark.parametrize(
    "wrong", [{"header": {"typ": "JWT"}}, {"claims": {"aud": "other"}}, {"claims": {"iss": "https://other.example.com"}}, {"claims": {"iat": 1}}, "key"], ids=str
)
def test_an_answer_that_joserfc_signed_for_another_purpose_is_not(start_proxy, independent, secret, untouched, wrong):
    """(INT-10)"""
    server = independent(opaque=True)
    proxy = start_proxy(trusting(server, introspection=secret | {"response": "signed"}))
    server.signed_wrong = {"key": new_key("ES256")} if wrong == "key" else wrong
    assert is_unavailable(proxy.ask(token=granted(server)))


def test_a_key_that_joserfc_rotated_signs_answers_without_a_restart(start_proxy, independent, secret):
    """(INT-10)"""
    server = independent(opaque=True)
    proxy = start_proxy(trusting(server, cooldown="1s", introspection=secret | {"response": "signed"}))
    token = granted(server)
    assert proxy.ask(token=token).status == 200
    old = server.signing_key
    server.rotate(drop_old=True)
    eventually(lambda: proxy.ask(token=token).status == 200, "the new key is known")
    server.signed_wrong = {"key": old, "header": {"kid": old.kid}}
    assert is_unavailable(proxy.ask(token=token))
