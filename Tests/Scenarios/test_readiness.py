"""What /readyz says of the upstream: whether requests would reach it, by the way that they go, and if not, why."""
import socket
import ssl
import struct
import warnings

import pytest

from harness.accepting import accept_each
from harness.processes import PATIENCE, eventually, free_port
from harness.wire import MessageReader, Truncated


class Acceptor:
    """Accepts connections and gives each to `handle`; over TLS where there is a context."""

    def __init__(self, handle, context=None):
        self.handle, self.context = handle, context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        accept_each(self.listener, self.serve)

    def serve(self, sock):
        try:
            sock.settimeout(PATIENCE)
            self.handle(self.context.wrap_socket(sock, server_side=True) if self.context else sock)
        except (OSError, Truncated):
            pass
        finally:
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def answer(sock):
    reader = MessageReader(sock)
    while True:
        reader.request()
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def read_to_the_end(sock):
    while sock.recv(4096):
        pass


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def server_context(pki, name="server", version=None, clients=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.path(f"{name}.pem"), pki.path(f"{name}.key"))
    if version:
        context.minimum_version = context.maximum_version = version
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pki.path("clients-ca.pem"))
    return context


def encrypted(pki, port, **changes):
    return {"upstream": {"url": f"https://localhost:{port}", "certificate_authorities": pki.path("ca.pem"), **changes}}


def problem(proxy):
    status, text = proxy.admin("/readyz")
    return text if status == 503 and "not tried yet" not in text else None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_upstream_that_demands_a_certificate_we_do_not_have_makes_it_not_ready(start_proxy, pki, issuer, version):
    """In TLS 1.3 it says so only after our side of the handshake is done."""
    with Acceptor(answer, server_context(pki, version=version, clients=True)) as upstream:
        proxy = start_proxy(encrypted(pki, upstream.port), wait="alive")
        said = eventually(lambda: problem(proxy), "it is not ready")
        assert said.startswith("not ready: upstream untrusted: ") and "client" in said or "refuses the TLS handshake" in said, said
        eventually(lambda: proxy.ask(token=issuer.token()).reason != "keys_unavailable", "the keys are there")
        for _ in range(3):
            eventually(lambda: proxy.ask(token=issuer.token()).status == 502, "502, once the keys are there")
            assert proxy.admin("/readyz")[0] == 503
        message = next(line for line in proxy.process.messages() if line["message"] == "upstream unreachable")
        assert message["reason"] == "upstream_untrusted" and message["cause"] in said


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_upstream_that_gets_the_certificate_it_demands_makes_it_ready(start_proxy, pki, issuer, version):
    with Acceptor(answer, server_context(pki, version=version, clients=True)) as upstream:
        shown = {"certificate": pki.path("client-a.pem"), "private_key": pki.path("client-a.key")}
        proxy = start_proxy(encrypted(pki, upstream.port, **shown))
        assert proxy.ask(token=issuer.token()).status == 200


OLD = {
    "TLS 1.1": (ssl.TLSVersion.TLSv1_1, "DEFAULT:@SECLEVEL=0", {"minimum_tls": "1.1"}),
    "CBC and SHA-1": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", {"suites": "legacy"}),
}


@pytest.mark.parametrize("name", OLD)
def test_an_old_upstream_is_spoken_to_by_the_word_for_it_alone(start_proxy, pki, issuer, name):
    version, ciphers, word = OLD[name]
    context = server_context(pki)
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with Acceptor(answer, context) as upstream:
        refused = start_proxy(encrypted(pki, upstream.port), wait="alive")
        assert "upstream untrusted" in eventually(lambda: problem(refused), "it is not ready")
        taken = start_proxy(encrypted(pki, upstream.port, **word))
        assert taken.ask(token=issuer.token()).status == 200


