"""Clients of HTTP that people use, as they are: each with a token that is bound to its certificate, and with one that is not."""
import asyncio
import hashlib
import json
import shutil
import subprocess
import threading
from pathlib import Path

import aiohttp
import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as connect_websocket
from websockets.sync.server import serve as serve_websocket

from harness.processes import PATIENCE, run

SIZE = 300_000
BODY = b"x" * SIZE
HARNESS = Path(__file__).parent / "harness"


@pytest.fixture(scope="module")
def tokens(issuer, forge):
    """By the status that they come to."""
    return lambda: {200: issuer.token(), 401: forge.token(bind="client-b")}


def told(status, answered, body, version=None, was=None):
    """The API was told all of it, or the client why not."""
    assert answered == status, body
    assert was == version
    if status == 200:
        report = json.loads(body)
        assert hashlib.sha256(BODY).hexdigest() in body
        assert any(name == "X-Client-Cert-SHA256" for name, _ in report["fields"]), report
    else:
        assert json.loads(body)["reason"] == "cnf_mismatch"


def address(proxy):
    return "127.0.0.1:%d" % proxy.address[1]


def curl(proxy, pki, token, *words, **options):
    command = ["curl", "-sS", "--max-time", str(PATIENCE), "--cacert", pki.path("ca.pem"), "--cert", pki.path("client-a.pem")]
    command += ["--key", pki.path("client-a.key"), "-H", f"Authorization: Bearer {token}", "-w", "\n%{http_version} %{http_code}", *words]
    done = subprocess.run([*command, f"https://{address(proxy)}/curl"], capture_output=True, check=True, **options)
    body, line = done.stdout.decode().rsplit("\n", 1)
    version, status = line.split()
    return int(status), body, version


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize(
    "words", [("--http1.1", "-H", "Expect: 100-continue"), ("--http1.1", "-H", "Transfer-Encoding: chunked"), ("--http2",), ("--http2", "--no-buffer")]
)
def test_curl_from_a_pipe(proxy, pki, tokens, words, status):
    """Its length is not known beforehand."""
    answered, body, version = curl(proxy, pki, tokens()[status], *words, "-X", "POST", "-T", "-", input=BODY)
    told(status, answered, body, version, "2" if "--http2" in words else "1.1")


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("http2", [False, True])
def test_httpx(proxy, pki, tokens, http2, status):
    with httpx.Client(http2=http2, verify=pki.context(), timeout=PATIENCE) as client:
        for _ in range(3):
            headers = {"Authorization": f"Bearer {tokens()[status]}"}
            answer = client.post(f"https://{address(proxy)}/httpx", content=BODY, headers=headers)
            told(status, answer.status_code, answer.text, answer.http_version, "HTTP/2" if http2 else "HTTP/1.1")


@pytest.mark.parametrize("status", [200, 401])
def test_aiohttp(proxy, pki, tokens, status):
    """Twenty at once on its pool of connections."""

    async def ask(session, headers):
        async with session.post(f"https://{address(proxy)}/aiohttp", data=BODY, headers=headers, ssl=pki.context()) as answer:
            return answer.status, await answer.text()

    async def all_of_them():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as session:
            headers = {"Authorization": f"Bearer {tokens()[status]}"}
            return await asyncio.gather(*(ask(session, headers) for _ in range(20)))

    for answered, body in asyncio.run(all_of_them()):
        told(status, answered, body)


@pytest.mark.parametrize("status", [200, 401])
def test_node(proxy, pki, tokens, status):
    done = run("node", HARNESS / "node/calls.js", address(proxy), Path(pki.path("ca.pem")).parent, tokens()[status], SIZE)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["client"] for answer in answers] == ["https", "http2", "fetch"]
    for answer in answers:
        told(status, answer["status"], answer["body"], answer["version"], "2" if answer["client"] == "http2" else "1.1")


@pytest.mark.parametrize("status", [200, 401])
def test_java(proxy, pki, tokens, tmp_path, status):
    store = tmp_path / "client.p12"
    made = run(
        "openssl", "pkcs12", "-export", "-in", pki.path("client-a.pem"), "-inkey", pki.path("client-a.key"), "-out", store, "-passout", "pass:password"
    )
    assert made.returncode == 0, made.stderr
    folder = Path(pki.path("ca.pem")).parent
    done = run("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", HARNESS / "java/Calls.java", address(proxy), folder, store, tokens()[status], SIZE)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 2) for line in done.stdout.splitlines() if line]
    assert [line[0] for line in lines] == ["HTTP_1_1", "HTTP_2"]
    for _, answered, body in lines:
        told(status, int(answered), body)


@pytest.mark.parametrize("status", [200, 401])
def test_nghttp(proxy, pki, tokens, tmp_path, status):
    (tmp_path / "body").write_bytes(BODY)
    done = run(
        "nghttp", "-v", "--cert", pki.path("client-a.pem"), "--key", pki.path("client-a.key"), "-d", tmp_path / "body", "-H", ":method: POST",
        "-H", f"Authorization: Bearer {tokens()[status]}", f"https://{address(proxy)}/nghttp",
    )  # fmt: skip
    assert f":status: {status}" in done.stdout, done.stdout + done.stderr
    assert (hashlib.sha256(BODY).hexdigest() if status == 200 else "cnf_mismatch") in done.stdout


def test_websockets(start_proxy, pki, tokens):
    """Its client and its server, with what they negotiate between them."""

    def echo(socket):
        for message in socket:
            socket.send(message)

    with serve_websocket(echo, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        proxy = start_proxy({"upstream": {"url": f"http://127.0.0.1:{port}"}, "routes": [{"path": "/ws", "upgrade": "websocket"}]})

        def opened(token, path="/ws"):
            headers = {"Authorization": f"Bearer {token}"}
            return connect_websocket(f"wss://{address(proxy)}{path}", ssl=pki.context(), additional_headers=headers, open_timeout=PATIENCE)

        with opened(tokens()[200]) as socket:
            assert socket.response.headers["Sec-WebSocket-Extensions"].startswith("permessage-deflate")
            for message in ["hello", b"\x00" * 200_000, "é" * 70_000, ""]:
                socket.send(message)
                assert socket.recv(PATIENCE) == message
            socket.close(1000)
            with pytest.raises(ConnectionClosed):
                socket.recv(PATIENCE)
        with pytest.raises(InvalidStatus) as refused:
            opened(tokens()[401])
        assert refused.value.response.status_code == 401
        server.shutdown()


def test_every_client_is_there():
    assert [name for name in ("curl", "node", "java", "nghttp") if shutil.which(name) is None] == []
