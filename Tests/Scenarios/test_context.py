"""The signed context: by what a request was let through, for an API that wants to know that it came by way of the proxy."""
import base64
import hashlib
import json
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils

from harness.processes import HOLDFAST, eventually, run
from harness.proxy import yaml

FIELD = "X-Holdfast-Context"


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(octets):
    return int.from_bytes(octets, "big")


def keys(proxy):
    status, text = proxy.admin("/context/jwks")
    assert status == 200
    return json.loads(text)["keys"]


def checked(token, jwks):
    """By cryptography alone: header and claims of a context whose signature is good, or InvalidSignature."""
    head, body, signature = token.split(".")
    header = json.loads(decoded(head))
    key = next((key for key in jwks if key["kid"] == header["kid"] and key["alg"] == header["alg"]), None)
    if key is None:
        raise InvalidSignature
    signed, raw = f"{head}.{body}".encode(), decoded(signature)
    if key["kty"] == "OKP":
        ed25519.Ed25519PublicKey.from_public_bytes(decoded(key["x"])).verify(raw, signed)
    else:
        public = ec.EllipticCurvePublicNumbers(number(decoded(key["x"])), number(decoded(key["y"])), ec.SECP256R1()).public_key()
        public.verify(utils.encode_dss_signature(number(raw[:32]), number(raw[32:])), signed, ec.ECDSA(hashes.SHA256()))
    return header, json.loads(decoded(body))


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


@pytest.fixture
def start(start_proxy):
    return lambda changes=None, **more: start_proxy({"forward": {"context": changes or {}}, **more})


def context(proxy, answer):
    (token,) = answer.seen(FIELD)
    return checked(token, keys(proxy))


def test_a_context_says_what_the_request_was_let_through_by(start, issuer, pki):
    proxy = start({"audience": "https://api.example.com", "issuer": "gateway-1", "lifetime": "10s"})
    token = issuer.token()
    answer = proxy.ask("GET", "/accounts/7|x^?secret=1", token)
    assert answer.status == 200
    header, claims = context(proxy, answer)
    own = json.loads(decoded(token.split(".")[1]))
    assert header["typ"] == "holdfast-context+jwt" and header["alg"] == "ES256"
    assert claims["cnf"] == {"x5t#S256": pki.thumbprint("client-a")}
    assert (claims["method"], claims["path"]) == ("GET", "/accounts/7|x^")
    assert (claims["iss"], claims["aud"]) == ("gateway-1", "https://api.example.com")
    assert claims["exp"] - claims["iat"] == 10 and abs(claims["iat"] - time.time()) < 60
    assert claims["client_id"] == own["client_id"] and claims["token_id"] == own["jti"] and claims["token_issuer"] == own["iss"]
    assert claims["sub"] == own["sub"] and "would_refuse" not in claims and "secret" not in json.dumps(claims)


