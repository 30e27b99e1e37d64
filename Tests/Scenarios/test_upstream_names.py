"""`server_name: from-host`: virtual hosts behind one address, which want the name in the handshake to be that of the request (Apache since 2.4.64
answers 421 where they differ). The upstream is nginx with a certificate for each."""
import os

import pytest

from harness.processes import Process, eventually, free_port
from harness.wire import Connection

ONE, TWO = "one.example.com", "two.example.com"
NGINX = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; {user} events {{ worker_connections 256; }}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; {servers} }}
"""
SERVER = """server {{ listen 127.0.0.1:{port} ssl; server_name {host}; ssl_certificate {pki}/{host}.pem; ssl_certificate_key {pki}/{host}.key;
if ($ssl_server_name != $host) {{ return 421; }}
location / {{ default_type text/plain; return 200 "$ssl_server_name $connection"; }} }}
"""


@pytest.fixture(scope="module")
def virtual_hosts(pki, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    for host in (ONE, TWO):
        pki.issue(host, "--usage", "server", "--dns", host)
    servers = "".join(SERVER.format(port=port, host=host, pki=pki.folder) for host in (ONE, TWO))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, servers=servers, user=user))
    process = Process(["nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"], folder, "nginx")

    def listens():
        assert process.is_running(), process.err
        try:
            Connection(("127.0.0.1", port), pki.context(None), server_hostname=ONE).close()
        except OSError:
            return False
        return True

    eventually(listens, lambda: f"nginx listens: {process.err}")
    yield port
    process.end()


def changes(pki, port, **more):
    upstream = {"url": f"https://127.0.0.1:{port}", "certificate_authorities": pki.path("ca.pem"), "server_name": "from-host"} | more
    return {"upstream": upstream, "listener": {"hosts": [ONE, TWO]}, "routes": [{"path": "/*", "require": "certificate"}]}


def ask(connection, host):
    connection.host = host
    answer = connection.request()
    return answer.status, answer.body.decode().split(" ")


def test_the_name_in_the_handshake_is_the_host_of_the_request(start_proxy, pki, virtual_hosts):
    proxy = start_proxy(changes(pki, virtual_hosts), wait="alive")
    used = {}
    with proxy.connect() as connection:
        for host in (ONE, TWO, ONE, TWO, ONE.upper(), f"{TWO}:443"):
            status, (name, number) = ask(connection, host)
            assert status == 200 and name == host.lower().removesuffix(":443")
            used.setdefault(name, set()).add(number)
    # Each host's requests share a connection of their own.
    assert len(used[ONE]) == len(used[TWO]) == 1 and used[ONE] != used[TWO]


def test_a_certificate_counts_for_the_host_of_the_request(start_proxy, pki, virtual_hosts):
    """Its twin: with one name for all, nginx has no certificate or no answer for the other."""
    proxy = start_proxy(changes(pki, virtual_hosts, server_name=ONE), wait="alive")
    with proxy.connect() as connection:
        assert ask(connection, ONE)[0] == 200
        assert ask(connection, TWO)[0] == 421


def test_a_host_that_is_not_served_goes_nowhere(start_proxy, pki, virtual_hosts):
    proxy = start_proxy(changes(pki, virtual_hosts), wait="alive")
    with proxy.connect() as connection:
        connection.host = "three.example.com"
        assert connection.request().status == 421
