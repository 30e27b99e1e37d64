"""Which signed JWTs are tokens here (RFC 7515, 7519, 8725, 9068; requirements F and G)."""
import json
import time

import pytest
from cryptography.hazmat.primitives import serialization

from harness.challenges import is_insufficient_scope, is_invalid_token
from harness.forge import ALGORITHMS, AUDIENCE, ISSUER, Key, hmac_signer
from harness.pki import base64url


def now(offset=0):
    return int(time.time()) + offset


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_of_the_allow_list_is_verified(proxy, forge, algorithm):
    """(JWT-07, DT-06)"""
    token = forge.token(algorithm)
    assert proxy.ask(token=token).status == 200
    head, payload, signature = token.split(".")
    middle = len(signature) // 2
    broken = signature[:middle] + ("A" if signature[middle] != "A" else "B") + signature[middle + 1 :]
    assert is_invalid_token(proxy.ask(token=f"{head}.{payload}.{broken}"), "signature_invalid")


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_an_algorithm_outside_the_allow_list_is_refused(start_proxy, settings, forge, algorithm):
    """(JWT-07)"""
    tokens = [dict(settings["tokens"][1], algorithms=["ES256", "PS256"])]
    proxy = start_proxy({"tokens": tokens})
    assert is_invalid_token(proxy.ask(token=forge.token(algorithm)), "alg_not_allowed")
    assert proxy.ask(token=forge.token("PS256")).status == 200


def test_rs256_is_not_in_the_default_allow_list(start_proxy, settings, forge):
    """(AT-08)"""
    proxy = start_proxy({"tokens": [{k: v for k, v in settings["tokens"][1].items() if k != "algorithms"}]})
    assert is_invalid_token(proxy.ask(token=forge.token("RS256")), "alg_not_allowed")
    assert proxy.ask(token=forge.token("EdDSA")).status == 200


@pytest.mark.parametrize("name", ["none", "None", "nOnE", "NONE"])
@pytest.mark.parametrize("signature", [b"", b"x" * 64])
def test_no_signature_is_no_signature_in_any_spelling(proxy, forge, untouched, name, signature):
    """(JWT-08, DT-06)"""
    assert is_invalid_token(proxy.ask(token=forge.token(header={"alg": name}, signature=signature)))


@pytest.mark.parametrize("form", ["pem", "pem without its last line feed", "der", "jwk"])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_public_key_is_no_shared_secret(proxy, forge, untouched, algorithm, form):
    """(JWT-09, DT-06)"""
    public = forge.keys[algorithm].private.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    secret = {
        "pem": pem, "pem without its last line feed": pem.strip(),
        "der": public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(forge.keys[algorithm].jwk()).encode(),
    }[form]
    token = forge.token(algorithm, header={"alg": "HS256"}, signature=hmac_signer(secret))
    assert is_invalid_token(proxy.ask(token=token))


@pytest.mark.parametrize("header", [{"alg": None}, {"alg": 1}, {"alg": ["ES256"]}, {"alg": ""}, {"alg": "es256"}, {"alg": "ES256K"}], ids=repr)
def test_the_algorithm_must_be_named_exactly(proxy, forge, untouched, header):
    """(JWT-07)"""
    assert is_invalid_token(proxy.ask(token=forge.token(header=header)))


@pytest.mark.parametrize("claimed,kid", [("ES384", "es256"), ("RS256", "es256"), ("ES256", "es384"), ("ES256", "rs256"), ("PS256", "rs256"), ("EdDSA", "es256")])
def test_a_key_serves_its_own_algorithm_only(proxy, forge, untouched, claimed, kid):
    """(JWT-10)"""
    assert is_invalid_token(proxy.ask(token=forge.token(claimed, header={"kid": kid})))


def test_an_ecdsa_signature_is_raw_and_not_der(proxy, forge, untouched):
    """(JWT-21)"""
    assert is_invalid_token(proxy.ask(token=forge.token(signature=forge.keys["ES256"].der_signature)), "signature_invalid")


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\0" * 63, b"\0" * 65, b"\xff" * 64])
def test_an_ecdsa_signature_of_no_value_is_refused(proxy, forge, untouched, signature):
    """(JWT-21)"""
    assert is_invalid_token(proxy.ask(token=forge.token(signature=signature)))


@pytest.mark.parametrize("salt", [0, 20])
def test_a_pss_salt_of_another_length_is_refused(proxy, forge, untouched, salt):
    """(JWT-22)"""
    token = forge.token("PS256", signature=lambda octets: forge.keys["PS256"].sign(octets, salt=salt))
    assert is_invalid_token(proxy.ask(token=token), "signature_invalid")


