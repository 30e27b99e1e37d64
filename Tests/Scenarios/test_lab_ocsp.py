"""The lab's OCSP responder, asked by `openssl ocsp` and by hand: what it says is signed, current, and only of certificates that it knows."""
import base64
import datetime
import http.client
import urllib.parse

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from harness.pki import PKI
from harness.processes import LAB, PATIENCE, Process, run, split_address
from harness.revocation import now

DER = serialization.Encoding.DER
TYPE = "application/ocsp-request"


class Responder:
    def __init__(self, pki, folder, *options):
        self.pki = pki
        self.process = Process([LAB, "ocsp", "--pki", pki.folder, *options], folder, "ocsp")
        ready = self.process.ready_line()
        self.address, self.url = split_address(ready["address"]), ready["url"]

    def openssl(self, *certificates, issuer="intermediate", root="ca"):
        asked = [option for c in certificates for option in ("-cert", self.pki.path(f"{c}.pem"))]
        issued = self.pki.path(f"{issuer}.pem")
        return run("openssl", "ocsp", "-issuer", issued, *asked, "-url", self.url, "-CAfile", self.pki.path(f"{root}.pem"))

    def http(self, method, path, body=None, content_type=TYPE):
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        connection.request(method, path, body, {"Content-Type": content_type} if content_type else {})
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()

    def ask(self, name, issuer="intermediate", algorithm=hashes.SHA256(), nonce=None, method="POST"):
        builder = ocsp.OCSPRequestBuilder().add_certificate(self.pki.certificate(name), self.pki.certificate(issuer), algorithm)
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), False)
        request = builder.build().public_bytes(DER)
        if method == "GET":
            answer = self.http("GET", "/" + urllib.parse.quote(base64.b64encode(request), safe=""), content_type=None)
        else:
            answer = self.http("POST", "/", request)
        assert answer[:2] == (200, "application/ocsp-response")
        return ocsp.load_der_ocsp_response(answer[2])


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """With a delegate, and one of each state."""
    made = PKI(tmp_path_factory.mktemp("lab") / "pki")
    made.issue("ocsp", "--usage", "ocsp")
    made.issue("gone")
    (made.folder / "gone.pem").rename(made.folder / "gone.txt")
    made.work("--revoke", "client-b", "--reason", "keyCompromise")
    made.work("--revoke", "client-expired")
    return made


@pytest.fixture
def start(tmp_path, lab):
    started = []

    def responder(*options, pki=lab):
        started.append(Responder(pki, tmp_path, *options))
        return started[-1]

    yield responder
    for one in started:
        one.process.end()


@pytest.mark.parametrize("signer", [[], ["--signer", "ocsp"]], ids=["authority", "delegate"])
def test_openssl_believes_what_it_says(start, lab, signer):
    responder = start(*signer)
    said = responder.openssl("client-a", "client-b", "client-expired", "stranger")
    assert said.returncode == 0 and "Response verify OK" in said.stderr and "WARNING: no nonce" not in said.stderr
    states = [line.rsplit("/", 1)[1] for line in said.stdout.splitlines() if ".pem: " in line]
    assert states == ["client-a.pem: good", "client-b.pem: revoked", "client-expired.pem: revoked", "stranger.pem: unknown"]
    assert said.stdout.count("Reason: ") == 1 and "Reason: keyCompromise" in said.stdout
    signed = responder.ask("client-a")
    by = lab.certificate("ocsp" if signer else "intermediate")
    by.public_key().verify(signed.signature, signed.tbs_response_bytes, ec.ECDSA(signed.signature_hash_algorithm))
    assert signed.certificates == [by] and signed.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(by.public_key()).digest


def test_the_delegate_of_one_authority_does_not_sign_for_another(start, lab):
    answer = start("--signer", "ocsp").ask("intermediate", issuer="ca")
    assert answer.certificate_status == ocsp.OCSPCertStatus.GOOD and answer.certificates == [lab.certificate("ca")]


def test_who_trusts_another_authority_does_not_believe_its_delegate(start):
    assert "Response Verify Failure" in start("--signer", "ocsp").openssl("client-a", root="stranger-ca").stderr


def test_who_has_no_leave_to_sign_is_not_believed(start):
    assert "Response Verify Failure" in start("--signer", "client-a").openssl("client-a").stderr


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda a: a.name)
def test_each_method_and_each_hash_gets_the_same_answer(start, lab, method, algorithm):
    responder = start()
    good, revoked = (responder.ask(name, algorithm=algorithm, method=method) for name in ("client-a", "client-b"))
    assert good.certificate_status == ocsp.OCSPCertStatus.GOOD and good.serial_number == lab.certificate("client-a").serial_number
    assert revoked.certificate_status == ocsp.OCSPCertStatus.REVOKED and revoked.revocation_reason == x509.ReasonFlags.key_compromise
    assert abs(revoked.revocation_time_utc - now()) < datetime.timedelta(hours=1)
    assert good.next_update_utc - good.this_update_utc == datetime.timedelta(hours=1) and good.this_update_utc <= now()


