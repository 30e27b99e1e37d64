"""Certificate-bound tokens (RFC 8705; requirements A and Y, decision table C): the certificate of the connection, or nothing."""
import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization

from harness.challenges import is_invalid_token
from harness.pki import base64url

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# Requirements Y: what RFC 8705's example certificate must not be confused with.
APPENDIX_A = {
    "its own, which is another certificate's": "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0",
    "padded": "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0=",
    "hex in base64url": "MDM4MGVkMmY2MjY2NTBjODQwYjJmMjYzZTZkMmIyOWZhZTEyYWIzOWFlNWRiMzJiMjVhZDI3ZWZhZDcyZTZmZA",
    "SHA-1": "T8Qp8fPmVYqb9iHyzQUaAbxBedY",
    "SPKI": "Wfn777VsDXE-cW3Wvzm7CuMw6D6h15KRhVqq3o80H48",
    "hash of the base64 body": "RPw_kmZqmeTEfuex99lrXnOLWS4Y2MRd8lRFGzDfyQ4",
}


def lookalikes(pki):
    """Every wrong way to write down client-a's certificate."""
    der = pki.der("client-a")
    digest = hashlib.sha256(der).digest()
    right = base64url(digest)
    pem = pki.certificate("client-a").public_bytes(serialization.Encoding.PEM)
    last = ALPHABET.index(right[-1])
    return {
        "padded": right + "=",
        "followed by a line feed": right + "\n",
        "standard base64": base64.b64encode(digest).decode(),
        "hex": digest.hex(),
        "upper-case hex": digest.hex().upper(),
        "hex with colons": ":".join(f"{octet:02X}" for octet in digest),
        "base64url of hex": base64url(digest.hex().encode()),
        "spare bits 1": right[:-1] + ALPHABET[last | 1],
        "spare bits 2": right[:-1] + ALPHABET[last | 2],
        "spare bits 3": right[:-1] + ALPHABET[last | 3],
        "other case": right.swapcase(),
        "31 octets": base64url(digest[:31]),
        "33 octets": base64url(digest + b"\0"),
        "SHA-1": base64url(hashlib.sha1(der).digest()),
        "SHA-512": base64url(hashlib.sha512(der).digest()),
        "of the public key": base64url(hashlib.sha256(pki.spki("client-a")).digest()),
        "of the PEM text": base64url(hashlib.sha256(pem).digest()),
        "of the issuing CA": pki.thumbprint("intermediate"),
        "of the root": pki.thumbprint("ca"),
        "empty": "",
    }


LOOKALIKES = [
    "padded", "followed by a line feed", "standard base64", "hex", "upper-case hex", "hex with colons", "base64url of hex",
    "spare bits 1", "spare bits 2", "spare bits 3", "other case", "31 octets", "33 octets", "SHA-1", "SHA-512",
    "of the public key", "of the PEM text", "of the issuing CA", "of the root", "empty",
]


def test_a_bound_token_with_its_certificate_reaches_the_upstream_with_exactly_one_thumbprint(proxy, issuer, pki):
    """(MTLS-01, MTLS-06, DT-03)"""
    answer = proxy.ask(token=issuer.token())
    assert answer.status == 200
    assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]


def test_the_token_of_another_client_is_refused_and_the_connection_stays_usable(proxy, issuer, pki):
    """(MTLS-03, DT-04)"""
    with proxy.connect("client-b") as connection:
        assert is_invalid_token(connection.request(token=issuer.token("client-a")), "cnf_mismatch")
        answer = connection.request(token=issuer.token("client-b"))
        assert answer.status == 200
        assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-b")]


def test_the_binding_is_compared_again_although_the_token_is_remembered(proxy, issuer):
    """(JWT-33)"""
    token = issuer.mint(bind="client-a")
    for _ in range(3):
        assert proxy.ask(token=token).status == 200
        assert is_invalid_token(proxy.ask(token=token, client="client-b"), "cnf_mismatch")


def test_a_renewed_certificate_of_the_same_key_and_subject_does_not_satisfy_the_old_binding(proxy, issuer):
    """(MTLS-18)"""
    assert proxy.ask(token=issuer.token("client-a")).status == 200
    assert is_invalid_token(proxy.ask(token=issuer.token("client-a"), client="client-a-renewed"), "cert_renewed")
    assert proxy.ask(token=issuer.token("client-a", "client-a-renewed"), client="client-a-renewed").status == 200


def test_a_certificate_claimed_in_a_header_confirms_nothing(proxy, issuer, pki, untouched):
    """(MTLS-02, DT-12)"""
    der = base64.b64encode(pki.der("client-a")).decode()
    claims = [
        ("X-Client-Cert-SHA256", pki.thumbprint("client-a")), ("Client-Cert", f":{der}:"),
        ("X-Forwarded-Client-Cert", f"Hash={hashlib.sha256(pki.der('client-a')).hexdigest()}"),
    ]
    assert is_invalid_token(proxy.ask(token=issuer.token("client-a"), headers=claims, client="client-b"), "cnf_mismatch")


def test_an_unbound_token_is_refused(proxy, issuer, untouched):
    """(MTLS-05, DT-05)"""
    assert is_invalid_token(proxy.ask(token=issuer.mint()), "cnf_missing")


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_lookalike_of_the_thumbprint_is_refused(proxy, forge, pki, untouched, name):
    """(MTLS-06, MTLS-07, MTLS-08, MTLS-09)"""
    token = forge.token(cnf={"x5t#S256": lookalikes(pki)[name]})
    assert is_invalid_token(proxy.ask(token=token))