def test_a_signature_has_one_spelling(proxy, forge, untouched):
    """The last character of 64 octets in base64url has four spare bits. (JWT-02, JWT-03)"""
    token = forge.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    for spare in range(1, 4):
        assert is_invalid_token(proxy.ask(token=token[:-1] + alphabet[last | spare]))
    assert is_invalid_token(proxy.ask(token=token + "=="))


def test_a_key_that_the_issuer_does_not_publish_is_refused(proxy, forge, issuer, untouched):
    """(DT-06)"""
    stranger = Key("ES256")
    assert is_invalid_token(proxy.ask(token=forge.token(signature=stranger.sign)), "signature_invalid")
    assert is_invalid_token(proxy.ask(token=issuer.mint(bind="client-a", foreign_key=True)), "signature_invalid")


def test_the_keys_of_one_issuer_do_not_sign_for_another(proxy, forge, issuer, untouched):
    """(JWT-24)"""
    assert is_invalid_token(proxy.ask(token=forge.token(iss=issuer.url)))
    assert is_invalid_token(proxy.ask(token=issuer.mint(bind="client-a", claims={"iss": ISSUER})))


@pytest.mark.parametrize("kid", ["unknown", "../../dev/null", "' OR 1=1 --", "x" * 4000, " ", 1, True, ["es256"]], ids=lambda kid: repr(kid)[:20])
def test_a_kid_selects_a_published_key_or_nothing(proxy, forge, kid):
    """(JWT-15)"""
    header = forge.header()
    header["kid"] = kid
    assert is_invalid_token(proxy.ask(token=forge.seal(header, forge.claims())))


@pytest.mark.parametrize("header", [{}, {"kid": None}, {"kid": ""}], ids=repr)
def test_a_token_without_a_kid_is_verified_by_the_key_that_fits(proxy, forge, header):
    """A kid that is null or empty is none. (AT-05)"""
    header = forge.header(kid=None) | header
    assert proxy.ask(token=forge.seal(header, forge.claims())).status == 200
    assert is_invalid_token(proxy.ask(token=forge.seal(header, forge.claims(), signature=Key("ES256").sign)))


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
def test_a_key_that_a_token_brings_along_is_not_used(proxy, forge, untouched, member):
    """(JWT-14)"""
    attacker = Key("ES256", kid="attacker")
    value = {"jku": "http://127.0.0.1:9/keys", "x5u": "http://127.0.0.1:9/c", "jwk": attacker.jwk(), "x5c": ["MAA="]}[member]
    assert is_invalid_token(proxy.ask(token=forge.token(header={"kid": "attacker", member: value}, signature=attacker.sign)))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1}, {"crit": []}, {"crit": "b64"}, {"crit": ["alg"]}, {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True}, {"b64": False}, {"crit": ["x", "x"], "x": 1}, {"crit": None}, {"crit": [1]},
    ],
    ids=repr,
)
def test_a_critical_extension_is_never_understood(proxy, forge, untouched, header):
    """(JWT-12, JWT-13)"""
    full = forge.header() | header
    assert is_invalid_token(proxy.ask(token=forge.seal(full, forge.claims())))


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_the_type_of_an_access_token_is_a_media_type_in_any_case(proxy, forge, typ):
    """(AT-01)"""
    assert proxy.ask(token=forge.token(header={"typ": typ})).status == 200


@pytest.mark.parametrize("typ", ["JWT", None, "at+jwt;x=1", "dpop+jwt", "token-introspection+jwt", "logout+jwt", "", 1, "at+jwt "])
def test_another_type_is_no_access_token(proxy, forge, untouched, typ):
    """(AT-01, JWT-29, INT-12, DT-06)"""
    assert is_invalid_token(proxy.ask(token=forge.token(header={"typ": typ})))


def test_an_issuer_before_rfc_9068_can_be_configured(start_proxy, settings, forge):
    """(AT-01)"""
    proxy = start_proxy({"tokens": [dict(settings["tokens"][1], type="any")]})
    for typ in ["JWT", None, "at+jwt"]:
        assert proxy.ask(token=forge.token(header={"typ": typ})).status == 200
    assert is_invalid_token(proxy.ask(token=forge.token(header={"typ": "dpop+jwt"})), "typ_not_accepted")


