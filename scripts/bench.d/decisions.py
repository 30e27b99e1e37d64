"""What a decision for another proxy costs: Holdfast's own part of it beside its proxying, and both together."""
import os
from dataclasses import dataclass
from pathlib import Path

from peers import start_nginx, http, write
from processes import Server, free_port
from sections import warm_requests
from table import Row

FILES = Path(__file__).parents[2] / "deploy/fronts"
NGINX = """upstream u {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
upstream holdfast {{ server unix:{socket}; keepalive 256; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port} ssl http2 backlog=4096; {tls}
location / {{ auth_request /_holdfast; auth_request_set $thumbprint $upstream_http_x_client_cert_sha256; proxy_pass http://u; proxy_http_version 1.1;
proxy_set_header Connection ""; proxy_set_header X-Client-Cert-SHA256 $thumbprint; }}
location = /_holdfast {{ internal; proxy_pass http://holdfast/; proxy_http_version 1.1; proxy_pass_request_body off; proxy_set_header Content-Length "";
proxy_set_header Connection ""; proxy_set_header X-Forwarded-Method $request_method; proxy_set_header X-Forwarded-Uri $request_uri;
proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Tls-Client-Cert $ssl_client_escaped_cert; }} }}"""


@dataclass
class Part(Server):
    """A front's port, and the time of one process behind it or of several."""
    others: tuple = ()

    def cpu_nanoseconds(self):
        return super().cpu_nanoseconds() + sum(other.cpu_nanoseconds() for other in self.others)


def from_file(bench, fleet, name, command, upstream, path, file, *more):
    """A front of deploy/fronts, with this section's paths and ports."""
    port = free_port()
    for part in (file, *more):
        text = (FILES / part).read_text()
        for old, new in {
            "/etc/fronts/haproxy.pem": f"{bench.directory}/server-bundle.pem", "/etc/fronts/clients-ca.pem": f"{bench.directory}/ca.pem",
            "/etc/fronts": bench.directory, "/run/holdfast/decision.sock": path, ":8443": f":{port}", "port_value: 8443": f"port_value: {port}",
            "127.0.0.1:8080": f"127.0.0.1:{upstream.port}", "port_value: 8080": f"port_value: {upstream.port}", "global\n": "global\n  nbthread 1\n",
        }.items():  # fmt: skip
            text = text.replace(old, new)
        written = write(fleet, part, text)
        if part == file:
            main = written
    return fleet.start(name, [*command, main], port)


def decisions(bench):
    if not bench.holdfast:
        return []
    import peers

    with bench.fleet() as fleet:
        upstream = peers.start_upstream(fleet)
        path = os.path.join(bench.directory, "decision.sock")
        servers = bench.start(fleet, [], upstream=upstream, variants={"holdfast": {}, "holdfast-judge": {"decision": path}})
        judge = servers.pop("holdfast-judge")
        fronts = {"nginx": start_nginx(fleet, "nginx-asks", http(NGINX), upstream=upstream.port, socket=path)}
        if "haproxy" in bench.peers:
            fronts["haproxy"] = from_file(bench, fleet, "haproxy-asks", ["haproxy", "-db", "-f"], upstream, path, "haproxy.cfg", "haproxy-spoe.conf")
        if "envoy" in bench.peers:
            command = [bench.envoy, "--concurrency", "1", "-l", "error", "--disable-hot-restart", "-c"]
            fronts["envoy"] = from_file(bench, fleet, "envoy-asks", command, upstream, path, "envoy.yaml")
        for name, front in fronts.items():
            servers[f"judge-{name}"] = Part(f"judge-{name}", front.port, judge.pid)
            servers[f"both-{name}"] = Part(f"both-{name}", front.port, judge.pid, (front,))
        samples = warm_requests(bench, servers, "rs256", "decisions")
    result = []
    for name in fronts:
        result.append(Row(f"a decision for {name}, Holdfast's part (peer: its own proxying)", "CPU µs", samples[f"judge-{name}"], "holdfast", samples["holdfast"], 1.5))
        result.append(Row(f"{name} and the decision (peer: Holdfast alone)", "CPU µs", samples[f"both-{name}"], "holdfast", samples["holdfast"], None))
    return result
