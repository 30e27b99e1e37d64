"""Files as people have them: what `check` takes, the proxy, `explain` and `thumbprint` take, and what is no regular file holds nobody up."""
import json
import os
import socket
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from harness.asking import asking
from harness.issuer import GATEWAY, Issuer
from harness.processes import HOLDFAST, run
from harness.proxy import yaml

BOM = b"\xef\xbb\xbf"
PARAMETERS = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"


def loaded(pem):
    return serialization.load_pem_private_key(pem, None)


def explicit(pem):
    """The key with its curve written out, as `ecparam -param_enc explicit` makes it."""
    made = subprocess.run(["openssl", "ec", "-param_enc", "explicit"], input=pem, capture_output=True, check=True)
    return made.stdout


KEYS = {
    "PKCS #8": lambda pem: loaded(pem).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "SEC 1": lambda pem: loaded(pem).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "with its parameters before it": lambda pem: PARAMETERS + KEYS["SEC 1"](pem),
    "its curve written out": explicit,
    "PKCS #8 in DER": lambda pem: loaded(pem).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    "SEC 1 in DER": lambda pem: loaded(pem).private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "a byte order mark before it": lambda pem: BOM + pem,
    "lines that end as on Windows": lambda pem: pem.replace(b"\n", b"\r\n"),
    "comments around it": lambda pem: b"# no ENCRYPTED key\nBag Attributes: none\n" + pem + b"\nthe end\n",
}

CERTIFICATES = {
    "a byte order mark before it": lambda pem: BOM + pem,
    "lines that end as on Windows": lambda pem: pem.replace(b"\n", b"\r\n"),
    "comments around it": lambda pem: b"0 s:CN = a\n" + pem + b"\nthe end\n",
}


def first_in_der(pem):
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def rewritten(pki, tmp_path, name, change):
    """The path of a changed copy, as private as the original."""
    source, target = pki.folder / name, tmp_path / f"changed-{name}"
    target.write_bytes(change(source.read_bytes()))
    target.chmod(source.stat().st_mode & 0o777)
    return str(target)


def checked(proxy):
    return run(HOLDFAST, "check", "--config", proxy.file)


@pytest.mark.parametrize("form", KEYS)
def test_a_listeners_key_is_read_in_every_form(start_proxy, pki, issuer, tmp_path, form):
    proxy = start_proxy({"listener": {"private_key": rewritten(pki, tmp_path, "server.key", KEYS[form])}})
    assert checked(proxy).returncode == 0
    assert proxy.ask(token=issuer.token()).status == 200


@pytest.mark.parametrize("form", CERTIFICATES)
def test_certificates_are_read_in_every_form_wherever_one_is_named(start_proxy, pki, issuer, tmp_path, form):
    def changed(name):
        return rewritten(pki, tmp_path, name, CERTIFICATES[form])

    proxy = start_proxy(
        {
            "listener": {"certificate": changed("server.pem")}, "client_certificates": {"authorities": changed("clients-ca.pem")},
            "tokens": [{"issuer": issuer.url, "audience": "https://api.example.com", "certificate_authorities": changed("ca.pem")}],
        }
    )
    assert checked(proxy).returncode == 0
    assert proxy.ask(token=issuer.token()).status == 200


def test_authorities_may_be_one_certificate_in_der(start_proxy, pki, issuer, tmp_path):
    """The issuer's keys are fetched by trusting it, and clients are let in by it."""
    authority = rewritten(pki, tmp_path, "ca.pem", first_in_der)
    proxy = start_proxy(
        {
            "client_certificates": {"authorities": authority},
            "tokens": [{"issuer": issuer.url, "audience": "https://api.example.com", "certificate_authorities": authority}],
        }
    )
    assert checked(proxy).returncode == 0
    assert proxy.ask(token=issuer.token()).status == 200


