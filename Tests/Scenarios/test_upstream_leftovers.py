"""What comes after an answer on a connection to the upstream is never the beginning of somebody else's."""
import threading

import pytest

from harness.processes import PATIENCE, eventually

OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BODY = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nothers"


@pytest.mark.parametrize(
    "method, answer", [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 46\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 46\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
    ])
def test_a_body_that_comes_later_than_an_answer_without_one_is_nobodys(rude, issuer, method, answer):
    """Old servers send one; it must not become the next client's answer. (H1-12, FW-05)"""

    def behave(peer, number):
        while True:
            line, *_ = peer.request()
            if "/first" in line:
                peer.send(answer)
                threading.Event().wait(0.3)  # in a later segment
                peer.send(BODY)
            else:
                peer.send(OK)

    stage = rude(behave, {"threads": 1})
    for _ in range(3):
        with stage.proxy.connect() as connection:
            assert connection.request(method, "/first", issuer.token()).status in (200, 204, 304)
            for client in ("client-a", "client-b"):
                assert stage.proxy.ask("GET", "/next", issuer.token(client), client=client).body == b"ok"


def test_a_connection_that_stays_silent_after_such_an_answer_is_used_again(rude, issuer):
    def behave(peer, number):
        while True:
            line, *_ = peer.request()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + ("" if line.startswith("HEAD") else "ok"))

    stage = rude(behave, {"threads": 1, "upstream": {"max_connections": 1, "max_connections_per_client": 1, "queue_timeout": "1m"}})
    with stage.proxy.connect() as connection:
        assert connection.request("HEAD", "/", issuer.token()).status == 200
        threading.Event().wait(4)  # some times longer than it is left alone
        assert connection.request(token=issuer.token()).body == b"ok"
        assert len(stage.upstream.peers) == 1
        # And where there may be no other, it is given up for a new one rather than waited for.
        assert connection.request("HEAD", "/", issuer.token()).status == 200
        assert connection.request(token=issuer.token()).body == b"ok"


@pytest.mark.parametrize("extra", ["\r\n", "\r\n\r\n"])
@pytest.mark.parametrize("later", [False, True])
def test_an_empty_line_too_many_after_an_answer_does_no_harm(rude, issuer, extra, later):
    """Old servers end an answer with one; the next request's answer comes after it. (H1-05)"""

    def behave(peer, number):
        while True:
            peer.request()
            peer.send(OK if later else OK + extra)
            if later:
                threading.Event().wait(0.1)
                peer.send(extra)

    stage = rude(behave, {"threads": 1, "upstream": {"max_connections": 1, "max_connections_per_client": 1}})
    with stage.proxy.connect() as connection:
        for number in range(4):
            assert connection.request("POST", "/", issuer.token(), body=b"x").body == b"ok"
            if number % 2:
                threading.Event().wait(0.2)
    assert len(stage.upstream.peers) == 1


@pytest.mark.parametrize("extra", ["\r\n" * 3, "\n", "x", "\r\nx"])
def test_anything_else_after_an_answer_ends_the_connection(rude, issuer, extra):
    def behave(peer, number):
        peer.request()
        peer.send(OK + extra)
        peer.closed = peer.is_closed()

    stage = rude(behave, {"threads": 1})
    assert stage.proxy.ask(token=issuer.token()).body == b"ok"
    eventually(lambda: stage.upstream.peers[0].done.is_set(), "it is closed")
    assert stage.upstream.peers[0].closed
    assert stage.proxy.ask(token=issuer.token()).body == b"ok"


def test_a_connection_that_was_opened_ahead_may_be_gone_when_it_is_used(rude, issuer):
    """An idempotent request goes again over another one, as after any connection that stood unused."""
    hold = threading.Event()

    def behave(peer, number):
        while True:
            line, *_ = peer.request()
            if "/hold" in line:
                hold.wait(PATIENCE)
            peer.send(OK)

    stage = rude(behave, {"threads": 1, "upstream": {"max_connections": 4, "max_connections_per_client": 4}})
    # A connection is opened for the second request, which leaves before it is there or after: either way it stands unused.
    with stage.proxy.connect() as first:
        first.send(first.head(target="/hold", token=issuer.token()))
        eventually(lambda: stage.upstream.peers, "the first is under way")
        hold.set()
        assert first.answer().status == 200
        for peer in stage.upstream.peers:
            peer.reset()
        assert first.request(token=issuer.token()).status == 200
