"""Servers that APIs run on, as they are: what each of them sends reaches a client of either protocol unchanged."""
import hashlib
import os
import shutil
import socket
import sys
from pathlib import Path

import httpx
import pytest

from harness.processes import PATIENCE, Process, eventually, free_port

HARNESS = Path(__file__).parent / "harness"
BODY = b"x" * 300_000
FILE = bytes(range(256)) * 1000

NGINX = """daemon off; {user} worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{ worker_connections 256; }}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; server {{ listen 127.0.0.1:{port}; root {folder}/files; }} }}
"""
APACHE = """ServerName localhost
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
DefaultRuntimeDir {folder}
Listen 127.0.0.1:{port}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
DocumentRoot {folder}/files
"""


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def python(*words):
    return lambda folder, port: [sys.executable, "-m", *[word.format(port=port) for word in words]]


def configured(text, *words):
    def command(folder, port):
        path = folder / "server.conf"
        # As root it would drop what it may read, which is in a folder of the tests.
        path.write_text(text.format(folder=folder, port=port, user="user root;" if os.geteuid() == 0 else ""))
        return [word.format(path=path, folder=folder) for word in words]

    return command


APIS = {
    "gunicorn": python("gunicorn", "--chdir", str(HARNESS), "-b", "127.0.0.1:{port}", "--keep-alive", "60", "-k", "gthread", "apps:wsgi"),
    "uvicorn": python("uvicorn", "--app-dir", str(HARNESS), "--port", "{port}", "--log-level", "warning", "apps:asgi"),
    "node": lambda folder, port: ["node", HARNESS / "node/api.js"],
    "node-h2c": lambda folder, port: ["node", HARNESS / "node/api.js", "h2c"],
    "node-h2": lambda folder, port: ["node", HARNESS / "node/api.js", "h2", folder / "api.pem", folder / "api.key"],
    "jdk": lambda folder, port: ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", HARNESS / "java/Api.java"],
}  # fmt: skip
FILES = {
    "nginx": configured(NGINX, "nginx", "-c", "{path}", "-p", "{folder}"),
    "apache": configured(APACHE, "apache2", "-X", "-f", "{path}"),
}


@pytest.fixture
def start(start_proxy, tmp_path, pki):
    started = []
    shutil.copy(pki.path("server.pem"), tmp_path / "api.pem")
    shutil.copy(pki.path("server.key"), tmp_path / "api.key")

    def start(name, command):
        port = free_port()
        process = Process(command(tmp_path, port), tmp_path, name)
        started.append(process)
        if name.startswith("node") or name == "jdk":
            port = int(eventually(lambda: process.out.strip(), lambda: f"{name} listens: {process.err}"))
        eventually(lambda: is_listening(port), lambda: f"{name} listens: {process.out} {process.err}")
        upstream = {"url": f"http://127.0.0.1:{port}"}
        if name == "node-h2c":
            upstream |= {"protocol": "h2c", "health": {"path": "/none", "status": 204, "interval": "1s"}}
        if name == "node-h2":
            upstream = {"url": f"https://127.0.0.1:{port}", "certificate_authorities": pki.path("ca.pem"), "protocol": "h2"}
        return start_proxy({"upstream": upstream, "routes": None})

    yield start
    for process in started:
        process.terminate()
        process.end()


@pytest.mark.parametrize("name", APIS)
def test_apis(start, pki, issuer, name):
    proxy = start(name, APIS[name])
    wanted = f"{hashlib.sha256(BODY).hexdigest()} {pki.thumbprint('client-a')}"
    nothing = f"{hashlib.sha256(b'').hexdigest()} {pki.thumbprint('client-a')}"
    for http2 in (False, True):
        with httpx.Client(
            http2=http2, verify=pki.context(), timeout=PATIENCE, base_url="https://127.0.0.1:%d" % proxy.address[1],
            headers={"Authorization": f"Bearer {issuer.token()}"},
        ) as client:  # fmt: skip
            for _ in range(3):
                assert client.post("/echo", content=BODY).text == wanted
                assert client.post("/echo", content=iter([BODY[:70_000], BODY[70_000:]])).text == wanted
                assert client.get("/echo").text == nothing
                head = client.head("/echo")
                assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(nothing)), b"")
                assert client.get("/stream").content == b"x" * 100_000
                empty = client.get("/none")
                assert (empty.status_code, empty.content) == (204, b"")


@pytest.mark.parametrize("name", FILES)
def test_files(start, pki, issuer, tmp_path, name):
    (tmp_path / "files").mkdir()
    (tmp_path / "files/file").write_bytes(FILE)
    proxy = start(name, FILES[name])
    for http2 in (False, True):
        with httpx.Client(
            http2=http2, verify=pki.context(), timeout=PATIENCE, base_url="https://127.0.0.1:%d" % proxy.address[1],
            headers={"Authorization": f"Bearer {issuer.token()}"},
        ) as client:  # fmt: skip
            whole = client.get("/file")
            assert (whole.status_code, whole.content) == (200, FILE)
            part = client.get("/file", headers={"Range": "bytes=1000-199999"})
            assert (part.status_code, part.content) == (206, FILE[1000:200_000])
            parts = client.get("/file", headers={"Range": "bytes=0-9,100-109"})
            assert parts.status_code == 206 and FILE[100:110] in parts.content
            same = client.get("/file", headers={"If-None-Match": whole.headers["etag"]})
            assert (same.status_code, same.content) == (304, b"")
            head = client.head("/file")
            assert (head.status_code, head.headers["content-length"]) == (200, str(len(FILE)))
            assert client.get("/none").status_code == 404
            assert client.get("/file").content == FILE, "the connections are as clean as before"
