"""What is wrong with an upstream is said precisely, in the access log, the log, the metric and /readyz; to clients in one sentence."""
import datetime
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.accepting import accept_each
from harness.processes import PATIENCE, eventually

MALFORMED = {
    "status_line_malformed": "HTTP/9.9 what\r\n\r\n",
    "bare_lf": "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "content_length_duplicated": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "framing_te_and_cl": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "head_too_large": "HTTP/1.1 200 OK\r\nX-A: " + "a" * (1 << 17) + "\r\n\r\n",
    "upgrade_unasked": "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "interim_responses_excessive": "HTTP/1.1 102 Processing\r\n\r\n" * 1000,
}


@pytest.mark.parametrize("cause", MALFORMED)
def test_a_malformed_answer_is_told_by_what_is_malformed(rude, issuer, cause):
    def behave(peer, number):
        peer.request()
        peer.send(MALFORMED[cause])

    stage = rude(behave)
    answer = stage.proxy.ask("GET", "/bad", issuer.token())
    assert (answer.status, answer.reason) == (502, "upstream_nonsense") and cause.encode() not in answer.body
    assert stage.proxy.logged("/bad")["cause"] == cause
    assert stage.proxy.metric("holdfast_upstream_failure_causes_total", reason="upstream_nonsense", cause=cause) == 1
    assert f'"cause":"{cause}"' in stage.proxy.process.err and '"message":"upstream failed"' in stage.proxy.process.err


def test_a_cause_that_repeats_is_not_logged_each_time(rude, issuer):
    def behave(peer, number):
        peer.request()
        peer.send("nonsense\r\n\r\n")

    stage = rude(behave)
    for _ in range(20):
        assert stage.proxy.ask(token=issuer.token()).status == 502
    assert 1 <= stage.proxy.process.err.count('"message":"upstream failed"') < 10


class Authority:
    """Certificates for upstreams, good and not."""

    def __init__(self, folder):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upstream authority")])
        self.certificate = self.sign(self.name, self.key, self.name, authority=True)
        (folder / "authority.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, subject, key, issuer, authority=False, days=(-1, 1), host="localhost", usage=ExtendedKeyUsageOID.SERVER_AUTH):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0])).not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(authority, None), critical=True))
        if not authority:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def context(self, **options):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upstream")]), key, self.name, **options)
        path = self.folder / "upstream.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def serve(context, plain=b""):
    """A TLS server, or one that answers anything with `plain`; ends with the process."""
    listener = socket.create_server(("127.0.0.1", 0))

    def handle(sock):
        try:
            sock.settimeout(PATIENCE)
            if context is None:
                sock.recv(4096)
                sock.sendall(plain)
                return sock.close()
            tls = context.wrap_socket(sock, server_side=True)
            while True:
                octets = b""
                while b"\r\n\r\n" not in octets:
                    more = tls.recv(65536)
                    if not more:
                        return
                    octets += more
                tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except OSError:
            sock.close()

    accept_each(listener, handle)
    return listener.getsockname()[1]


def client_demanding(authority, tls13):
    context = authority.context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.folder / "authority.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if tls13 else ssl.TLSVersion.TLSv1_2
    context.maximum_version = context.minimum_version
    return context


def old(authority):
    context = authority.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


TROUBLE = {
    "cert_expired": lambda authority: (authority.context(days=(-2, -1)), b""),
    "cert_not_yet_valid": lambda authority: (authority.context(days=(1, 2)), b""),
    "cert_wrong_name": lambda authority: (authority.context(host="another.example"), b""),
    "cert_wrong_usage": lambda authority: (authority.context(usage=ExtendedKeyUsageOID.CLIENT_AUTH), b""),
    "cert_untrusted": lambda authority: (Authority(authority.folder / "other").context(), b""),
    "not_tls": lambda authority: (None, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    "protocol_version": lambda authority: (old(authority), b""),
    "client_certificate_required": lambda authority: (client_demanding(authority, tls13=True), b""),
}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")  # `protocol_version` is about these
@pytest.mark.parametrize("cause", TROUBLE)
def test_trouble_with_tls_is_told_by_its_cause(start_proxy, issuer, tmp_path, cause):
    (tmp_path / "other").mkdir()
    authority = Authority(tmp_path)
    context, plain = TROUBLE[cause](authority)
    settings = {"url": f"https://localhost:{serve(context, plain)}", "certificate_authorities": str(tmp_path / "authority.pem")}
    proxy = start_proxy({"upstream": settings, "routes": None, "threads": 1}, wait="alive")
    eventually(lambda: proxy.ask("GET", "/tls", issuer.token()).reason != "keys_unavailable", "the keys")
    answer = proxy.ask("GET", "/trouble", issuer.token())
    assert answer.status == 502 and answer.reason == "upstream_untrusted"
    assert proxy.logged("/trouble")["cause"] == cause
    assert f'"cause":"{cause}"' in proxy.process.err


def test_an_upstream_that_is_as_it_should_be_is_taken(start_proxy, issuer, tmp_path):
    authority = Authority(tmp_path)
    settings = {"url": f"https://localhost:{serve(authority.context())}", "certificate_authorities": str(tmp_path / "authority.pem")}
    proxy = start_proxy({"upstream": settings, "routes": None, "threads": 1})
    assert proxy.ask(token=issuer.token()).body == b"ok"
