"""Responders that are asked about single certificates (RFC 6960): by the real proxy, at the lab's responder and at others that misbehave."""
import http.server
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from harness.processes import HOLDFAST, LAB, Process, eventually, run
from harness.revocation import HOUR, REFUSED_AT_HANDSHAKE, Authority, now


class Responder:
    """Says of each certificate what `says` has for its name, by whichever key."""

    def __init__(self, pki):
        self.pki, self.authority = pki, Authority(pki, "intermediate")
        self.says, self.asked, self.signer, self.certificates = {}, [], self.authority, []
        self.updated, self.next_update, self.raw, self.delay, self.about = -HOUR / 60, HOUR, None, 0, None
        self.known = ["client-a", "client-b", "intermediate"]
        made = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(made.delay)
                answer = made.raw if made.raw is not None else made.answer(body)
                self.send_response(answer if isinstance(answer, int) else 200)
                octets = b"" if isinstance(answer, int) else answer
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, body):
        serial = ocsp.load_der_ocsp_request(body).serial_number
        names = {self.pki.certificate(name).serial_number: name for name in self.known}
        name = names.get(serial, "other")
        self.asked.append(name)
        told = self.says.get(name, "GOOD")
        about = self.pki.certificate(self.about or (name if name != "other" else "client-a"))
        issuer = self.pki.certificate("ca") if name == "intermediate" else self.authority.certificate
        signer = Authority(self.pki, "ca") if name == "intermediate" else self.signer
        builder = ocsp.OCSPResponseBuilder().add_response(
            about, issuer, hashes.SHA1(), ocsp.OCSPCertStatus[told], now() + self.updated,
            None if self.next_update is None else now() + self.next_update, now() - HOUR if told == "REVOKED" else None, None)
        if self.certificates:
            builder = builder.certificates(self.certificates)
        return builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate).sign(signer.key, hashes.SHA256()).public_bytes(
            Encoding.DER)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def responder(pki):
    made = Responder(pki)
    yield made
    made.close()


@pytest.fixture
def start(start_proxy, pki, responder):
    def start(ocsp=None, **terms):
        revocation = {"ocsp": {"responder": responder.url, **(ocsp or {})}, "scope": "leaf"} | terms
        return start_proxy({"client_certificates": {"authorities": [{"file": pki.path("ca.pem"), "revocation": revocation}]}})

    return start


def test_who_is_good_passes_and_is_asked_about_once(start, responder, issuer):
    proxy = start()
    for _ in range(3):
        with proxy.connect() as connection:
            for _ in range(2):
                assert connection.request(token=issuer.token()).status == 200
    assert responder.asked == ["client-a"]
    assert proxy.metric("holdfast_ocsp_questions_total", authorities=proxy.pki.path("ca.pem")) == 1


def test_who_is_revoked_gets_nothing_through_and_then_no_handshake(start, responder, issuer, upstream):
    responder.says["client-a"] = "REVOKED"
    proxy = start()
    before = upstream.requests()
    with proxy.connect() as connection:
        answer = connection.request(token=issuer.token())
        assert (answer.status, answer.reason) == (401, "cert_revoked")
        assert connection.request(target="/certificate/a").reason == "cert_revoked"
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        proxy.ask(token=issuer.token())
    assert proxy.metric("holdfast_handshake_failures_total", reason="cert_revoked") == 1
    assert upstream.requests() == before
    assert proxy.ask(token=issuer.token("client-b"), client="client-b").status == 200


def test_a_client_that_is_revoked_while_it_is_connected_stops(start, responder, issuer):
    proxy = start({"cache": "2s"})
    with proxy.connect() as connection, proxy.connect("client-b") as other:
        assert connection.request(token=issuer.token()).status == 200
        responder.says["client-a"] = "REVOKED"
        eventually(lambda: connection.request(token=issuer.token()).reason == "cert_revoked", "its status is asked for again", every=0.1)
        assert other.request(token=issuer.token("client-b")).status == 200


@pytest.mark.parametrize(
    "fault, reason",
    [
        ({"raw": 500}, "ocsp_unavailable"), ({"raw": b"nonsense"}, "ocsp_unavailable"), ({"raw": b""}, "ocsp_unavailable"),
        ({"raw": b"x" * 100_000}, "ocsp_unavailable"), ({"delay": 2}, "ocsp_unavailable"), ({"updated": HOUR}, "ocsp_unavailable"),
        ({"updated": -2 * HOUR, "next_update": -HOUR}, "ocsp_unavailable"), ({"updated": -25 * HOUR, "next_update": None}, "ocsp_unavailable"),
        ({"about": "client-b"}, "ocsp_unavailable"), ({"says": {"client-a": "UNKNOWN"}}, "ocsp_unknown"),
    ],
    ids=["500", "nonsense", "empty", "too large", "too slow", "future", "out of date", "old without an end", "another", "unknown"],
)
@pytest.mark.parametrize("when", ["refuse", "accept"])
def test_without_a_usable_answer_it_is_what_the_file_says(start, responder, issuer, fault, reason, when):
    for name, value in fault.items():
        setattr(responder, name, value)
    proxy = start({"timeout": "500ms"}, when_unreachable=when)
    with proxy.connect() as connection:
        answer = connection.request(token=issuer.token())
        if when == "accept" and reason == "ocsp_unavailable":
            assert answer.status == 200
        else:
            assert (answer.status, answer.reason) == (401, reason)