def test_certificate_and_key_may_stand_in_one_file(start_proxy, pki, issuer, tmp_path):
    both = rewritten(pki, tmp_path, "server.key", lambda key: (pki.folder / "server.pem").read_bytes() + PARAMETERS + KEYS["SEC 1"](key))
    proxy = start_proxy({"listener": {"certificate": both, "private_key": both}})
    assert checked(proxy).returncode == 0
    assert proxy.ask(token=issuer.token()).status == 200


@pytest.fixture(scope="module")
def authority(pki, folder):
    authority = Issuer(pki, folder, "--opaque", name="authority-of-files")
    yield authority
    authority.end()


@pytest.mark.parametrize("form", KEYS)
@pytest.mark.parametrize("method", ["tls_client_auth", "private_key_jwt"])
def test_what_we_show_an_issuer_is_read_in_every_form(start_proxy, pki, authority, tmp_path, method, form):
    name = {"tls_client_auth": f"{GATEWAY}.key", "private_key_jwt": f"{GATEWAY}-assertion.key"}[method]
    proxy = start_proxy(asking(authority, method, private_key=rewritten(pki, tmp_path, name, KEYS[form])))
    assert checked(proxy).returncode == 0
    assert proxy.ask(token=authority.opaque(bind="client-a")).status == 200


@pytest.mark.parametrize("form", CERTIFICATES)
def test_the_certificate_that_we_show_an_issuer_is_read_in_every_form(start_proxy, pki, authority, tmp_path, form):
    changes = {"certificate": rewritten(pki, tmp_path, f"{GATEWAY}.pem", CERTIFICATES[form])}
    authorities = rewritten(pki, tmp_path, "ca.pem", CERTIFICATES[form])
    proxy = start_proxy(asking(authority, entry={"certificate_authorities": authorities}, **changes))
    assert checked(proxy).returncode == 0
    assert proxy.ask(token=authority.opaque(bind="client-a")).status == 200


def test_a_secret_may_have_a_byte_order_mark(start_proxy, pki, authority, tmp_path):
    secret = rewritten(pki, tmp_path, f"{GATEWAY}.secret", lambda text: BOM + text)
    proxy = start_proxy(asking(authority, "client_secret_basic", client_secret_file=secret))
    assert proxy.ask(token=authority.opaque(bind="client-a")).status == 200


@pytest.mark.parametrize("form", [*CERTIFICATES, "DER"])
def test_thumbprint_and_explain_read_what_the_proxy_reads(proxy, pki, issuer, tmp_path, form):
    change = CERTIFICATES.get(form, first_in_der)
    file = rewritten(pki, tmp_path, "client-a.pem", change)
    assert run(HOLDFAST, "thumbprint", "-q", file).stdout.strip() == pki.thumbprint("client-a")
    if form != "DER":  # the intermediate is missing there, and so is the path
        (tmp_path / "token").write_bytes(BOM + issuer.token().encode() + b"\n")
        explained = run(HOLDFAST, "explain", "--config", proxy.file, "--certificate", file, "--token", tmp_path / "token")
        assert explained.returncode == 0, explained.stdout + explained.stderr


# What is no key of the certificate says what it is


def refusal(proxy_file):
    found = run(HOLDFAST, "check", "--config", proxy_file)
    assert found.returncode == 64 and not found.stdout
    return found.stderr


@pytest.fixture
def refused(proxy, tmp_path):
    """The messages about the usual configuration with these changes to its listener."""

    def write(**listener):
        configuration = json.loads(proxy.file.read_text())
        configuration["listener"].update({key: str(value) for key, value in listener.items()})
        (tmp_path / "refused.yaml").write_text(yaml(configuration))
        return refusal(tmp_path / "refused.yaml")

    return write


