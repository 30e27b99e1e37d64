"""The lab's issuer beyond client_credentials: assertions, refresh and token exchange, each with a token that is bound to the certificate shown."""
import base64
import json
import time
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from harness.forge import Key
from harness.pki import base64url

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def assertion(issuer, client="client-a", key=None, header=None, **changes):
    """Signed by the key of the client's certificate."""
    signer = Key("ES256")
    signer.private = serialization.load_pem_private_key(Path(issuer.pki.path(f"{key or client}.key")).read_bytes(), None)
    told = {"iss": client, "sub": client, "aud": issuer.url, "exp": int(time.time()) + 240, "jti": str(uuid.uuid4())} | changes
    signed = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "ES256", **(header or {})}, told))
    return signed + "." + base64url(signer.sign(signed.encode()))


def by_assertion(issuer, text, certificate="client-a", **parameters):
    return issuer.grant(certificate, client_assertion_type=ASSERTION, client_assertion=text, **parameters)


def test_a_client_authenticates_by_an_assertion_and_its_token_is_bound_to_the_certificate_of_the_connection(issuer, pki, proxy):
    status, answer = by_assertion(issuer, assertion(issuer))
    assert status == 200 and claims(answer["access_token"])["cnf"] == {"x5t#S256": pki.thumbprint("client-a")}
    assert proxy.ask(token=answer["access_token"]).status == 200


def test_an_assertion_that_is_bound_to_a_certificate_is_good_with_that_one_alone(issuer, pki):
    own, other = pki.thumbprint("client-a"), pki.thumbprint("client-b")
    for thumbprint, status in ((own, 200), (other, 401)):
        assert by_assertion(issuer, assertion(issuer, cnf={"x5t#S256": thumbprint}))[0] == status
        assert by_assertion(issuer, assertion(issuer, header={"x5t#S256": thumbprint}))[0] == status
    assert by_assertion(issuer, assertion(issuer, cnf={"x5t#S256": own}), certificate="client-b")[0] == 401


@pytest.mark.parametrize("changes", [
    {"aud": "https://other.example"}, {"exp": 1}, {"exp": 4_000_000_000}, {"iss": "client-b"}, {"jti": ""}, {"key": "client-b"},
    {"client": "nobody", "key": "client-a"},
], ids=str)  # fmt: skip
def test_an_assertion_that_is_none_gets_no_token(issuer, changes):
    status, answer = by_assertion(issuer, assertion(issuer, **changes))
    assert (status, answer["error"]) == (401, "invalid_client")


def test_an_assertion_is_good_once_and_not_without_a_certificate(issuer):
    text = assertion(issuer)
    assert [by_assertion(issuer, text)[0] for _ in range(2)] == [200, 401]
    assert by_assertion(issuer, assertion(issuer), certificate=None)[0] == 401


def test_a_refresh_token_is_good_once_for_its_client_and_binds_to_the_certificate_that_is_shown(issuer, pki):
    given = issuer.grant("client-a", client_id="client-a", scope="accounts:read offline_access")[1]
    assert "refresh_token" not in issuer.grant("client-a", client_id="client-a")[1]

    def refresh(certificate, token, **parameters):
        return issuer.grant(certificate, client_id=certificate, grant_type="refresh_token", refresh_token=token, **parameters)

    assert refresh("client-b", given["refresh_token"])[1]["error"] == "invalid_grant"
    status, again = refresh("client-a", given["refresh_token"])
    assert status == 200 and again["scope"] == "accounts:read"
    assert claims(again["access_token"])["cnf"] == {"x5t#S256": pki.thumbprint("client-a")}
    assert refresh("client-a", given["refresh_token"])[1]["error"] == "invalid_grant"
    assert refresh("client-a", again["refresh_token"], scope="payments:write")[1]["error"] == "invalid_scope"
    assert refresh("client-a", "unknown")[1]["error"] == "invalid_grant"
    assert issuer.grant("client-a", client_id="client-a", grant_type="refresh_token")[1]["error"] == "invalid_request"


def test_an_api_exchanges_its_client_s_token_for_one_that_is_bound_to_its_own_certificate(issuer, pki, proxy):
    subject = issuer.grant("client-a", client_id="client-a", scope="accounts:read")[1]["access_token"]

    def exchange(**changes):
        parameters = {"grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS_TOKEN} | changes
        return issuer.grant("client-b", client_id="client-b", **parameters)

    status, answer = exchange()
    told = claims(answer["access_token"])
    assert status == 200 and answer["issued_token_type"] == ACCESS_TOKEN and answer["scope"] == "accounts:read"
    assert (told["sub"], told["client_id"], told["act"]) == ("client-a", "client-b", {"sub": "client-b"})
    assert told["cnf"] == {"x5t#S256": pki.thumbprint("client-b")}
    assert proxy.ask(token=answer["access_token"], client="client-b").status == 200
    assert proxy.ask(token=answer["access_token"], client="client-a").status == 401
    assert exchange(scope="payments:write")[1]["error"] == "invalid_scope"
    assert exchange(subject_token="unknown")[1]["error"] == "invalid_grant"
    assert exchange(subject_token_type="urn:ietf:params:oauth:token-type:jwt")[1]["error"] == "invalid_request"
    assert exchange(audience="https://other.example")[1]["error"] == "invalid_target"