@pytest.mark.parametrize("claim", ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
def test_each_required_claim_is_required(proxy, forge, untouched, claim):
    """(AT-02, CNF-05, DT-06)"""
    assert is_invalid_token(proxy.ask(token=forge.token(**{claim: None})))


@pytest.mark.parametrize("iss", [ISSUER + "/", ISSUER.upper(), "http" + ISSUER[5:], ISSUER + ":443", "", [ISSUER], 1])
def test_the_issuer_is_compared_exactly(proxy, forge, untouched, iss):
    """(AT-03, DT-06)"""
    assert is_invalid_token(proxy.ask(token=forge.token(iss=iss)))


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], ["https://other.example.com", AUDIENCE]])
def test_the_audience_may_be_one_of_several(proxy, forge, aud):
    """(JWT-25, AT-04)"""
    assert proxy.ask(token=forge.token(aud=aud)).status == 200


@pytest.mark.parametrize(
    "aud", [AUDIENCE + "/", AUDIENCE[:-1], AUDIENCE.upper(), "https://other.example.com", "", [], [[AUDIENCE]], 1, {"a": AUDIENCE}, [1, AUDIENCE]], ids=repr
)
def test_another_audience_is_refused(proxy, forge, untouched, aud):
    """(JWT-25, AT-04, DT-06)"""
    assert is_invalid_token(proxy.ask(token=forge.token(aud=aud)))


@pytest.mark.parametrize("exp", [0, 1, -1, "now", "now-1", "9999999999", 1.0, True, [], "text"])
def test_a_token_is_refused_from_the_second_it_expires(proxy, forge, untouched, exp):
    """(JWT-26, AT-06, DT-06)"""
    value = {"now": now(), "now-1": now(-1)}.get(exp, exp) if isinstance(exp, str) else exp
    assert is_invalid_token(proxy.ask(token=forge.token(exp=value)))


def test_an_expiry_may_have_a_fraction(proxy, forge):
    """(JWT-26)"""
    assert proxy.ask(token=forge.token(exp=now() + 30.5)).status == 200


@pytest.mark.parametrize("number", ["1e400", "1e999999", "-1e400", "NaN", "Infinity", "01", "+1", "1.", ".5", "0x7fffffff", "null"])
def test_a_time_that_is_no_number_is_refused_without_harm(proxy, forge, untouched, number):
    """(JWT-26)"""
    claims = json.dumps(forge.claims(exp=None))[:-1] + f', "exp": {number}}}'
    assert is_invalid_token(proxy.ask(token=forge.seal(forge.header(), claims)))


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_clock_that_runs_a_little_fast_is_forgiven_and_no_more(proxy, forge, claim):
    """(JWT-27, JWT-28, DT-06)"""
    assert proxy.ask(token=forge.token(**{claim: now(8)})).status == 200
    assert is_invalid_token(proxy.ask(token=forge.token(**{claim: now(61)})), "token_not_yet_valid")
    assert is_invalid_token(proxy.ask(token=forge.token(**{claim: now(300)})), "token_not_yet_valid")


def test_leeway_is_given_where_it_is_configured(start_proxy, settings, forge):
    """(AT-06)"""
    proxy = start_proxy({"tokens": [dict(settings["tokens"][1], leeway="60s")]})
    assert proxy.ask(token=forge.token(exp=now(-30))).status == 200
    assert is_invalid_token(proxy.ask(token=forge.token(exp=now(-90))), "token_expired")


@pytest.mark.parametrize(
    "header",
    ['{"alg":"ES256","alg":"none","typ":"at+jwt","kid":"es256"}', '{"alg":"none","\\u0061lg":"ES256","typ":"at+jwt","kid":"es256"}'],
)
def test_a_header_that_says_something_twice_is_refused(proxy, forge, untouched, header):
    """(JWT-05)"""
    assert is_invalid_token(proxy.ask(token=forge.seal(header, forge.claims())))


def test_claims_that_say_something_twice_are_refused(proxy, forge, untouched):
    """(JWT-06)"""
    claims = json.dumps(forge.claims())[:-1] + ', "exp": 9999999999}'
    assert is_invalid_token(proxy.ask(token=forge.seal(forge.header(), claims)))


def test_what_is_signed_is_what_was_received(proxy, forge):
    """(JWT-30)"""
    claims = json.dumps(forge.claims(), indent=3).replace('"scope"', '"\\u0073cope"')
    assert proxy.ask(token=forge.seal(json.dumps(forge.header(), indent=2), claims)).status == 200


