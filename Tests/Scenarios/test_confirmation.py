"""A confirmation is one key, and the one of this connection (RFC 7800; requirements I)."""
import itertools

import pytest

from harness.challenges import is_invalid_token

OTHER_KEYS = {
    "jwk": {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    "jwe": "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d",
    "jku": "https://keys.example.com/jwks",
    "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
}


@pytest.mark.parametrize("names", [n for size in (1, 2, 3, 4) for n in itertools.combinations(OTHER_KEYS, size)], ids="+".join)
@pytest.mark.parametrize("ours", [True, False])
def test_another_key_beside_the_right_certificate_or_in_place_of_it_is_not_proved(proxy, forge, pki, untouched, names, ours):
    """(CNF-02, CNF-03, CNF-04, DPOP-01)"""
    cnf = {name: OTHER_KEYS[name] for name in names}
    if ours:
        cnf["x5t#S256"] = pki.thumbprint("client-a")
    assert is_invalid_token(proxy.ask(token=forge.token(cnf=cnf)))


@pytest.mark.parametrize("cnf", [{}, {"kid": "k"}, {"foo": 1}, {"x5t": "T8Qp8fPmVYqb9iHyzQUaAbxBedY"}], ids=repr)
def test_a_confirmation_without_a_member_that_is_understood_confirms_nothing(proxy, forge, untouched, cnf):
    """(CNF-02, DT-05)"""
    assert is_invalid_token(proxy.ask(token=forge.token(cnf=cnf)), "cnf_unsupported")


def test_a_dpop_proof_beside_a_bearer_token_is_no_proof_here(proxy, forge, untouched):
    """(DPOP-01)"""
    token = forge.token(cnf={"jkt": OTHER_KEYS["jkt"]})
    proof = forge.seal({"typ": "dpop+jwt", "alg": "ES256", "jwk": forge.keys["ES256"].jwk()}, {"htm": "GET", "htu": "https://127.0.0.1/", "jti": "1", "iat": 1})
    assert is_invalid_token(proxy.ask(token=token, headers=[("DPoP", proof)]), "cnf_unsupported")
