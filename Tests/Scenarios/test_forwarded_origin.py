"""Where a request came from is told from the connection, or from the PROXY header of a load balancer that the configuration names."""
import socket
import ssl
import struct

import pytest

from harness.processes import PATIENCE, eventually
from harness.wire import MessageReader

V2 = b"\r\n\r\n\x00\r\nQUIT\n" + b"\x21\x11" + struct.pack(">H", 12) + socket.inet_aton("203.0.113.9") + socket.inet_aton("127.0.0.1") + struct.pack(">HH", 4711, 443)
V1 = b"PROXY TCP6 2001:db8::7 2001:db8::1 4712 443\r\n"


def shake_hands(proxy, opening, client="client-a"):
    """A connection on which `opening` comes before TLS."""
    tcp = socket.create_connection(proxy.address, timeout=PATIENCE)
    tcp.sendall(opening)
    return proxy.pki.context(client).wrap_socket(tcp, server_hostname="127.0.0.1")


def ask(proxy, opening, token):
    with shake_hands(proxy, opening) as sock:
        sock.sendall(f"GET /origin HTTP/1.1\r\nHost: api.example:8443\r\nAuthorization: Bearer {token}\r\nX-Forwarded-For: 6.6.6.6\r\n"
                     "Forwarded: for=6.6.6.6\r\nVia: 1.0 fred\r\ntraceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n"
                     "tracestate: a=b\r\n\r\n".encode())
        return MessageReader(sock).response()


def test_a_stated_balancers_header_is_the_clients_address(start_proxy, issuer):
    """(PP-01, PP-02, PP-03, XF-01, XF-02, XF-03, XF-05, FW-05, TC-01)"""
    forward = {"client_address": "both", "via": False, "trace": "continue"}
    proxy = start_proxy({"listener": {"proxy_protocol": {"from": ["127.0.0.0/8"]}}, "forward": forward, "routes": None})
    for opening, address, node in [(V2, "203.0.113.9", "203.0.113.9:4711"), (V1, "2001:db8::7", "[2001:db8::7]:4712")]:
        answer = ask(proxy, opening, issuer.token())
        assert answer.status == 200 and "6.6.6.6" not in answer.json()["head"]
        seen = {name: answer.seen(name) for name in ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded", "Via"]}
        assert seen == {
            "X-Forwarded-For": [address], "X-Forwarded-Proto": ["https"], "X-Forwarded-Host": ["api.example:8443"], "X-Forwarded-Port": ["8443"],
            "Forwarded": [f'for="{node}";proto=https;host="api.example:8443"'], "Via": ["1.0 fred"]}
        version, trace, parent, flags = answer.seen("traceparent")[0].split("-")
        assert (version, flags) == ("00", "01") and trace != 32 * "0" and parent != "b7ad6b7169203331" and not answer.seen("tracestate")
        line = eventually(lambda: next((line for line in proxy.log_lines() if line.get("client") == address), None), "it is logged")
        assert line["trace_id"] == trace


def fails(proxy, opening, reason):
    before = proxy.metric("holdfast_handshake_failures_total", reason=reason)
    with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
        shake_hands(proxy, opening).recv(1)
    eventually(lambda: proxy.metric("holdfast_handshake_failures_total", reason=reason) == before + 1, reason)


def test_no_header_from_a_stated_balancer_and_one_from_anybody_else_fail_the_handshake(start_proxy, proxy):
    """(PP-01, PP-02)"""
    fails(proxy, V1, "proxy_header_unexpected")
    fails(proxy, V2, "proxy_header_unexpected")
    stated = start_proxy({"listener": {"proxy_protocol": {"from": ["127.0.0.1"]}}})
    fails(stated, b"", "proxy_header_missing")
    fails(stated, V1.replace(b"\r\n", b"\n"), "proxy_header_invalid")
    fails(stated, V2[:13] + b"\x41" + V2[14:], "proxy_header_invalid")
    other = start_proxy({"listener": {"proxy_protocol": {"from": ["192.0.2.0/24"]}}})
    fails(other, V2, "proxy_header_unexpected")


def test_a_connection_ends_after_its_number_of_requests(start_proxy, issuer):
    proxy = start_proxy({"listener": {"max_connection_requests": 2}})
    with proxy.connect() as connection:
        answers = [connection.request(token=issuer.token()) for _ in range(2)]
        assert [answer.value("Connection") for answer in answers] == [None, "close"] and connection.is_closed()
