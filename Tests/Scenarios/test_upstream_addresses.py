"""How the upstream is reached: names of several addresses, sockets whose queue is full, connections that are thrown away."""
import os
import socket
import threading

import pytest

from harness.processes import eventually
from harness.upstream import RudeUpstream

OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def serving(peer, number):
    while True:
        peer.request()
        peer.send(OK)


def with_hosts(tmp_path, *lines):
    """A command that sees these lines as /etc/hosts, and everything else as it is."""
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"{line}\n" for line in lines))
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *root, "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]


def full_queue(family, address, port):
    """A listener that takes no connection, so that connecting to it hangs."""
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(0)
    fillers = [socket.socket(family) for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex((address, port))
    return [listener, *fillers]


@pytest.mark.parametrize("first", ["refuses", "hangs"])
@pytest.mark.parametrize("good", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("tls", [False, True])
def test_a_name_of_two_addresses_is_reached_at_the_one_that_answers(start_proxy, issuer, pki, tmp_path, first, good, tls):
    """Whatever the other does, for each request and each connection; and no connection or slot is lost on the way."""
    if tls and good == "::1":
        pytest.skip("the lab's upstream listens on one address; the order of addresses has nothing to do with TLS")
    bad = "::1" if good == "127.0.0.1" else "127.0.0.1"
    if tls:
        from harness.upstream import Upstream
        lab = Upstream(tmp_path, "--pki", pki.folder, name="tls")
        port, end = lab.address[1], lab.end
    else:
        listener = socket.create_server((good, 0), family=socket.AF_INET6 if ":" in good else socket.AF_INET)
        port = listener.getsockname()[1]
        upstream = RudeUpstream(serving, listener)
        end = upstream.end
    held = full_queue(socket.AF_INET6 if ":" in bad else socket.AF_INET, bad, port) if first == "hangs" else []
    name = "localhost"
    settings = {"url": f"http{'s' if tls else ''}://{name}:{port}", "max_connections": 2, "max_connections_per_client": 2}
    if tls:
        settings["certificate_authorities"] = pki.path("ca.pem")
    proxy = start_proxy(
        {"upstream": settings, "routes": None, "threads": 1}, prefix=with_hosts(tmp_path, f"127.0.0.1 {name}", f"::1 {name}"))
    before = None
    for round in range(3):
        connections = [proxy.connect() for _ in range(2)]
        for connection in connections:
            assert connection.request(token=issuer.token()).status == 200
            connection.close()
        descriptors = len(os.listdir(f"/proc/{proxy.process.child.pid}/fd"))
        before = before or descriptors
    eventually(lambda: len(os.listdir(f"/proc/{proxy.process.child.pid}/fd")) <= before, "no descriptor is left behind")
    end()
    for sock in held:
        sock.close()


def test_a_name_without_an_address_is_named_as_the_trouble(start_proxy, issuer, tmp_path):
    proxy = start_proxy(
        {"upstream": {"url": "http://api.invalid:1", "cleartext": "allowed"}, "routes": None}, wait="alive",
        prefix=with_hosts(tmp_path, "127.0.0.1 localhost"))
    eventually(lambda: proxy.ask("GET", "/nowhere", token=issuer.token()).reason == "upstream_unreachable", "502")
    eventually(lambda: any(line.get("cause") == "name_not_found" for line in proxy.log_lines()), "the log names the cause")
    assert proxy.metric("holdfast_upstream_failure_causes_total", cause="name_not_found") > 0


def test_a_unix_socket_whose_queue_is_full_is_waited_for(start_proxy, issuer, tmp_path):
    """The system does not wait there by itself: it says at once that there is no room."""
    path = str(tmp_path / "api.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(0)
    filler = socket.socket(socket.AF_UNIX)
    filler.connect(path)
    upstream = None
    proxy = start_proxy({"upstream": {"url": f"http+unix://{path}"}, "routes": None, "threads": 1}, wait="alive")
    eventually(lambda: proxy.ask(token=issuer.token()).reason != "keys_unavailable", "the keys")
    with proxy.connect() as connection:
        connection.send(connection.head(token=issuer.token()))
        threading.Event().wait(0.3)  # nothing shows that it waits but that no answer comes
        filler.close()
        upstream = RudeUpstream(serving, listener)
        assert connection.answer().status == 200
    upstream.end()


def test_a_unix_socket_that_stays_full_is_given_up_in_time(start_proxy, issuer, tmp_path):
    path = str(tmp_path / "api.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(0)
    filler = socket.socket(socket.AF_UNIX)
    filler.connect(path)
    settings = {"url": f"http+unix://{path}", "connect_timeout": "300ms"}
    proxy = start_proxy({"upstream": settings, "routes": None, "threads": 1}, wait="alive")
    eventually(lambda: proxy.ask("GET", "/full", token=issuer.token()).status == 504, "504")
    assert eventually(lambda: [line for line in proxy.log_lines() if line.get("status") == 504], "a log line")[0]["cause"] == "backlog_full"
    filler.close()
    listener.close()


def test_many_that_wait_for_a_socket_that_fails_all_hear_of_it(start_proxy, issuer, tmp_path):
    """Each failure hands the attempt to the next in line, which must not become a stack."""
    settings = {"url": f"http+unix://{tmp_path}/missing.sock", "max_connections": 1, "queue_timeout": "30s"}
    proxy = start_proxy({"upstream": settings, "routes": None, "threads": 1}, wait="alive")
    eventually(lambda: proxy.ask(token=issuer.token()).reason == "upstream_unreachable", "the keys, and no socket")
    connections = [proxy.connect() for _ in range(200)]
    head = connections[0].head(token=issuer.token())
    for connection in connections:
        connection.send(head)
    assert {connection.answer().status for connection in connections} == {502}
    for connection in connections:
        connection.close()


def test_a_tls_connection_that_is_thrown_away_gives_its_place_back_at_once(start_proxy, issuer, pki, tmp_path):
    """Not when the upstream has said its goodbye, which may take it seconds, or for ever."""
    from harness.upstream import Upstream

    lab = Upstream(tmp_path, "--pki", pki.folder, name="tls")
    settings = {
        "url": f"https://127.0.0.1:{lab.address[1]}", "certificate_authorities": pki.path("ca.pem"), "max_connections": 1,
        "max_connections_per_client": 1, "queue_timeout": "4s",  # less than the 5 s for which TLS waits for a goodbye
    }
    proxy = start_proxy({"upstream": settings, "routes": None, "threads": 1})
    connection = proxy.connect()
    connection.send(connection.head(token=issuer.token(), headers=[("Lab-Respond", "delay=30s")]))
    eventually(lambda: proxy.metric("holdfast_upstream_connections_total") == 1, "it is under way")
    connection.reset()
    assert proxy.ask(token=issuer.token()).status == 200
    assert proxy.metric("holdfast_upstream_connections_total") == 2
    lab.end()


def test_a_name_is_looked_up_again_and_followed_to_where_it_is(start_proxy, issuer, tmp_path):
    def named(name):
        def behave(peer, number):
            while True:
                peer.request()
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name))

        return behave

    def point(*addresses):
        (tmp_path / "hosts").write_text("".join(f"{address} api.test\n" for address in addresses))

    first = RudeUpstream(named("first"))
    port = first.address[1]
    second = RudeUpstream(named("second"), socket.create_server(("127.0.0.2", port)))
    upstream = {"url": f"http://api.test:{port}", "cleartext": "allowed", "resolve_every": "1s"}
    proxy = start_proxy({"upstream": upstream, "routes": None, "threads": 1}, prefix=with_hosts(tmp_path, "127.0.0.1 api.test"))
    with proxy.connect() as connection:

        def asked(count=1):
            return {connection.request(token=issuer.token()).body for _ in range(count)}

        assert asked(4) == {b"first"}
        point("127.0.0.2")
        eventually(lambda: asked() == {b"second"}, "it is asked where it is now")
        assert asked(4) == {b"second"}
        point("127.0.0.1", "127.0.0.2")
        eventually(lambda: asked(4) == {b"first", b"second"}, "both are asked")
    first.end()
    second.end()
