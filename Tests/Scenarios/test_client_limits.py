"""Bodies, connections and requests of a client have bounds where the configuration says so; by default they have none."""
import ssl

import pytest

from harness.processes import HOLDFAST, eventually, run
from harness.wire import Truncated


def test_bodies_connections_and_requests_are_bounded(start_proxy, issuer):
    proxy = start_proxy({
        "threads": 1, "listener": {"max_body": "10B"}, "limits": {"connections_per_client": 2, "rate": {"requests": 5, "per": "24h"}},
        "routes": [{"path": "/upload/*", "max_body": "20B"}]})
    token = issuer.token()
    with proxy.connect() as first, proxy.connect() as second:
        assert first.request("POST", "/upload/a", token, body=b"x" * 20).status == 200
        assert second.request("POST", "/a", token, body=b"x" * 10).status == 200
        refused = first.request("POST", "/upload/a", token, body=b"x" * 21)
        assert (refused.status, refused.reason) == (413, "body_too_large") and first.is_closed()
        second.send(second.head("POST", "/a", token, [("Transfer-Encoding", "chunked")]) + "b\r\n01234567890\r\n0\r\n\r\n")
        assert second.answer().status == 413 and second.is_closed()
    eventually(lambda: proxy.metric("holdfast_connections_active") == 0, "both are gone")
    with proxy.connect() as first, proxy.connect() as second:
        with pytest.raises((ssl.SSLError, OSError, Truncated)):
            # TLS 1.3 is done for the client before it is for us.
            with proxy.connect() as third:
                third.request("GET", "/", token)
        eventually(lambda: proxy.metric("holdfast_handshake_failures_total", reason="client_connections_exceeded") == 1, "it is counted")
        assert proxy.ask("GET", "/", issuer.token("client-b"), client="client-b").status == 200
        assert first.request("GET", "/", token).status == 200
        limited = second.request("GET", "/limited", token)
        assert (limited.status, limited.reason) == (429, "rate_exceeded") and 1 <= int(limited.value("Retry-After")) <= 17280
        assert proxy.metric("holdfast_refusals_total", reason="rate_exceeded") == 1 and proxy.logged("/limited")["reason"] == "rate_exceeded"


def test_explain_says_which_body_is_too_large(start_proxy, issuer, pki, tmp_path):
    limited = start_proxy({"listener": {"max_body": "10B"}, "routes": None})
    (tmp_path / "token").write_text(issuer.token())
    for length, code in [(10, 0), (11, 1)]:
        told = run(HOLDFAST, "explain", "--config", limited.file, "--certificate", pki.path("client-a.pem"), "--token", tmp_path / "token",
                   "--method", "POST", "--path", "/", "--header", f"Content-Length: {length}")
        assert told.returncode == code and ("body_too_large" in told.stdout) == bool(code), told.stdout + told.stderr
        assert "its body is not larger than is taken" in told.stdout and "at most 10 octets" in told.stdout