def test_the_nonce_comes_back_and_none_comes_without(start):
    responder = start()
    assert responder.ask("client-a", nonce=b"12345678" * 4).extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"12345678" * 4
    assert not list(responder.ask("client-a").extensions)


def test_what_is_revoked_while_it_runs_is_revoked_in_the_next_answer(start, tmp_path, lab):
    copy = PKI(tmp_path / "pki", like=lab)
    responder = start(pki=copy)
    assert responder.ask("client-a").certificate_status == ocsp.OCSPCertStatus.GOOD
    copy.work("--revoke", "client-a")
    assert responder.ask("client-a").certificate_status == ocsp.OCSPCertStatus.REVOKED
    copy.issue("later")
    assert responder.ask("later").certificate_status == ocsp.OCSPCertStatus.GOOD
    (copy.folder / "later.pem").rename(copy.folder / "later.txt")
    copy.folder.joinpath("asked.pem").write_bytes(b"")
    request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        *(getattr(responder.ask("client-a", algorithm=hashes.SHA256()), f"issuer_{part}_hash") for part in ("name", "key")),
        x509.load_pem_x509_certificate((copy.folder / "later.txt").read_bytes()).serial_number, hashes.SHA256(),
    )  # fmt: skip
    answer = ocsp.load_der_ocsp_response(responder.http("POST", "/", request.build().public_bytes(DER))[2])
    assert answer.certificate_status == ocsp.OCSPCertStatus.UNKNOWN


def test_of_an_authority_that_is_not_there_nothing_is_said(start, tmp_path, lab):
    """Its key is not; it has the name of one that is."""
    copy = PKI(tmp_path / "pki", like=lab)
    _, twin = x509.load_pem_x509_certificates((copy.folder / "stranger.pem").read_bytes())
    (copy.folder / "twin.pem").write_bytes(twin.public_bytes(serialization.Encoding.PEM))
    answer = start(pki=copy).ask("stranger", issuer="twin")
    assert answer.response_status == ocsp.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "body", [b"", b"text", b"\x30\x00", b"\x30\x80\x00\x00", b"\x30\x84\xff\xff\xff\xff", b"\x30\x04\x30\x02\x30\x00", b"\x30" * 5000]
)
def test_what_is_no_request_is_malformed(start, body):
    responder = start()
    status, _, answer = responder.http("POST", "/", body)
    assert status == 200 and ocsp.load_der_ocsp_response(answer).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert responder.ask("client-a").certificate_status == ocsp.OCSPCertStatus.GOOD


def test_a_nonce_beyond_rfc_9654_is_malformed(start):
    responder = start()
    assert responder.ask("client-a", nonce=b"x" * 128).response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
    for nonce in (b"", b"x" * 129):
        assert responder.ask("client-a", nonce=nonce).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_each_changed_octet_of_a_request_is_answered(start, lab):
    """The responder lives on, whatever the octets say."""
    responder = start()
    builder = ocsp.OCSPRequestBuilder().add_certificate(lab.certificate("client-a"), lab.certificate("intermediate"), hashes.SHA256())
    octets = builder.add_extension(x509.OCSPNonce(b"12345678"), False).build().public_bytes(DER)
    for position in range(len(octets)):
        for change in (0x01, 0x80, 0xFF):
            changed = octets[:position] + bytes([octets[position] ^ change]) + octets[position + 1 :]
            status, _, answer = responder.http("POST", "/", changed)
            assert status == 200 and ocsp.load_der_ocsp_response(answer).response_status.name in ("SUCCESSFUL", "MALFORMED_REQUEST", "UNAUTHORIZED")
    assert responder.ask("client-a").certificate_status == ocsp.OCSPCertStatus.GOOD


@pytest.mark.parametrize(
    "method,path,content_type,status",
    [("POST", "/", "text/plain", 415), ("POST", "/", None, 415), ("PUT", "/", TYPE, 405), ("GET", "/%zz", None, 404), ("GET", "/!!", None, 404)],
)  # fmt: skip
def test_what_is_no_ocsp_over_http_is_told_so(start, method, path, content_type, status):
    assert start().http(method, path, b"x" if method != "GET" else None, content_type)[0] == status


def test_an_answer_can_be_stale(start):
    said = start("--next-update=-1h").openssl("client-a")
    assert "WARNING: Status times invalid" in said.stderr + said.stdout and "status expired" in said.stdout


def test_without_an_authority_there_is_nothing_to_answer_for(tmp_path):
    (tmp_path / "empty").mkdir()
    said = run(LAB, "ocsp", "--pki", tmp_path / "empty")
    assert said.returncode == 1 and "there is no authority" in said.stderr


def test_without_its_signer_it_does_not_start(lab):
    said = run(LAB, "ocsp", "--pki", lab.folder, "--signer", "nobody")
    assert said.returncode == 1 and "nobody.pem" in said.stderr