def test_its_key_is_on_the_admin_endpoint_by_its_thumbprint(start, start_proxy):
    (key,) = keys(start())
    members = {name: key[name] for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    assert key["kid"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert key["use"] == "sig" and "d" not in key
    assert start_proxy().admin("/context/jwks")[0] == 404


def test_nobody_else_can_say_it(start, issuer):
    """A client's field never arrives, whatever its spelling, and another process has another key."""
    first, second = start(), start()
    token = issuer.token()
    genuine = first.ask(token=token).seen(FIELD)[0]
    for name in (FIELD, FIELD.lower(), "X_Holdfast_Context", "X-Holdfast-Context-Extra"):
        answer = first.ask(token=token, headers=[(name, genuine)])
        assert len(answer.seen(FIELD)) == 1 and answer.seen(FIELD) != [genuine] and not answer.seen("X-Holdfast-Context-Extra")
        assert not answer.seen("X_Holdfast_Context")
    with pytest.raises(InvalidSignature):
        checked(genuine, keys(second))
    head, body, signature = genuine.split(".")
    forged = base64.urlsafe_b64encode(decoded(body).replace(b'"GET"', b'"PUT"')).rstrip(b"=").decode()
    with pytest.raises(InvalidSignature):
        checked(f"{head}.{forged}.{signature}", keys(first))


@pytest.mark.parametrize("method, path", [("POST", "/a%20b"), ("DELETE", "/a[1]"), ("PUT", "/" + "x" * 4000)])
def test_any_method_and_path_is_said_as_it_was_sent(start, issuer, method, path):
    proxy = start()
    answer = proxy.ask(method, path, issuer.token(), body=b"" if method in ("POST", "PUT") else None)
    _, claims = context(proxy, answer)
    assert (claims["method"], claims["path"]) == (method, path)


def test_what_there_is_no_token_for_is_not_said(start, issuer, pki):
    proxy = start(routes=[{"path": "/free/*", "require": "certificate"}])
    _, claims = context(proxy, proxy.ask(target="/free/x"))
    assert claims["cnf"] == {"x5t#S256": pki.thumbprint("client-a")} and not {"client_id", "token_id", "sub"} & set(claims)


def test_a_registered_client_is_named(start, issuer, pki):
    clients = {"clients": [{"id": "shop", "certificates": [pki.path("client-a.pem")]}]}
    proxy = start(client_certificates=clients)
    assert context(proxy, proxy.ask(token=issuer.token()))[1]["client"] == "shop"
    assert "client" not in context(other := start(), other.ask(token=issuer.token()))[1]


def test_what_would_be_refused_is_said_to_be(start, issuer):
    proxy = start(report_only=True)
    _, claims = context(proxy, proxy.ask(token=issuer.token("client-b")))
    assert claims["would_refuse"] == "cnf_mismatch" and "client_id" not in claims


@pytest.mark.parametrize("kind", ["ec", "ed"])
def test_a_key_of_a_file_is_every_replicas_and_changes_by_a_reload(start, issuer, tmp_path, kind):
    def fresh():
        return pem(ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else ed25519.Ed25519PrivateKey.generate())

    file = tmp_path / "context.key"
    file.write_text(fresh())
    one, two = start({"private_key": str(file)}), start({"private_key": str(file)})
    token = one.ask(token=issuer.token()).seen(FIELD)[0]
    assert checked(token, keys(two))[0]["alg"] == {"ec": "ES256", "ed": "EdDSA"}[kind]
    file.write_text(fresh())
    eventually(lambda: one.metric("holdfast_generation") == 2, "the reload")
    # What was signed before is still on its way.
    assert len(keys(one)) == 2 and checked(token, keys(one))
    later = one.ask(token=issuer.token()).seen(FIELD)[0]
    assert checked(later, keys(one)[:1])


@pytest.mark.parametrize(
    "context, message",
    [
        ({"header": "Authorization"}, "has a meaning of its own"),
        ({"header": "X-Client-Cert-SHA256"}, "carries the certificate's thumbprint already"),
        ({"lifetime": "0s"}, "lifetime"), ({"lifetime": "1h"}, "show it again"), ({"issuer": ""}, "issuer"),
        ({"private_key": "absent.key"}, "There is no file"), ({"key": "x"}, "key"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake(start_proxy, tmp_path, context, message):
    configuration = json.loads(json.dumps(start_proxy().configuration))
    configuration["forward"] = {**configuration.get("forward", {}), "context": context}
    (tmp_path / "mistaken.yaml").write_text(yaml(configuration))
    told = run(HOLDFAST, "check", "--config", tmp_path / "mistaken.yaml")
    assert told.returncode == 64 and message in told.stderr


def test_a_key_that_cannot_sign_each_request_is_a_mistake(start_proxy, tmp_path):
    configuration = json.loads(json.dumps(start_proxy().configuration))
    for name, key in (("rsa", rsa.generate_private_key(65537, 2048)), ("p384", ec.generate_private_key(ec.SECP384R1()))):
        (tmp_path / f"{name}.key").write_text(pem(key))
        configuration["forward"] = {"context": {"private_key": str(tmp_path / f"{name}.key")}}
        (tmp_path / "mistaken.yaml").write_text(yaml(configuration))
        told = run(HOLDFAST, "check", "--config", tmp_path / "mistaken.yaml")
        assert told.returncode == 64 and "P-256 and Ed25519" in told.stderr


def test_without_an_admin_endpoint_the_key_has_to_be_ones_own(start_proxy, tmp_path):
    configuration = json.loads(json.dumps(start_proxy().configuration))
    configuration["forward"] = {"context": {}}
    configuration.pop("admin")
    (tmp_path / "alone.yaml").write_text(yaml(configuration))
    told = run(HOLDFAST, "check", "--config", tmp_path / "alone.yaml")
    assert told.returncode == 64 and "admin.address" in told.stderr
    (tmp_path / "own.key").write_text(pem(ec.generate_private_key(ec.SECP256R1())))
    configuration["forward"]["context"]["private_key"] = str(tmp_path / "own.key")
    (tmp_path / "alone.yaml").write_text(yaml(configuration))
    assert run(HOLDFAST, "check", "--config", tmp_path / "alone.yaml").returncode == 0


def test_the_upstream_can_be_sure_of_us_by_basic(start_proxy, issuer, tmp_path):
    """In the place of what the client sent, which no upstream sees then."""
    secret = tmp_path / "upstream.secret"
    secret.write_text("holdfast:päss".replace("ä", "a:") + "\n")
    proxy = start_proxy({"upstream": {"credentials_file": str(secret)}, "forward": {"authorization": "remove"}})
    answer = proxy.ask(token=issuer.token())
    assert answer.seen("Authorization") == ["Basic " + base64.b64encode(b"holdfast:pa:ss").decode()]
    secret.write_text("holdfast:other")
    eventually(lambda: proxy.metric("holdfast_generation") == 2, "the reload")
    assert proxy.ask(token=issuer.token()).seen("Authorization") == ["Basic " + base64.b64encode(b"holdfast:other").decode()]


@pytest.mark.parametrize(
    "text, forward, message",
    [
        ("user:pass", {}, "authorization: remove"), ("user", {"authorization": "remove"}, "holds no `USER:PASSWORD`"),
        (":pass", {"authorization": "remove"}, "holds no `USER:PASSWORD`"), ("a:b\nc:d", {"authorization": "remove"}, "one line"),
        ("us\x01er:pass", {"authorization": "remove"}, "one line"),
    ],
)
def test_credentials_that_cannot_be_meant_are_a_mistake(start_proxy, tmp_path, text, forward, message):
    (tmp_path / "upstream.secret").write_text(text)
    configuration = json.loads(json.dumps(start_proxy().configuration))
    configuration["upstream"]["credentials_file"] = str(tmp_path / "upstream.secret")
    configuration["forward"] = forward
    (tmp_path / "mistaken.yaml").write_text(yaml(configuration))
    told = run(HOLDFAST, "check", "--config", tmp_path / "mistaken.yaml")
    assert told.returncode == 64 and message in told.stderr and "pass" not in told.stderr