def test_a_client_that_waited_in_vain_passes_once_the_responder_is_back(start, responder, issuer):
    responder.raw = 500
    proxy = start()
    with proxy.connect() as connection:
        assert connection.request(token=issuer.token()).reason == "ocsp_unavailable"
        responder.raw = None
        eventually(lambda: connection.request(token=issuer.token()).status == 200, "it is asked again", every=0.2)


def test_only_the_issuer_and_whom_it_made_a_responder_are_believed(start, responder, pki, issuer):
    responder.signer = Authority(pki, "stranger-ca")
    responder.certificates = [responder.signer.certificate]
    proxy = start()
    assert proxy.ask(token=issuer.token()).reason == "ocsp_unavailable"
    client = Authority(pki, "client-b")
    responder.signer, responder.certificates = client, [client.certificate]
    assert start().ask(token=issuer.token()).reason == "ocsp_unavailable", "a client of the same authority"
    pki.issue("ocsp-delegate", "--usage", "ocsp")
    delegate = Authority(pki, "ocsp-delegate")
    responder.signer, responder.certificates = delegate, [delegate.certificate]
    assert start().ask(token=issuer.token()).status == 200


def test_the_whole_chain_is_asked_about(start, responder, issuer):
    assert start(scope="chain").ask(token=issuer.token()).status == 200
    assert sorted(responder.asked) == ["client-a", "intermediate"]
    responder.says["intermediate"] = "REVOKED"
    assert start(scope="chain").ask(token=issuer.token()).reason == "cert_revoked"


def test_of_the_responders_that_certificates_name_only_those_of_the_file_are_asked(start_proxy, responder, pki, issuer):
    place = x509.AuthorityInformationAccess(
        [x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder.url))])
    name = Authority(pki, "intermediate").issue(pki, "pointing", place)
    responder.known.append(name)
    for hosts, asked, reason in [([responder.host], 1, None), (["127.0.0.1", "ocsp.example.com"], 0, "ocsp_unavailable")]:
        responder.asked.clear()
        proxy = start_proxy({"client_certificates": {"authorities": [
            {"file": pki.path("ca.pem"), "revocation": {"ocsp": {"from_certificate": hosts}, "scope": "leaf"}}]}})
        answer = proxy.ask(target="/certificate/a", client=name)
        assert (answer.status, answer.reason) == ((401, reason) if reason else (200, None))
        assert len(responder.asked) == asked


def test_many_requests_of_one_client_ask_once(start, responder, issuer):
    responder.delay = 0.5
    proxy = start()
    token = issuer.token()
    results = []

    def ask():
        with proxy.connect() as connection:
            results.append(connection.request(token=token).status)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 12
    assert responder.asked == ["client-a"]


def test_what_a_responder_does_wrong_is_told(start, responder, issuer):
    responder.raw = 500
    proxy = start()
    assert proxy.ask(token=issuer.token()).reason == "ocsp_unavailable"
    assert proxy.metric("holdfast_ocsp_failures_total", authorities=proxy.pki.path("ca.pem")) == 1
    assert "answers 500" in proxy.admin("/readyz?verbose")[1]


def test_check_and_explain_tell_of_it(start, responder, pki, issuer, tmp_path):
    responder.says["client-a"] = "REVOKED"
    proxy = start(when_unreachable="accept")
    said = run(HOLDFAST, "check", "--config", proxy.file).stdout
    assert f"Asks {responder.url} about each client's certificate" in said
    assert "`when_unreachable` is `accept`" in said
    token = tmp_path / "token"
    token.write_text(issuer.token())
    explained = run(HOLDFAST, "explain", "--config", proxy.file, "--certificate", pki.path("client-a.pem"), "--token", token)
    assert "cert_revoked" in explained.stdout


def test_the_labs_responder_is_understood(start_proxy, pki, tmp_path):
    for name in ("asked-good", "asked-revoked"):
        pki.issue(name)
    pki.work("--revoke", "asked-revoked")
    lab = Process([LAB, "ocsp", "--pki", pki.folder], tmp_path, "ocsp")
    try:
        url = lab.ready_line()["url"]
        proxy = start_proxy({"client_certificates": {"authorities": [
            {"file": pki.path("ca.pem"), "revocation": {"ocsp": {"responder": url}, "scope": "leaf"}}]}})
        assert proxy.ask(target="/certificate/a", client="asked-good").status == 200
        assert proxy.ask(target="/certificate/a", client="asked-revoked").reason == "cert_revoked"
    finally:
        lab.end()
