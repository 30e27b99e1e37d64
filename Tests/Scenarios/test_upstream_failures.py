"""An upstream that is missing, slow, gone in the middle, or talks nonsense: 502, 504, or a cut that nobody takes for an end."""
import contextlib
import socket
import ssl
import threading

import pytest

from harness.accepting import accept_each
from harness.processes import PATIENCE, eventually, free_port
from harness.wire import MessageReader, Truncated

OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answering(*answers):
    """Answers the requests of each connection with these, then closes."""

    def behave(peer, number):
        for answer in answers:
            peer.request()
            peer.send(answer)
        peer.close()

    return behave


NONSENSE = {
    "no HTTP": "\x01\x02 this is not HTTP\r\n\r\n",
    "nothing but a line end": "\r\n\r\n",
    "a TLS alert": "\x15\x03\x01\x00\x02\x02\x28",
    "a status of four digits": "HTTP/1.1 2000 X\r\nContent-Length: 0\r\n\r\n",
    "a status below 100": "HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n",
    "a status of two digits": "HTTP/1.1 20 X\r\nContent-Length: 0\r\n\r\n",
    "another version": "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "two lengths in a list": "HTTP/1.1 200 OK\r\nContent-Length: 5,6\r\n\r\nhello",
    "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a negative length": "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
    "both framings": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a NUL in a value": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: a\0b\r\n\r\n",
    "a carriage return in a value": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: a\rb\r\n\r\n",
    "line feeds alone": "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "a name with a space": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX A: b\r\n\r\n",
    "a head of 1 MiB": "HTTP/1.1 200 OK\r\nX-A: " + "a" * (1 << 20) + "\r\n\r\n",
    "10,000 fields": "HTTP/1.1 200 OK\r\n" + "X-A: b\r\n" * 10000 + "\r\n",
    "a switch of protocols nobody asked for": "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "interim answers without end": "HTTP/1.1 102 Processing\r\n\r\n" * 1000,
    "half a head": "HTTP/1.1 200 OK\r\nContent-Le",
    "nothing": "",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_an_upstream_that_talks_nonsense_is_a_bad_gateway(rude, issuer, name):
    """(DT-11)"""
    stage = rude(answering(NONSENSE[name]))
    with stage.proxy.connect() as connection:
        answer = connection.request(token=issuer.token())
        assert answer.status == 502 and answer.reason and not answer.values("WWW-Authenticate")
        assert b"127.0.0.1" not in answer.body


def test_an_upstream_that_refuses_connections_is_a_bad_gateway(start_proxy, issuer):
    """(DT-11)"""
    proxy = start_proxy({"upstream": {"url": f"http://127.0.0.1:{free_port()}"}}, wait="alive")
    eventually(lambda: proxy.ask(token=issuer.token()).status == 502, "502")
    assert proxy.ask(token=issuer.token()).reason.startswith("upstream")
    assert proxy.ask().status == 401, "who may not ask is told nothing about the upstream"


def test_an_upstream_that_is_too_slow_is_a_gateway_timeout(start_proxy, issuer):
    """(DT-11)"""
    proxy = start_proxy({"upstream": {"response_timeout": "1s"}})
    assert proxy.ask(token=issuer.token(), headers=[("Lab-Respond", "delay=1h")]).status == 504
    eventually(lambda: proxy.ask(token=issuer.token()).status == 200, "it serves others")


def test_an_answer_that_stops_in_the_middle_is_cut_and_not_ended(start_proxy, issuer):
    proxy = start_proxy({"upstream": {"response_timeout": "500ms"}})
    with proxy.connect() as connection, pytest.raises((Truncated, OSError)):
        connection.request(token=issuer.token(), headers=[("Lab-Respond", "size=5; drip=1h; chunked")])


@pytest.mark.parametrize("coding", ["", "; chunked"])
def test_an_answer_that_is_cut_off_is_not_presented_as_complete(proxy, issuer, coding):
    with proxy.connect() as connection:
        connection.send(connection.head(token=issuer.token(), headers=[("Lab-Respond", f"size=100000; truncate=5000{coding}")]))
        with pytest.raises((Truncated, OSError)):
            connection.answer()


def test_a_reset_in_the_middle_of_an_answer_until_close_is_a_cut(rude, issuer):
    arrived = threading.Event()

    def behave(peer, number):
        peer.request()
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello")
        assert arrived.wait(PATIENCE)  # so that the octets are read before the reset discards them
        peer.reset()

    stage = rude(behave)
    with stage.proxy.connect() as connection:
        connection.send(connection.head(token=issuer.token()))
        while b"hello" not in connection.reader.buffer:
            assert connection.reader.more()
        arrived.set()
        with pytest.raises((Truncated, OSError)):
            connection.answer()


def test_an_answer_until_close_arrives_whole(rude, issuer):
    stage = rude(answering("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + "hello" * 1000))
    with stage.proxy.connect() as connection:
        assert connection.request(token=issuer.token()).body == b"hello" * 1000


def test_a_post_is_not_sent_twice(rude, issuer):
    """Whatever the upstream did with it before it went away."""
    stage = rude(answering(""))
    assert stage.proxy.ask("POST", token=issuer.token(), body=b"hello").status == 502
    assert sum(len(peer.requests) for peer in stage.upstream.peers) == 1


def test_a_post_is_not_sent_twice_over_a_connection_that_was_kept(rude, issuer):
    stage = rude(answering(OK, ""), {"threads": 1})
    assert stage.proxy.ask("POST", token=issuer.token(), body=b"hello").status == 200
    assert stage.proxy.ask("POST", token=issuer.token(), body=b"hello").status == 502
    assert sum(len(peer.requests) for peer in stage.upstream.peers) == 2


def test_a_get_over_a_kept_connection_that_was_closed_meanwhile_is_sent_again(rude, issuer):
    stage = rude(answering(OK), {"threads": 1})
    for _ in range(5):
        assert stage.proxy.ask(token=issuer.token()).status == 200


def test_a_request_that_is_sent_again_gets_no_kept_connection(start_proxy, issuer, pki):
    """One that another exchange gives back meanwhile may have been closed just as well. TLS, so that a new one can be held up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.path("server.pem"), pki.path("server.key"))
    listener = socket.create_server(("127.0.0.1", 0))
    slow, held, go = threading.Event(), threading.Event(), threading.Event()
    asked = []

    def serve(sock):
        if "/third" in asked:
            held.set()
            assert go.wait(PATIENCE)
        with contextlib.suppress(Truncated, OSError), context.wrap_socket(sock, server_side=True) as peer:
            reader, served = MessageReader(peer), 0
            while True:
                target = reader.request()[0].split(" ")[1]
                asked.append(target)
                if target == "/slow":
                    assert slow.wait(PATIENCE)
                if target == "/third" and served:
                    return  # closed meanwhile, as far as anybody can tell
                peer.sendall(OK.encode())
                served += 1

    accept_each(listener, serve)
    settings = {"url": f"https://localhost:{listener.getsockname()[1]}", "certificate_authorities": pki.path("ca.pem"), "connect_timeout": "1m"}
    proxy = start_proxy({"upstream": settings, "threads": 1, "routes": None})
    with proxy.connect() as one, proxy.connect() as other:
        one.send(one.head(target="/slow", token=issuer.token()))
        eventually(lambda: "/slow" in asked, "one connection is in use")
        assert other.request(target="/second", token=issuer.token()).status == 200
        other.send(other.head(target="/third", token=issuer.token()))
        assert held.wait(PATIENCE), "it is to be sent again, over a new connection"
        slow.set()
        assert one.answer().status == 200, "a kept connection is free"
        assert proxy.ask(target="/fourth", token=issuer.token(), method="POST", body=b"x").status == 200
        go.set()
        assert other.answer().status == 200
    assert asked.count("/third") == 2
    listener.close()


def test_octets_after_an_answer_are_nobodys_answer(rude, issuer):
    def behave(peer, number):
        peer.request()
        peer.send(OK + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
        peer.request()
        peer.send(OK)

    stage = rude(behave, {"threads": 1})
    for _ in range(3):
        assert stage.proxy.ask(token=issuer.token()).body == b"ok"


def test_octets_on_an_idle_connection_close_it(rude, issuer):
    idle = threading.Event()

    def behave(peer, number):
        peer.request()
        peer.send(OK)
        assert idle.wait(PATIENCE)
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
        peer.closed = peer.is_closed()

    stage = rude(behave, {"threads": 1})
    assert stage.proxy.ask(token=issuer.token()).body == b"ok"
    idle.set()
    peer = stage.upstream.peers[0]
    assert peer.done.wait(PATIENCE) and peer.closed
    assert stage.proxy.ask(token=issuer.token()).body == b"ok"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_body_where_there_is_none_is_dropped_and_the_connection_with_it(rude, issuer, status):
    stage = rude(answering(f"HTTP/1.1 {status}\r\nContent-Length: 6\r\n\r\nforged"), {"threads": 1})
    for _ in range(2):
        with stage.proxy.connect() as connection:
            answer = connection.request(token=issuer.token())
            assert answer.status == int(status[:3])
            if answer.value("Connection") != "close":
                assert connection.request("GET", "/", None).status == 401


def test_a_body_in_answer_to_head_is_dropped(rude, issuer):
    stage = rude(answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"), {"threads": 1})
    with stage.proxy.connect() as connection:
        assert connection.request("HEAD", "/", issuer.token()).status == 200
        assert connection.request("GET", "/", None).status == 401


def test_a_client_that_goes_away_in_the_middle_of_its_body_leaves_it_incomplete(rude, issuer):
    def behave(peer, number):
        peer.request()

    stage = rude(behave)
    connection = stage.proxy.connect()
    connection.send(connection.head("POST", "/", issuer.token(), [("Content-Length", "100")]) + "hello")
    peer = eventually(lambda: stage.upstream.peers and stage.upstream.peers[0], "the upstream is asked")
    connection.tcp.close()
    connection.sock.close()
    assert peer.done.wait(PATIENCE)
    assert isinstance(peer.error, (Truncated, OSError)) and not peer.requests


def test_a_client_that_goes_away_does_not_leave_the_upstream_working(rude, issuer):
    def behave(peer, number):
        peer.request()
        peer.closed = peer.is_closed()

    stage = rude(behave)
    connection = stage.proxy.connect()
    connection.send(connection.head(token=issuer.token()))
    peer = eventually(lambda: stage.upstream.peers and stage.upstream.peers[0].requests and stage.upstream.peers[0], "the request")
    connection.close()
    assert peer.done.wait(PATIENCE) and peer.closed


def test_the_number_of_upstream_connections_is_bounded(start_proxy, issuer, upstream):
    proxy = start_proxy({"threads": 1, "upstream": {"max_connections": 2}})
    connections = [proxy.connect() for _ in range(6)]
    for connection in connections:
        connection.send(connection.head(token=issuer.token(), headers=[("Lab-Respond", "delay=100ms")]))
    answers = [connection.answer() for connection in connections]
    assert [answer.status for answer in answers] == [200] * 6
    assert len({answer.json()["connection"] for answer in answers}) <= 2
    for connection in connections:
        connection.close()


def test_an_upstream_that_does_not_accept_is_given_up_in_time(start_proxy, issuer):
    """A listener with a full queue: connecting hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(address)
            fillers.append(filler)
        proxy = start_proxy({"upstream": {"url": "http://%s:%d" % address, "connect_timeout": "300ms"}}, wait="alive")
        eventually(lambda: proxy.ask(token=issuer.token()).status in (502, 504), "502 or 504")
        for filler in fillers:
            filler.close()


def test_an_upstream_that_never_finishes_its_handshake_does_not_hold_up_what_comes_after(start_proxy, issuer, pki):
    """Each request is answered in time, and a later one has a connection attempt of its own."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}"
        settings = {"url": url, "certificate_authorities": pki.path("ca.pem"), "connect_timeout": "300ms", "max_connections": 1}
        proxy = start_proxy({"upstream": settings, "threads": 1}, wait="alive")
        eventually(lambda: proxy.ask(token=issuer.token()).reason != "keys_unavailable", "the keys are there")
        for _ in range(3):
            answer = proxy.ask(token=issuer.token())
            assert answer.status == 504 and answer.reason == "upstream_connect_timeout"
