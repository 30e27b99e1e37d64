"""Intermediates of the configuration: clients that send only their own certificate have a path, and nobody is trusted for their sake."""
import json
import os
import shutil
import socket
import ssl
import subprocess

import pytest

from harness.processes import HOLDFAST, PATIENCE, eventually, run

VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
REFUSED = (OSError, EOFError)


@pytest.fixture
def alone(pki, tmp_path):
    """client-a without its intermediate, and that intermediate in a file of its own."""
    blocks = [block + "-----END CERTIFICATE-----\n" for block in open(pki.path("client-a.pem")).read().split("-----END CERTIFICATE-----\n")[:-1]]
    (tmp_path / "alone.pem").write_text(blocks[0])
    (tmp_path / "intermediate.pem").write_text(blocks[1])
    return tmp_path


def context(pki, folder, version=ssl.TLSVersion.TLSv1_3):
    made = ssl.create_default_context(cafile=pki.path("ca.pem"))
    made.minimum_version = made.maximum_version = version
    made.load_cert_chain(folder / "alone.pem", pki.path("client-a.key"))
    return made


def ask(proxy, tls):
    with proxy.connect(context=tls) as connection:
        return connection.request(target="/certificate/a").status


def lending(proxy_starter, pki, folder, *names):
    files = [str(folder / name) for name in names]
    return proxy_starter({"client_certificates": {"authorities": pki.path("clients-ca.pem"), "intermediates": files}})


@VERSIONS
def test_a_client_that_sends_only_its_certificate_is_let_in(start_proxy, pki, alone, version):
    """(PKI-07)"""
    assert ask(lending(start_proxy, pki, alone, "intermediate.pem"), context(pki, alone, version)) == 200


@VERSIONS
def test_without_them_it_is_refused_with_its_cause(start_proxy, pki, alone, version):
    """(PKI-07)"""
    proxy = start_proxy()
    with pytest.raises(REFUSED):
        ask(proxy, context(pki, alone, version))
    eventually(lambda: proxy.metric("holdfast_handshake_failures_total", reason="cert_untrusted") == 1, "counted")


def test_they_make_nobody_trusted(start_proxy, pki, alone):
    """(PKI-01, PKI-07)"""
    shutil.copy(pki.path("stranger.pem"), alone / "all.pem")
    with open(alone / "all.pem", "a") as file:
        file.write(open(pki.path("stranger-ca.pem")).read())
    # The stranger's own chain stands in it, root included, but its leaf: that is no authority.
    blocks = (alone / "all.pem").read_text().split("-----BEGIN CERTIFICATE-----")
    (alone / "strangers.pem").write_text("".join("-----BEGIN CERTIFICATE-----" + block for block in blocks[2:]))
    proxy = lending(start_proxy, pki, alone, "intermediate.pem", "strangers.pem")
    with pytest.raises(REFUSED):
        proxy.ask(target="/certificate/a", client="stranger")
    eventually(lambda: proxy.metric("holdfast_handshake_failures_total", reason="cert_untrusted") == 1, "counted")
    assert ask(proxy, context(pki, alone)) == 200
    warnings = [line for line in run(HOLDFAST, "check", "--config", proxy.file).stdout.splitlines() if "leads to no configured authority" in line]
    assert len(warnings) == 2 and all("client_certificates.intermediates: certificate" in line for line in warnings)


@VERSIONS
def test_a_reload_lends_and_takes_away_on_live_connections_too(start_proxy, pki, alone, version):
    shutil.copy(pki.path("stranger-ca.pem"), alone / "lent.pem")

    def write(source):
        generation = proxy.metric("holdfast_generation")
        shutil.copy(source, alone / "new.pem")
        os.rename(alone / "new.pem", alone / "lent.pem")
        eventually(lambda: proxy.metric("holdfast_generation") > generation, "it is in force")

    proxy = lending(start_proxy, pki, alone, "lent.pem")
    with pytest.raises(REFUSED):
        ask(proxy, context(pki, alone, version))
    write(alone / "intermediate.pem")
    tls = context(pki, alone, version)
    with proxy.connect(context=tls) as connection, proxy.connect() as other:
        assert connection.request(target="/certificate/a").status == 200
        assert other.request(target="/certificate/a").status == 200
        write(pki.path("stranger-ca.pem"))
        assert connection.request(target="/certificate/a").reason == "cert_untrusted"
        with pytest.raises(REFUSED):
            ask(proxy, context(pki, alone, version))
        # Who sends its intermediate needs none of ours.
        assert other.request(target="/certificate/a").status == 200


@pytest.mark.parametrize(
    "content, problem",
    [("client-a.pem", "is not an authority's"), ("client-a.key", "holds no certificate")], ids=["a client's", "a key"],
)
def test_check_tells_what_cannot_be_used(start_proxy, pki, tmp_path, content, problem):
    proxy = start_proxy({"client_certificates": {"intermediates": pki.path(content)}}, wait=None)
    found = run(HOLDFAST, "check", "--config", proxy.file)
    assert found.returncode == 64 and "client_certificates.intermediates" in found.stderr and problem in found.stderr


def test_the_api_gets_the_whole_path(start_proxy, pki, alone, upstream):
    """(CC-05)"""
    proxy = start_proxy({
        "client_certificates": {"intermediates": str(alone / "intermediate.pem")}, "forward": {"certificate": ["rfc9440"]},
    })  # fmt: skip
    with proxy.connect(context=context(pki, alone)) as connection:
        seen = json.loads(connection.request(target="/certificate/a").body)
    fields = {name.lower(): value for name, value in seen["fields"]} if "fields" in seen else seen["headers"]
    assert fields["client-cert-chain"].count(":") == 2


def test_their_names_are_told_to_clients_that_choose_by_them(start_proxy, pki, alone):
    """Some clients show a certificate only where its issuer's name was asked for."""
    proxy = lending(start_proxy, pki, alone, "intermediate.pem")
    said = subprocess.run(
        ["openssl", "s_client", "-connect", "%s:%d" % proxy.address, "-CAfile", pki.path("ca.pem")], input="", capture_output=True, text=True, timeout=PATIENCE
    ).stdout
    asked = said.split("Acceptable client certificate CA names")[1]
    for name in ("ca", "intermediate"):
        common = pki.certificate(name).subject.rfc4514_string().split("CN=")[1].split(",")[0]
        assert common in asked