def test_an_upstream_that_refuses_our_certificate_makes_it_not_ready(start_proxy, pki):
    with Acceptor(answer, server_context(pki, clients=True)) as upstream:
        shown = {"certificate": pki.path("server.pem"), "private_key": pki.path("server.key")}
        proxy = start_proxy(encrypted(pki, upstream.port, **shown), wait="alive")
        assert "refuse" in eventually(lambda: problem(proxy), "it is not ready")


def test_an_upstream_that_accepts_and_closes_makes_it_not_ready(start_proxy):
    """As a proxy in front of nothing does."""
    with Acceptor(lambda sock: None) as upstream:
        proxy = start_proxy({"upstream": {"url": f"http://127.0.0.1:{upstream.port}"}}, wait="alive")
        assert "closes connections before a request" in eventually(lambda: problem(proxy), "it is not ready")


def test_an_upstream_that_accepts_and_resets_makes_it_not_ready(start_proxy):
    with Acceptor(reset) as upstream:
        proxy = start_proxy({"upstream": {"url": f"http://127.0.0.1:{upstream.port}"}}, wait="alive")
        assert "resets connections" in eventually(lambda: problem(proxy), "it is not ready")


def test_an_upstream_that_closes_after_its_handshake_makes_it_not_ready(start_proxy, pki):
    with Acceptor(lambda sock: sock.close(), server_context(pki)) as upstream:
        proxy = start_proxy(encrypted(pki, upstream.port), wait="alive")
        assert "closes connections before a request" in eventually(lambda: problem(proxy), "it is not ready")


CAUSES = {
    "another name": ("server", {"server_name": "other.example.com"}, "for another name (cert_wrong_name)"),
    "an expired certificate": ("late", {}, "has expired (cert_expired)"),
    "another authority": ("server", {"certificate_authorities": None}, "of no authority that is trusted (cert_untrusted)"),
}


@pytest.mark.parametrize("name", CAUSES)
def test_why_an_upstreams_certificate_is_not_taken_is_said(start_proxy, pki, name):
    certificate, changes, words = CAUSES[name]
    if certificate == "late":
        pki.issue("late", "--expires-in=-1h", "--usage", "server")
    with Acceptor(read_to_the_end, server_context(pki, certificate)) as upstream:
        proxy = start_proxy(encrypted(pki, upstream.port, **changes), wait="alive")
        assert words in eventually(lambda: problem(proxy), "it is not ready")


def test_an_upstream_that_speaks_no_tls_is_said_to(start_proxy, pki):
    def plain(sock):
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with Acceptor(plain) as upstream:
        proxy = start_proxy(encrypted(pki, upstream.port), wait="alive")
        assert "does not speak TLS (not_tls)" in eventually(lambda: problem(proxy), "it is not ready")


def test_an_upstream_that_never_finishes_its_handshake_is_said_to(start_proxy, pki):
    with Acceptor(read_to_the_end) as upstream:
        proxy = start_proxy(encrypted(pki, upstream.port), wait="alive")
        assert "does not finish the TLS handshake (handshake_timeout)" in eventually(lambda: problem(proxy), "it is not ready")


def test_who_refuses_connections_and_which_socket_is_missing_is_said(start_proxy, tmp_path):
    refused = start_proxy({"upstream": {"url": f"http://127.0.0.1:{free_port()}"}}, wait="alive")
    said = eventually(lambda: problem(refused), "it is not ready")
    assert said.startswith("not ready: upstream unreachable: it refuses connections (connection_refused)\n")
    missing = start_proxy({"upstream": {"url": f"http+unix://{tmp_path}/none.sock"}}, wait="alive")
    assert "its socket does not exist (socket_missing)" in eventually(lambda: problem(missing), "it is not ready")


def test_an_upstream_that_waits_for_requests_makes_it_ready_and_is_told_once(start_proxy):
    with Acceptor(read_to_the_end) as upstream:
        proxy = start_proxy({"upstream": {"url": f"http://127.0.0.1:{upstream.port}"}})
        lines = eventually(lambda: [line for line in proxy.process.messages() if line["message"].startswith("upstream")], "it is told")
        assert [line["level"] for line in lines] == ["notice"]
