"""Certificates and keys that can be used and that others will not take, or can read: `check`, the log at start and `/readyz?verbose` say so."""
import datetime
import ipaddress
import signal
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.asking import asking
from harness.issuer import GATEWAY
from harness.processes import HOLDFAST, eventually, run

DAY = datetime.timedelta(days=1)
NAMES = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


def made(folder, name, begins=-DAY, ends=DAY, names=NAMES, usage=ExtendedKeyUsageOID.SERVER_AUTH, key=None, authority=False):
    """A self-signed certificate and its key, as paths."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now + begins).not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )  # fmt: skip
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usage and not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    paths[1].chmod(0o600)
    return str(paths[0]), str(paths[1])


def sha1(folder):
    """Signed by another with SHA-1, since nobody looks at the signature of a certificate that signed itself."""
    authority, key = made(folder, "authority", authority=True, names=None)
    pair = folder / "sha1.pem", folder / "sha1.key"
    (folder / "sha1.cnf").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    request = ["openssl", "req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=sha1", "-keyout", pair[1], "-out", folder / "sha1.csr"]
    sign = ["openssl", "x509", "-req", "-sha1", "-in", folder / "sha1.csr", "-CA", authority, "-CAkey", key, "-extfile", folder / "sha1.cnf", "-out", pair[0]]
    for command in [request, sign]:
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    pair[1].chmod(0o600)
    return str(pair[0]), str(pair[1])


def disordered(folder):
    pair = made(folder, "first")
    other, _ = made(folder, "other", authority=True)
    with open(pair[0], "a") as file, open(other) as more:
        file.write(more.read())
    return pair


SERVERS = {
    "expired at 20": lambda folder: made(folder, "old", begins=-3 * DAY, ends=-DAY),
    "is not valid before 20": lambda folder: made(folder, "future", begins=DAY, ends=2 * DAY),
    "names no host in its subjectAltName": lambda folder: made(folder, "nameless", names=None),
    "is not for servers": lambda folder: made(folder, "clients", usage=ExtendedKeyUsageOID.CLIENT_AUTH),
    "has too weak a key, RSA with 1024 bits": lambda folder: made(folder, "weak", key=rsa.generate_private_key(65537, 1024)),
    "is signed with SHA-1 or MD5": sha1,
    "was not issued by the certificate that follows it": disordered,
}


def check(proxy):
    found = run(HOLDFAST, "check", "--config", proxy.file)
    assert found.returncode == 0
    return [line for line in found.stdout.splitlines() if line.startswith("warning: ")]


def logged(proxy):
    lines = proxy.process.messages()
    return ["warning: " + line["warning"] for line in lines if line["message"] == "configuration"]


def verbose(proxy):
    status, text = proxy.admin("/readyz?verbose")
    assert status in (200, 503)
    assert "warning" not in proxy.admin("/readyz")[1], "machines are told what they ask for"
    return [line for line in text.splitlines() if line.startswith("warning: ")]


def told(proxy, key, words, everywhere=True):
    for place in [check, logged, verbose]:
        assert any(line.startswith(f"warning: {key}") and words in line for line in place(proxy)), (place, place(proxy))


def test_of_good_certificates_and_private_keys_nothing_is_said(proxy):
    assert not any("certificate" in line and "routes" not in line and "/certificate" not in line for line in check(proxy))
    assert verbose(proxy) == []


@pytest.mark.parametrize("words", SERVERS)
def test_what_clients_will_find_wrong_with_the_servers_certificate_is_told(start_proxy, tmp_path, words):
    certificate, key = SERVERS[words](tmp_path)
    proxy = start_proxy({"listener": {"certificate": certificate, "private_key": key}})
    told(proxy, "listener.certificate: certificate 1 (CN=", words)
    assert len(verbose(proxy)) == 1


def test_a_host_that_is_served_and_not_named_is_told(start_proxy):
    proxy = start_proxy({"listener": {"hosts": ["localhost", "api.example.com"]}})
    told(proxy, "listener.certificate: ", "does not name api.example.com, which listener.hosts serves")


def test_expired_authorities_are_told_wherever_they_are_named(start_proxy, pki, issuer, tmp_path):
    old, _ = made(tmp_path, "expired-authority", begins=-3 * DAY, ends=-DAY, authority=True)
    both = tmp_path / "authorities.pem"
    for number, (key, changes) in enumerate({
        "client_certificates.authorities": lambda file: {"client_certificates": {"authorities": file}},
        "tokens[0].certificate_authorities": lambda file: {
            "tokens": [{"issuer": issuer.url, "audience": "https://api.example.com", "certificate_authorities": file}]
        },
        "upstream.certificate_authorities": lambda file: {"upstream": {"url": "https://localhost:1", "certificate_authorities": file}},
    }.items()):  # fmt: skip
        both.write_text((pki.folder / "ca.pem").read_text() + open(old).read())
        proxy = start_proxy(changes(str(both)), wait="alive")
        told(proxy, f"{key}: certificate 2 (CN=expired-authority)", "expired at 20")
        assert len(verbose(proxy)) == 1, number


def test_what_we_show_others_is_looked_at_too(start_proxy, start_issuer, tmp_path):
    certificate, key = made(tmp_path, "gateway", names=None, begins=-3 * DAY, ends=-DAY, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    proxy = start_proxy({"upstream": {"url": "https://localhost:1", "certificate": certificate, "private_key": key}}, wait="alive")
    told(proxy, "upstream.certificate: certificate 1 (CN=gateway)", "is not for clients")
    told(proxy, "upstream.certificate: certificate 1 (CN=gateway)", "expired at 20")
    authority = start_issuer("--opaque")
    proxy = start_proxy(asking(authority, certificate=certificate, private_key=key), wait="alive")
    told(proxy, "tokens[0].introspection.certificate: certificate 1 (CN=gateway)", "expired at 20")


def copied(pki, folder, name, mode):
    path = folder / f"{mode:o}-{name}"
    path.write_bytes((pki.folder / name).read_bytes())
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("mode,is_open", [(0o644, True), (0o604, True), (0o602, True), (0o600, False), (0o640, False), (0o400, False)])
def test_a_private_key_that_every_user_can_read_is_told(start_proxy, pki, tmp_path, mode, is_open):
    proxy = start_proxy({"listener": {"private_key": copied(pki, tmp_path, "server.key", mode)}})
    if is_open:
        told(proxy, "listener.private_key (", "can be read or changed by every user")
    assert len(verbose(proxy)) == is_open


def test_so_is_every_other_secret(start_proxy, start_issuer, pki, tmp_path):
    authority = start_issuer("--opaque")
    for method, key, name in [
        ("tls_client_auth", "private_key", f"{GATEWAY}.key"), ("private_key_jwt", "private_key", f"{GATEWAY}-assertion.key"),
        ("client_secret_basic", "client_secret_file", f"{GATEWAY}.secret"),
    ]:  # fmt: skip
        proxy = start_proxy(asking(authority, method, **{key: copied(pki, tmp_path, name, 0o644)}), wait="alive")
        told(proxy, f"tokens[0].introspection.{key} (", "can be read or changed by every user")
    upstream = {"url": "https://localhost:1", "certificate": pki.path("client-b.pem"), "private_key": copied(pki, tmp_path, "client-b.key", 0o644)}
    told(start_proxy({"upstream": upstream}, wait="alive"), "upstream.private_key (", "can be read or changed by every user")


def test_what_expires_while_it_runs_is_told_from_then_on(start_proxy, tmp_path, pki):

    certificate, key = made(tmp_path, "brief", ends=datetime.timedelta(seconds=4))
    proxy = start_proxy({"listener": {"certificate": certificate, "private_key": key}}, wait="alive")
    eventually(lambda: any("expired at 20" in line for line in verbose(proxy)), "it is told")


def journal(proxy, message):
    return [line for line in proxy.process.messages() if line["message"] == message]


def test_an_end_that_comes_near_is_a_line_for_each_certificate_that_is_held_or_trusted(start_proxy, start_issuer, pki, tmp_path):
    soon = {name: made(tmp_path, name, ends=days * DAY, authority=name in ("clients", "upstream", "keys"), usage=ExtendedKeyUsageOID.CLIENT_AUTH if name == "asking" else ExtendedKeyUsageOID.SERVER_AUTH)
            for name, days in [("server", 5), ("clients", 25), ("upstream", 0.5), ("keys", 6), ("asking", 20), ("far", 40)]}  # fmt: skip
    authority = start_issuer("--opaque")
    changes = asking(authority, "tls_client_auth", certificate=soon["asking"][0], private_key=soon["asking"][1])
    changes["tokens"][0]["certificate_authorities"] = soon["keys"][0]
    proxy = start_proxy(changes | {
        "listener": {"certificate": soon["server"][0], "private_key": soon["server"][1]},
        "client_certificates": {"authorities": [soon["clients"][0], soon["far"][0].replace("far", "clients")]},
        "upstream": {"url": "https://localhost:1", "certificate_authorities": soon["upstream"][0]},
    }, wait="alive")  # fmt: skip
    keys = {
        "listener.certificate": "server", "client_certificates.authorities[0]": "clients", "client_certificates.authorities[1]": "clients",
        "upstream.certificate_authorities": "upstream", "tokens[0].certificate_authorities": "keys", "tokens[0].introspection.certificate": "asking",
    }  # fmt: skip
    lines = eventually(lambda: (found := journal(proxy, "a certificate expires soon")) and len(found) == len(keys) and found, "a line each")
    assert {line["key"]: line["subject"] for line in lines} == {key: f"CN={name}" for key, name in keys.items()}
    assert [line["until"] for line in lines] == sorted(line["until"] for line in lines) and {line["level"] for line in lines} == {"warning"}
    for key in keys:
        assert proxy.metric("holdfast_certificate_expires_in_seconds", key=key) > 0
    generation = proxy.metric("holdfast_generation")
    proxy.process.child.send_signal(signal.SIGHUP)
    eventually(lambda: proxy.metric("holdfast_generation") > generation, "reloaded")
    assert len(journal(proxy, "a certificate expires soon")) == len(keys)


def test_check_and_the_log_say_whom_is_trusted_and_until_when(start_proxy, pki, tmp_path):
    (tmp_path / "bundle.pem").write_text("".join(open(made(tmp_path, f"ca{number}", ends=(40 + number) * DAY, authority=True)[0]).read() for number in range(7)))
    proxy = start_proxy({"client_certificates": {"authorities": str(tmp_path / "bundle.pem")}}, wait="alive")
    [fact] = [line for line in run(HOLDFAST, "check", "--config", proxy.file).stdout.splitlines() if line.startswith("client_certificates.authorities: ")]
    assert "7 authorities, CN=ca0; CN=ca1; CN=ca2; CN=ca3; CN=ca4 and 2 more, the first of them until 20" in fact
    [line] = [line for line in journal(proxy, "authorities") if line["key"] == "client_certificates.authorities"]
    assert line["count"] == "7" and line["subjects"].endswith("CN=ca4 and 2 more") and fact.endswith(f"until {line['until']}.")
