"""The lab itself: an issuer that is as strict as a real one, an upstream that shows what it got."""
import base64
import json
import os
import socket
import stat

import pytest

from harness.forge import AUDIENCE, LIFETIME
from harness.pki import PKI
from harness.processes import LAB, PATIENCE, run
from harness.wire import MessageReader


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.mark.parametrize("client", ["client-a", "client-b", "client-self-signed"])
def test_a_registered_client_gets_a_token_bound_to_its_certificate(issuer, pki, client):
    status, answer = issuer.grant(client, client_id=client)
    assert status == 200 and answer["token_type"] == "Bearer" and answer["expires_in"] == LIFETIME
    granted = claims(answer["access_token"])
    assert granted["cnf"] == {"x5t#S256": pki.thumbprint(client)} and granted["aud"] == AUDIENCE and granted["iss"] == issuer.url


@pytest.mark.parametrize(
    "certificate,client",
    [("client-b", "client-a"), ("stranger", "client-a"), ("client-expired", "client-a"), ("client-self-signed", "client-a"),
     ("client-a", "client-self-signed"), ("client-a", "nobody"), ("client-a", ""), (None, "client-a"), ("client-serverauth", "client-a")],
)  # fmt: skip
def test_a_certificate_that_is_not_the_clients_gets_no_token(issuer, certificate, client):
    status, answer = issuer.grant(certificate, client_id=client)
    assert (status, answer["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "parameters,error",
    [({"grant_type": "password"}, "unsupported_grant_type"), ({"grant_type": ""}, "invalid_request"), ({"scope": "admin"}, "invalid_scope"),
     ({"resource": "https://other.example"}, "invalid_target"), ({"token_format": "saml"}, "invalid_request")],
)  # fmt: skip
def test_a_request_that_is_wrong_is_told_so(issuer, parameters, error):
    status, answer = issuer.grant("client-a", **({"client_id": "client-a"} | parameters))
    assert (status, answer["error"]) == (400, error)


def test_a_scope_can_be_asked_for(issuer):
    answer = issuer.grant("client-a", client_id="client-a", scope="accounts:read")[1]
    assert answer["scope"] == claims(answer["access_token"])["scope"] == "accounts:read"


def test_the_metadata_tells_where_mutual_tls_is_spoken(issuer, pki):
    status, body = issuer.ask(issuer.address, pki.context(None), "GET", "/.well-known/oauth-authorization-server")
    metadata = json.loads(body)
    assert status == 200 and metadata["issuer"] == issuer.url and metadata["tls_client_certificate_bound_access_tokens"] is True
    assert metadata["mtls_endpoint_aliases"]["token_endpoint"] == "https://%s:%d/token" % issuer.mtls_address


def test_the_lab_endpoints_are_on_the_loopback_listener_only(issuer, pki):
    for address in (issuer.address, issuer.mtls_address):
        assert issuer.ask(address, pki.context(), "POST", "/lab/token", "{}")[0] == 404


def test_the_lab_listener_refuses_any_other_address(pki):
    assert run(LAB, "issuer", "--pki", pki.folder, "--lab-address", "0.0.0.0:0").returncode == 64


def test_private_keys_are_readable_by_their_owner_alone(tmp_path):
    """In a folder that no other test writes into: what those leave there is not the lab's."""
    own = PKI(tmp_path / "own")
    own.issue("later")
    keys = [name for name in os.listdir(own.folder) if name.endswith(".key")]
    assert {"server.key", "client-a.key", "later.key"} <= set(keys)
    assert {name: oct(stat.S_IMODE(os.stat(own.path(name)).st_mode)) for name in keys} == dict.fromkeys(keys, "0o600")


def test_the_printed_thumbprints_are_right(pki, tmp_path):
    printed = dict(line.split() for line in run(LAB, "pki", tmp_path / "p").stdout.splitlines())
    for name, thumbprint in printed.items():
        assert run("openssl", "x509", "-in", tmp_path / "p" / f"{name}.pem", "-noout").returncode == 0
        fingerprint = run("openssl", "x509", "-in", tmp_path / "p" / f"{name}.pem", "-noout", "-fingerprint", "-sha256").stdout
        octets = bytes.fromhex(fingerprint.split("=")[1].strip().replace(":", ""))
        assert thumbprint == base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def test_the_upstream_shows_each_octet_of_the_head(upstream):
    head = b"GET /x?\xff HTTP/1.1\r\nHost: a\r\nX-Odd :  b\xe9\t\r\n\r\n"
    with socket.create_connection(upstream.address, timeout=PATIENCE) as sock:
        sock.sendall(head)
        answer = MessageReader(sock).response()
    assert answer.json()["head"].encode("latin-1") == head


def test_the_upstream_counts_what_reached_it(upstream):
    before = upstream.counts()
    with socket.create_connection(upstream.address, timeout=PATIENCE) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        reader = MessageReader(sock)
        assert [reader.response().json()["request"] for _ in range(2)] == [1, 2]
    assert upstream.requests() == before["requests"] + 2


def test_handshakes_are_shaken_in_full_with_the_group_that_is_said(start_proxy, pki):
    proxy = start_proxy({"listener": {"key_exchange": "post-quantum-only"}})
    command = [
        LAB, "handshakes", "--server", "127.0.0.1:%d" % proxy.address[1], "--ca", pki.path("ca.pem"), "--certificate", pki.path("client-a.pem"),
        "--private-key", pki.path("client-a.key"), "--seconds", "1",
    ]
    before = proxy.metric("holdfast_handshakes_total")
    made = run(*command)
    assert made.returncode == 0, made.stderr
    count = json.loads(made.stdout)["handshakes"]
    assert count > 0 and proxy.metric("holdfast_handshakes_total") == before + count
    assert run(*command, "--group", "x25519").returncode != 0
