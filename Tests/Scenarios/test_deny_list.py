"""The deny list and the usage of certificates: who is let in no more stops at once, and who was issued for servers is told so."""
import hashlib
import ssl

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness.pki import base64url
from harness.processes import HOLDFAST, eventually, run

REFUSED_AT_HANDSHAKE = (OSError, EOFError)


@pytest.fixture
def denying(start_proxy, tmp_path):
    """A proxy with a deny list, and `deny(text)` that changes it and waits until that is in force."""
    file = tmp_path / "denied.txt"
    file.write_text("")
    proxy = start_proxy({"client_certificates": {"deny": str(file)}})

    def deny(text):
        before = proxy.metric("holdfast_generation")
        file.write_text(text)
        eventually(lambda: proxy.metric("holdfast_generation") > before, "the list is in force")

    proxy.deny = deny
    return proxy


def entries(pki, name):
    certificate = pki.certificate(name)
    key = hashlib.sha256(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return {
        "thumbprint": f"thumbprint {pki.thumbprint(name)}", "key": f"key {key.hex()}", "key-base64url": f"key {base64url(key)}",
        "serial": f"serial {certificate.serial_number:x} issuer {certificate.issuer.rfc4514_string()}",
    }


@pytest.mark.parametrize("kind", ["thumbprint", "key", "key-base64url", "serial"])
def test_who_is_denied_stops_at_once_however_it_is_named(denying, pki, issuer, upstream, kind):
    """(CC-08)"""
    token, other = issuer.token(), issuer.token("client-b")
    with denying.connect() as connection, denying.connect("client-b") as neighbour:
        assert connection.request(token=token).status == 200
        assert neighbour.request(token=other).status == 200
        before = upstream.requests()
        denying.deny(f"# stolen\n{entries(pki, 'client-a')[kind]}\n")
        answer = connection.request(token=token)
        assert (answer.status, answer.reason) == (403, "cert_denied")
        with pytest.raises(REFUSED_AT_HANDSHAKE):
            denying.ask(token=token)
        assert upstream.requests() == before
        assert denying.metric("holdfast_handshake_failures_total", reason="cert_denied") == 1
        assert neighbour.request(token=other).status == 200
        denying.deny("")
        assert connection.request(token=token).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_session_that_is_resumed_does_not_outlive_the_denial(denying, pki, issuer, version):
    """(TLS-16)"""
    context = pki.context("client-a", version)
    with denying.connect(context=context) as connection:
        assert connection.request(token=issuer.token()).status == 200
        session = connection.sock.session
    denying.deny(entries(pki, "client-a")["thumbprint"])
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        denying.connect(context=context, session=session).request(token=issuer.token())


def test_a_line_that_is_none_leaves_the_list_in_force(denying, pki, issuer, tmp_path):
    denying.deny(entries(pki, "client-a")["thumbprint"])
    (tmp_path / "denied.txt").write_text("fingerprint 00\n")
    eventually(lambda: denying.metric("holdfast_reload_refused") == 1, "it is refused")
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        denying.ask(token=issuer.token())
    checked = run(HOLDFAST, "check", "--config", denying.file)
    assert checked.returncode == 64 and "has no entry in line 1" in checked.stderr


def test_certificates_for_servers_only_are_refused_as_such_and_taken_by_a_word(start_proxy, pki, issuer, tmp_path):
    """(PKI-04)"""
    token = tmp_path / "token"
    token.write_text(issuer.mint(bind="client-serverauth"))
    strict = start_proxy()
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        strict.ask(token=token.read_text(), client="client-serverauth")
    explained = run(HOLDFAST, "explain", "--config", strict.file, "--certificate", pki.path("client-serverauth.pem"), "--token", token)
    assert "issued for servers only" in explained.stdout and "since 2026 public authorities" in explained.stdout
    lax = start_proxy({"client_certificates": {"usage": "any"}})
    assert lax.ask(token=token.read_text(), client="client-serverauth").status == 200
    assert "warning: client_certificates.usage is `any`" in run(HOLDFAST, "check", "--config", lax.file).stdout


def test_where_any_certificate_is_taken_one_that_is_denied_is_not(start_proxy, pki, issuer, tmp_path):
    file = tmp_path / "denied.txt"
    file.write_text(entries(pki, "client-a")["thumbprint"] + "\n")
    proxy = start_proxy({"client_certificates": {"trust": "any", "authorities": None, "deny": str(file)}})
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        proxy.ask(token=issuer.token())
    assert proxy.ask(token=issuer.token("client-b"), client="client-b").status == 200


def test_a_list_that_is_too_large_is_a_mistake(denying, tmp_path):
    with open(tmp_path / "denied.txt", "ab") as file:
        file.truncate((16 << 20) + 1)
    checked = run(HOLDFAST, "check", "--config", denying.file)
    assert checked.returncode == 64
    assert "client_certificates.deny: This file is larger than 16 MiB" in checked.stderr