def test_every_lookalike_is_tried(pki):
    right = pki.thumbprint("client-a")
    assert set(lookalikes(pki)) == set(LOOKALIKES) and right not in lookalikes(pki).values()


@pytest.mark.parametrize("name", APPENDIX_A)
def test_a_value_of_appendix_a_confirms_no_other_certificate(proxy, forge, untouched, name):
    """(MTLS-06, MTLS-07)"""
    assert is_invalid_token(proxy.ask(token=forge.token(cnf={"x5t#S256": APPENDIX_A[name]})))


def test_a_hexadecimal_thumbprint_is_named_as_such(proxy, forge, pki):
    token = forge.token(cnf={"x5t#S256": lookalikes(pki)["hex"]})
    assert is_invalid_token(proxy.ask(token=token), "cnf_malformed_hex")


@pytest.mark.parametrize(
    "cnf",
    [
        "text", [], ["{right}"], 1, True, {}, {"x5t#S256": None}, {"x5t#S256": 123}, {"x5t#S256": ["{right}"]},
        {"x5t#S256": {"value": "{right}"}}, {"x5t": "{right}"}, {"X5T#S256": "{right}"}, {"x5t#s256": "{right}"},
        {"x5t#S512": "{right}"}, {"jkt": "{right}"}, {"kid": "{right}"}, {"jwk": {"kty": "EC"}},
        {"x5t#S256": "{right}", "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
    ],
    ids=repr,
)
def test_a_confirmation_that_is_not_one_string_under_the_right_name_is_refused(proxy, forge, pki, untouched, cnf):
    """(MTLS-10, MTLS-11, MTLS-21, CNF-02, CNF-04, DPOP-01, DT-05)"""
    token = forge.token(cnf=filled(cnf, pki.thumbprint("client-a")))
    assert is_invalid_token(proxy.ask(token=token))


def filled(value, right):
    if isinstance(value, dict):
        return {name: filled(member, right) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(member, right) for member in value]
    return right if value == "{right}" else value


def test_a_null_confirmation_is_refused(proxy, forge, untouched):
    """(MTLS-10)"""
    claims = forge.claims(bind=None) | {"cnf": None}
    assert is_invalid_token(proxy.ask(token=forge.seal(forge.header(), claims)))


def test_an_unknown_member_beside_the_right_thumbprint_is_ignored(proxy, forge, pki):
    """(CNF-01)"""
    assert proxy.ask(token=forge.token(cnf={"x5t#S256": pki.thumbprint("client-a"), "foo": 1})).status == 200


def test_a_thumbprint_outside_cnf_confirms_nothing(proxy, forge, pki, untouched):
    """(MTLS-11)"""
    right = pki.thumbprint("client-a")
    assert is_invalid_token(proxy.ask(token=forge.token(bind=None, **{"x5t#S256": right})), "cnf_missing")
    assert is_invalid_token(proxy.ask(token=forge.token(bind=None, header={"x5t#S256": right})), "cnf_missing")


@pytest.mark.parametrize(
    "claims",
    [
        '{"cnf":{"x5t#S256":"%(other)s"},"cnf":{"x5t#S256":"%(right)s"},%(rest)s}',
        '{"cnf":{"x5t#S256":"%(right)s"},"cnf":{"x5t#S256":"%(other)s"},%(rest)s}',
        '{"cnf":{"x5t#S256":"%(other)s","x5t#S256":"%(right)s"},%(rest)s}',
        '{"cnf":{"x5t#S256":"%(right)s","x5t\\u0023S256":"%(other)s"},%(rest)s}',
    ],
)
def test_two_confirmations_in_one_token_are_refused_whichever_comes_last(proxy, forge, pki, untouched, claims):
    """(JWT-06)"""
    rest = forge.octets(forge.claims(bind=None)).decode()[1:-1]
    text = claims % {"right": pki.thumbprint("client-a"), "other": pki.thumbprint("client-b"), "rest": rest}
    assert is_invalid_token(proxy.ask(token=forge.seal(forge.header(), text)))


def test_with_any_certificate_trusted_the_binding_alone_decides(start_proxy, issuer, pki):
    """(MTLS-15, MTLS-16)"""
    proxy = start_proxy({"client_certificates": {"trust": "any", "authorities": None}})
    answer = proxy.ask(token=issuer.token("client-self-signed"), client="client-self-signed")
    assert answer.status == 200
    assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-self-signed")]
    assert is_invalid_token(proxy.ask(token=issuer.token("client-a"), client="client-self-signed"), "cnf_mismatch")
    assert is_invalid_token(proxy.ask(token=issuer.token("client-a"), client="stranger"), "cnf_mismatch")


def test_an_expired_certificate_is_as_good_as_any_where_any_is_trusted(start_proxy, issuer, pki):
    proxy = start_proxy({"client_certificates": {"trust": "any", "authorities": None}})
    token = issuer.mint(bind="client-expired")
    assert proxy.ask(token=token, client="client-expired").status == 200
    assert is_invalid_token(proxy.ask(token=token, client="client-a"), "cnf_mismatch")


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_kind_of_the_certificates_key_does_not_matter(proxy, issuer, pki, kind):
    name = pki.issue(f"client-{kind}", "--key", kind)
    token = issuer.mint(bind=name)
    answer = proxy.ask(token=token, client=name)
    assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint(name)]
    assert is_invalid_token(proxy.ask(token=token), "cnf_mismatch")