@pytest.mark.parametrize(
    "payload",
    [
        b"[]", b"null", b'"text"', b"", b"{}x", b"{} {}", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b'{"a":"\\ud800"}', b'{"a":"\xff"}',
        b'{"a":1,}', b"{'a':1}", b'{"a":NaN}', b"{/**/}", b'{"a":"\x00"}', b"[" * 10000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
    ids=lambda payload: repr(payload[:16]),
)
def test_claims_that_are_no_strict_json_object_are_refused(proxy, forge, untouched, payload):
    """With the right claims in front where the text allows it, so that only its form can be the fault. (JWT-04, JWT-32, AT-07)"""
    text = payload
    if payload.startswith(b'{"a"') and len(payload) < 100:
        text = json.dumps(forge.claims()).encode()[:-1] + b"," + payload[1:]
    assert is_invalid_token(proxy.ask(token=forge.seal(forge.header(), text)))


@pytest.mark.parametrize("shape", ["{h}.{p}", "{h}.{p}.{s}.", ".{h}.{p}.{s}", "{h}.{p}.{s}.x.y", "{h}..{s}", "{h}.{p}.", "{h}.{p}.{s}=", "{h}=.{p}.{s}"])
def test_a_token_has_exactly_three_parts_without_padding(proxy, forge, untouched, shape):
    """(JWT-01, JWT-02)"""
    h, p, s = forge.token().split(".")
    assert proxy.ask(token=shape.format(h=h, p=p, s=s)).status in (400, 401)


def test_an_encrypted_token_is_refused(proxy, untouched):
    """(JWT-01, JWT-32)"""
    header = base64url(b'{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF"}')
    assert is_invalid_token(proxy.ask(token=f"{header}.a.b.c.d"))


def test_a_nested_token_is_refused(proxy, forge, untouched):
    """(JWT-31)"""
    assert is_invalid_token(proxy.ask(token=forge.seal(forge.header(cty="JWT"), forge.token().encode())))


def test_a_token_beyond_16_kib_is_refused_before_it_is_read(proxy, forge, untouched):
    """(JWT-32)"""
    assert is_invalid_token(proxy.ask(token=forge.token(padding="x" * 20000)), "token_too_large")


@pytest.mark.parametrize("scope", ["payments:write", "x payments:write y", ["payments:write"], ["x", "payments:write"]], ids=repr)
def test_scopes_are_one_text_or_a_list(proxy, forge, scope):
    """(AT-10)"""
    assert proxy.ask("POST", "/payments/1", forge.token(scope=scope)).status == 200


@pytest.mark.parametrize("scope", [1, {"payments:write": 1}, True, ["payments:write", 1], [["payments:write"]], ["x payments:write"], [], "", ["payments:writeX"]], ids=repr)
def test_what_is_no_scope_grants_none_and_spoils_nothing_else(proxy, forge, scope):
    """(AT-10)"""
    token = forge.seal(forge.header(), forge.claims() | {"scope": scope})
    assert is_insufficient_scope(proxy.ask("POST", "/payments/1", token), "payments:write")
    assert proxy.ask(token=token).status == 200


def test_a_weak_key_or_one_with_its_private_part_in_the_set_is_not_used(start_proxy, settings, forge, tmp_path):
    """(JWT-11, JWT-18, JWT-19, JWT-20, JWT-23)"""
    weak, private, good = Key("RS256", "weak", bits=1024), Key("ES256", "private"), Key("ES256", "good")
    encryption = Key("ES256", "encryption")
    scalar = private.private.private_numbers().private_value.to_bytes(32, "big")
    keys = [
        weak.jwk(), private.jwk(d=base64url(scalar)), {"kty": "AKP", "kid": "odd"}, {"kty": "oct", "kid": "secret", "k": base64url(b"x" * 32)},
        encryption.jwk(use="enc"), good.jwk(x="AAAA", kid="broken"), good.jwk(),
    ]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": keys}))
    proxy = start_proxy({"tokens": [dict(settings["tokens"][1], keys=str(tmp_path / "keys.json"))]})

    def verdict(key, algorithm="ES256"):
        return proxy.ask(token=forge.token(algorithm, header={"kid": key.kid}, signature=key.sign)).status

    assert verdict(good) == 200
    assert [verdict(weak, "RS256"), verdict(private), verdict(encryption)] == [401, 401, 401]
    shared = forge.token(header={"alg": "HS256", "kid": "secret"}, signature=hmac_signer(b"x" * 32))
    assert is_invalid_token(proxy.ask(token=shared))


def test_keys_that_share_a_kid_are_told_apart_by_their_type(start_proxy, settings, forge, tmp_path):
    """(JWT-17)"""
    rsa, ec = Key("RS256", "same"), Key("ES256", "same")
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [rsa.jwk(), ec.jwk()]}))
    proxy = start_proxy({"tokens": [dict(settings["tokens"][1], keys=str(tmp_path / "keys.json"))]})
    for key in (rsa, ec):
        token = forge.token(key.algorithm, header={"kid": "same"}, signature=key.sign)
        assert proxy.ask(token=token).status == 200
    assert is_invalid_token(proxy.ask(token=forge.token("RS256", header={"kid": "same"})))
