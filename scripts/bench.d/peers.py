"""Starts the upstream and the peers, one worker each:

    upstream  nginx, plain HTTP, answers a fixed body of 50 bytes
    nginx     mutual TLS reverse proxy that checks NO token: the speed to beat
    stream    nginx, mutual TLS ended to plain TCP, nothing parsed: near the floor for any proxy process
    haproxy   mutual TLS; JWT signature, iss, aud, exp and cnf checked: the same work as Holdfast
    envoy     the same work, by jwt_authn with its token cache and Lua
"""
import os

import envoy
from install import STREAM_MODULE
from processes import free_port

NGINX = """{module}
daemon off; worker_processes 1; pid {directory}/{name}.pid; error_log {directory}/{name}.err; {user}
events {{ worker_connections 16384; }}
{body}
"""
HTTP = """http {{
access_log off; keepalive_requests 100000000;
client_body_temp_path {directory}/{name}.body; proxy_temp_path {directory}/{name}.proxy; fastcgi_temp_path {directory}/{name}.fastcgi;
uwsgi_temp_path {directory}/{name}.uwsgi; scgi_temp_path {directory}/{name}.scgi;
{servers}
}}"""
TLS = ("ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {directory}/server.pem; ssl_certificate_key {directory}/server.key; "
       "ssl_client_certificate {directory}/ca.pem; ssl_verify_client on;")
LISTS = " ssl_crl {directory}/ca.crl;"
# Over TCP, over a Unix socket, and over HTTP/2 known beforehand.
UPSTREAM = """server {{ listen 127.0.0.1:{port} backlog=4096; listen unix:{directory}/upstream.sock; listen 127.0.0.1:{h2c} http2; keepalive_requests 100000000;
location / {{ default_type application/json; return 200 '{{"message":"hello from the legacy api","n":1234567890}}'; }} }}"""
# Bodies are streamed, as everybody else here does, and not spooled to a file first.
PROXY = """upstream u {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port} ssl http2 backlog=4096; {tls}
location / {{ proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Client-Cert $ssl_client_fingerprint;
client_max_body_size 0; proxy_request_buffering off; proxy_max_temp_file_size 0; }} }}"""
STREAM = "stream {{ server {{ listen 127.0.0.1:{port} ssl backlog=4096; {tls} proxy_pass 127.0.0.1:{upstream}; }} }}"

HAPROXY = """global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  http-reuse always
frontend api
  bind 127.0.0.1:{port} ssl crt {directory}/server-bundle.pem ca-file {directory}/ca.pem verify required {crl}alpn h2,http/1.1
  http-request del-header x-client-cert-sha256
  http-request set-var(txn.thumb) ssl_c_der,sha2(256),ub64enc
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
  http-request set-var(txn.aud) var(txn.bearer),jwt_payload_query('$.aud')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.cnf) var(txn.bearer),jwt_payload_query('$.cnf.x5t#S256')
  http-request deny deny_status 401 unless {{ var(txn.iss) -m str https://as.example }}
  http-request deny deny_status 401 unless {{ var(txn.aud) -m str api }}
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  acl rs var(txn.alg) -m str RS256
  acl es var(txn.alg) -m str ES256
  http-request deny deny_status 401 unless rs || es
  http-request deny deny_status 401 if rs ! {{ var(txn.bearer),jwt_verify(txn.alg,"{directory}/rs256.pub") -m int 1 }}
  http-request deny deny_status 401 if es ! {{ var(txn.bearer),jwt_verify(txn.alg,"{directory}/es256.pub") -m int 1 }}
  http-request deny deny_status 401 unless {{ var(txn.cnf),strcmp(txn.thumb) eq 0 }}
  http-request set-header x-client-cert-sha256 %[var(txn.thumb)]
  default_backend upstream
backend upstream
  server s 127.0.0.1:{upstream} pool-max-conn 256
"""


def write(fleet, name, text):
    path = os.path.join(fleet.directory, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def start_nginx(fleet, name, body, *, module="", core=None, lists=False, **values):
    directory, port = fleet.directory, free_port()
    tls = (TLS + LISTS if lists else TLS).format(directory=directory)
    values = {"directory": directory, "name": name, "port": port, "tls": tls} | values
    user = "user root;" if os.geteuid() == 0 else ""  # else the worker becomes a user who may not read this directory
    text = NGINX.format(module=module, directory=directory, name=name, user=user, body=body(values))
    path = write(fleet, name + ".conf", text)
    return fleet.start(name, ["nginx", "-p", directory, "-e", f"{directory}/{name}.err", "-c", path], port, core=core, worker=True)


def http(servers):
    return lambda values: HTTP.format(servers=servers.format(**values), **values)


def start_upstream(fleet):
    h2c = free_port()
    server = start_nginx(fleet, "upstream", http(UPSTREAM), core=fleet.load_core, h2c=h2c)
    server.ways = {"tcp": f"http://127.0.0.1:{server.port}", "unix": f"http+unix://{fleet.directory}/upstream.sock", "h2c": f"http://127.0.0.1:{h2c}\n  protocol: h2c"}
    return server


def nginx(fleet, upstream, lists=False):
    return start_nginx(fleet, "nginx", http(PROXY), upstream=upstream.port, lists=lists)


def stream(fleet, upstream, lists=False):
    module = f"load_module {STREAM_MODULE};"
    return start_nginx(fleet, "stream", lambda values: STREAM.format(**values), module=module, upstream=upstream.port, lists=lists)


def haproxy(fleet, upstream, lists=False):
    port = free_port()
    path = write(fleet, "haproxy.cfg", HAPROXY.format(
        directory=fleet.directory, port=port, upstream=upstream.port, crl=f"crl-file {fleet.directory}/ca.crl " if lists else ""))
    return fleet.start("haproxy", ["haproxy", "-db", "-f", path], port)


def envoy_at(binary):
    def start(fleet, upstream, lists=False):
        port = free_port()
        path = write(fleet, "envoy.json", envoy.configuration(fleet.directory, port, upstream.port, lists))
        return fleet.start("envoy", [binary, "-c", path, "--concurrency", "1", "-l", "error", "--disable-hot-restart"], port)
    return start
