"""Why a client could not connect is a line in the log: the client itself sees an alert that says next to nothing."""
import contextlib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.processes import PATIENCE, eventually

REFUSED = (OSError, EOFError)


def lines(proxy):
    told = proxy.process.messages()
    return [line for line in told if line["message"] == "handshake refused"]


def line(proxy, reason):
    return eventually(lambda: next((one for one in lines(proxy) if one["reason"] == reason), None), f"a line for {reason}")


@pytest.fixture
def fresh(start_proxy):
    return start_proxy()


def shake(proxy, context, name="127.0.0.1"):
    with socket.create_connection(proxy.address, timeout=PATIENCE) as tcp, context.wrap_socket(tcp, server_hostname=name) as tls:
        tls.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert tls.recv(1) == b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize(
    "client, reason, meaning",
    [("client-expired", "cert_expired", "has expired"), ("stranger", "cert_untrusted", "no path leads"),
     ("client-serverauth", "cert_wrong_usage", "issued for servers only")],
)
def test_a_certificate_that_is_refused_is_named_with_the_exact_cause(fresh, pki, version, client, reason, meaning):
    context = pki.context(client, version)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(REFUSED):
        shake(fresh, context, "api.example.com")
    told, certificate = line(fresh, reason), pki.certificate(client)
    assert meaning in told["meaning"] and told["client"] == "127.0.0.1" and told["server_name"] == "api.example.com"
    assert told["thumbprint"] == pki.thumbprint(client)
    assert told["subject"] == certificate.subject.rfc4514_string() and told["issuer"] == certificate.issuer.rfc4514_string()
    assert int(told["serial"], 16) == certificate.serial_number
    assert told["versions"] == {"TLSv1_2": "TLS1.2", "TLSv1_3": "TLS1.3"}[version.name]


def test_what_tls_itself_refuses_is_told_apart(fresh, pki):
    with pytest.raises(REFUSED):
        shake(fresh, pki.context(None))
    assert line(fresh, "cert_missing")["versions"] == "TLS1.3 TLS1.2"
    with socket.create_connection(fresh.address, timeout=PATIENCE) as tcp:
        tcp.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        tcp.recv(100)
    assert "versions" not in line(fresh, "not_tls")
    with pytest.raises(REFUSED):
        shake(fresh, pki.context("client-a", alpn=["imap"]))
    assert line(fresh, "no_application_protocol")["client"] == "127.0.0.1"


def test_a_look_whether_somebody_listens_is_no_line(fresh, pki):
    for _ in range(3):
        socket.create_connection(fresh.address, timeout=PATIENCE).close()
    eventually(lambda: fresh.metric("holdfast_connections_accepted_total") >= 3, "they were seen")
    with pytest.raises(REFUSED):
        shake(fresh, pki.context(None))
    line(fresh, "cert_missing")
    assert [one["reason"] for one in lines(fresh)] == ["cert_missing"]


def test_beyond_so_many_a_second_they_are_counted(fresh, pki):
    count = 120
    for _ in range(count):
        with socket.create_connection(fresh.address, timeout=PATIENCE) as tcp:
            tcp.sendall(b"no TLS at all\r\n\r\n")
            tcp.recv(100)
    eventually(lambda: fresh.metric("holdfast_handshake_failures_total", reason="not_tls") == count, "all are counted")

    def told():
        with socket.create_connection(fresh.address, timeout=PATIENCE) as tcp:
            tcp.sendall(b"no TLS at all\r\n\r\n")
            tcp.recv(100)
        counted = fresh.metric("holdfast_handshake_failures_total", reason="not_tls")
        return sum(1 + int(one.get("more", 0)) for one in lines(fresh)) == counted

    eventually(told, "each is a line, or counted in one", every=0.3)


def test_each_refusal_is_told_with_its_own_clients_certificate(fresh, pki):
    """Several at once on one loop: none is written down with the certificate of another."""
    clients = ["client-expired", "stranger", "client-future", "client-serverauth"]
    prints = {client: pki.thumbprint(client) for client in clients}

    def refused(client):
        context = pki.context(client)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with contextlib.suppress(*REFUSED):
            shake(fresh, context, f"{client}.example")

    for _ in range(4):
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(refused, clients * 4))
    told = [one for one in lines(fresh) if "thumbprint" in one]
    assert len(told) >= 20
    for one in told:
        assert one["thumbprint"] == prints[one["server_name"].removesuffix(".example")]
    assert all("thumbprint" in one for one in lines(fresh) if one["server_name"] in {f"{client}.example" for client in clients})
