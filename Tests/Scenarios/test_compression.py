"""Answers of an API that cannot compress, by what each client allows: curl over both protocols, and httpx."""
import gzip
import subprocess

import httpx
import pytest

from harness.processes import PATIENCE

TEXT = b'{"rows": [' + b'{"name": "value"}, ' * 5000 + b"{}]}"


@pytest.fixture
def compressing(start_proxy, upstream):
    return start_proxy({"upstream": {"url": upstream.url, "compression": {"types": ["application/json"]}}, "routes": None})


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
def test_curl(compressing, pki, issuer, protocol):
    def curl(*words):
        command = ["curl", "-sS", protocol, "--max-time", str(PATIENCE), "--cacert", pki.path("ca.pem"), "--cert", pki.path("client-a.pem")]
        command += ["--key", pki.path("client-a.key"), "-H", f"Authorization: Bearer {issuer.token()}", "-D", "/dev/stderr", *words]
        done = subprocess.run([*command, "https://127.0.0.1:%d/report" % compressing.address[1]], capture_output=True, check=True, input=TEXT)
        return done.stdout, done.stderr.decode().lower()

    upload = ["-X", "POST", "-T", "-"]
    plain, head = curl(*upload)
    assert "content-encoding" not in head and "vary: accept-encoding" in head
    packed, head = curl(*upload, "-H", "Accept-Encoding: br, gzip")
    assert "content-encoding: gzip" in head and "content-length" not in head and "vary: accept-encoding" in head
    assert len(packed) < len(plain) and gzip.decompress(packed)[:10] == plain[:10]
    unpacked, head = curl(*upload, "--compressed")
    assert "content-encoding: gzip" in head and len(unpacked) > len(packed)
    refused, head = curl(*upload, "-H", "Accept-Encoding: gzip;q=0, identity")
    assert "content-encoding" not in head


@pytest.mark.parametrize("http2", [False, True])
def test_httpx(compressing, pki, issuer, http2):
    with httpx.Client(http2=http2, verify=pki.context(), timeout=PATIENCE) as client:
        for encoding in ("gzip", "identity"):
            headers = {"Authorization": f"Bearer {issuer.token()}", "Accept-Encoding": encoding}
            answer = client.post("https://127.0.0.1:%d/report" % compressing.address[1], content=TEXT, headers=headers)
            assert answer.headers.get("content-encoding") == ("gzip" if encoding == "gzip" else None)
            assert answer.json()["fields"]
