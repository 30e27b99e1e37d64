"""Several upstreams, chosen by the route, and several addresses of one: what clients see when some of them are away."""
import socket

from harness.processes import eventually, free_port
from harness.upstream import RudeUpstream

OK = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"


def named(name, listener=None):
    """An upstream that answers with its name."""

    def behave(peer, number):
        while True:
            peer.request()
            peer.send(OK % (len(name), name))

    return RudeUpstream(behave, listener)


def place(upstream):
    return "%s:%d" % upstream.address[:2]


def on(port):
    return socket.create_server(("127.0.0.1", port))


def goes(upstream):
    """Its connections are cut, and nobody listens there any more."""
    upstream.listener.shutdown(socket.SHUT_RDWR)
    upstream.end()


def body(answer):
    return answer.body.decode()


def test_routes_lead_to_the_upstream_that_they_name(start_proxy, issuer):
    main, reports = named("main"), named("reports")
    changes = {
        "upstream": {"url": main.url},
        "upstreams": {"reports": {"url": reports.url, "health": {"path": "/healthz", "interval": "100ms"}}},
        "routes": [{"path": "/reports/*", "upstream": "reports"}, {"path": "/main", "upstream": "default"}],
    }
    proxy = start_proxy(changes)
    with proxy.connect() as connection:
        answers = [body(connection.request(target=path, token=issuer.token())) for path in ["/", "/reports/7", "/main", "/reports"]]
    assert answers == ["main", "reports", "main", "reports"]
    assert [proxy.logged(path)["upstream"] for path in ["/reports/7", "/main"]] == ["reports", "default"]
    assert proxy.metric("holdfast_upstream_requests_total", upstream="reports") == 2
    assert proxy.metric("holdfast_upstream_up", upstream="reports") == 1
    goes(reports)
    eventually(lambda: "`reports`: upstream unreachable" in proxy.admin("/readyz")[1], "readiness names the one that is away")
    assert body(proxy.ask(token=issuer.token())) == "main"
    main.end()


def test_no_client_sees_that_one_address_is_away_and_it_is_asked_again_when_it_is_back(start_proxy, issuer):
    port = free_port()
    well = named("well")
    changes = {
        "upstream": {
            "url": "http://localhost:1", "addresses": [place(well), f"127.0.0.1:{port}"], "health": {"failures": 2, "rest": "200ms"},
        }, "routes": None, "threads": 1,
    }
    proxy = start_proxy(changes)
    with proxy.connect() as connection:
        asked = [("GET", None), ("POST", b"x" * 100), ("POST", b"x" * 100_000)] * 5
        assert {body(connection.request(method, token=issuer.token(), body=octets)) for method, octets in asked} == {"well"}

        back = named("back", on(port))
        eventually(lambda: body(connection.request(token=issuer.token())) == "back", "requests reach it again")
        goes(back)
        assert {connection.request(token=issuer.token()).status for _ in range(10)} == {200}, "though its connections were cut"
        again = named("again", on(port))
        eventually(lambda: body(connection.request(token=issuer.token())) == "again", "and once more")
    again.end()
    well.end()


def test_what_was_sent_is_sent_again_only_where_it_may_come_twice(start_proxy, issuer):
    def cuts(peer, number):
        peer.request()
        peer.reset()

    first, second = RudeUpstream(cuts), RudeUpstream(cuts)
    changes = {
        "upstream": {"url": "http://localhost:1", "addresses": [place(first), place(second)], "health": {"failures": 100}},
        "routes": None, "threads": 1,
    }
    proxy = start_proxy(changes)

    def requests():
        return len(first.peers) + len(second.peers)

    assert proxy.ask("POST", token=issuer.token(), body=b"once").status == 502
    assert requests() == 1
    assert proxy.ask("GET", token=issuer.token()).status == 502
    assert requests() == 3 and first.peers and second.peers, "the other address was asked, and then no more"
    assert proxy.metric("holdfast_upstream_retries_total", upstream="default") == 1
    first.end()
    second.end()


def test_where_all_addresses_are_away_or_unwell_it_says_so_and_answers_502(start_proxy, issuer):
    def unwell(peer, number):
        while True:
            path = peer.request()[0]
            peer.send("HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % ("503 Unwell" if "/healthz" in path and not well else "200 OK"))

    well = []
    one, away = RudeUpstream(unwell), free_port()
    health = {"path": "/healthz", "interval": "100ms"}
    addresses = [place(one), f"127.0.0.1:{away}"]
    proxy = start_proxy(
        {"upstream": {"url": "http://localhost:1", "addresses": addresses, "health": health}, "routes": None}, wait="alive")
    eventually(lambda: "status_unexpected" in proxy.admin("/readyz")[1], "it is not ready")
    eventually(lambda: proxy.ask(token=issuer.token()).status == 200, "all are asked where all are unwell, and one of them answers")
    well.append(True)
    proxy.wait_ready()
    goes(one)
    eventually(lambda: proxy.admin("/readyz")[0] == 503, "none is left")
    assert proxy.ask(token=issuer.token()).status == 502