def made(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout


def test_a_key_that_is_not_taken_is_called_what_it_is(refused, pki, tmp_path):
    def key(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    encrypted = made("pkcs8", "-topk8", "-passout", "pass:x", "-in", pki.path("server.key"))
    for file, words in [
        (key("ed448", made("genpkey", "-algorithm", "ed448")), "of a kind that is not taken, ED448"),
        (key("k1", made("ecparam", "-name", "secp256k1", "-genkey", "-noout")), "of a kind that is not taken, the curve secp256k1"),
        (key("encrypted", encrypted), "is encrypted"),
        (key("none", (pki.folder / "server.pem").read_bytes()), "holds no private key, only CERTIFICATE"),
        (pki.path("client-b.key"), "is not the key of the first certificate in "),
        (key("damaged", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "cannot be read"),
    ]:
        told = refused(private_key=file)
        assert words in told and "listener.private_key" in told


def test_a_certificate_of_a_kind_that_is_not_taken_is_called_what_it_is(refused, tmp_path):
    for name, arguments in [("k1", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"]), ("ed448", ["-newkey", "ed448"])]:
        key, certificate = tmp_path / f"{name}.key", tmp_path / f"{name}.pem"
        made("req", "-x509", "-nodes", "-subj", "/CN=a", *arguments, "-keyout", key, "-out", certificate)
        assert "of a kind that is not taken" in refused(certificate=certificate, private_key=key)


# What is no regular file holds nobody up


@pytest.fixture
def others(tmp_path, monkeypatch):
    """Paths of what is there and no regular file, by words of the refusal. Nobody ever writes into the pipe."""
    pipe, listening = tmp_path / "pipe", socket.socket(socket.AF_UNIX)
    os.mkfifo(pipe)
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    listening.bind("socket")
    yield {"pipe": pipe, "socket": tmp_path / "socket", "device": "/dev/zero", "folder": tmp_path}
    listening.close()


PLACES = {
    "listener.certificate": ["listener", "certificate"], "listener.private_key": ["listener", "private_key"],
    "client_certificates.authorities": ["client_certificates", "authorities"],
    "tokens[0].certificate_authorities": ["tokens", 0, "certificate_authorities"], "tokens[1].keys": ["tokens", 1, "keys"],
    "upstream.certificate_authorities": ["upstream", "certificate_authorities"],
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_check_and_run_wait_for_no_pipe_and_read_no_device(proxy, others, tmp_path, place):
    for what, path in others.items():
        configuration = json.loads(proxy.file.read_text())
        if place.startswith("upstream"):
            configuration["upstream"]["url"] = "https://localhost:1"
        section = configuration
        *way, key = PLACES[place]
        for step in way:
            section = section[step]
        section[key] = str(path)
        (tmp_path / "other.yaml").write_text(yaml(configuration))
        for command in ["check", "run"]:
            found = run(HOLDFAST, command, "--config", tmp_path / "other.yaml")
            assert found.returncode == 64 and place in found.stderr and f"is a {what}" in found.stderr


def test_no_command_waits_for_a_pipe_or_reads_a_device(proxy, others, pki, issuer, tmp_path):
    (tmp_path / "token").write_text(issuer.token())
    usual = {"--config": proxy.file, "--certificate": pki.path("client-a.pem"), "--token": tmp_path / "token"}
    for what, path in others.items():
        for command in [["check", "--config", path], ["run", "--config", path], ["thumbprint", path]]:
            found = run(HOLDFAST, *command)
            assert found.returncode == 64 and f"is a {what}" in found.stderr
        for option in ["--config", "--certificate", "--token", "--keys", "--other"]:
            arguments = {**usual, option: path}
            found = run(HOLDFAST, "explain", *[word for pair in arguments.items() for word in pair])
            assert found.returncode == 64 and f"is a {what}" in found.stderr, (option, found.stderr)


def test_a_file_without_an_end_is_read_to_its_bound_only(refused, tmp_path):
    large = tmp_path / "large.pem"
    with open(large, "wb") as file:
        file.truncate(1 << 33)
    assert "is larger than 4 MiB" in refused(certificate=large)
    assert "is larger than" in run(HOLDFAST, "thumbprint", large).stderr
    assert "larger than 1024 KiB" in run(HOLDFAST, "check", "--config", large).stderr
