"""No answer outlives the right to it: what was let pass is cut when its token or its certificate holds no more."""
import time

import pytest

from harness.processes import eventually
from harness.wire import Truncated

STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = "9\r\ndata: 1\n\n\r\n"


def behave(peer, number):
    """Event streams without end, and long polls that are answered never."""
    while True:
        if "/events" in peer.request()[0]:
            peer.send(STREAM + EVENT)


def test_an_event_stream_and_a_long_poll_end_with_their_token(rude, forge):
    """(WS-05)"""
    stage = rude(behave)
    end = int(time.time()) + 3
    token = forge.token(exp=end)
    with stage.proxy.connect() as stream, stage.proxy.connect() as poll:
        stream.send(stream.head(target="/events", token=token))
        poll.send(poll.head(target="/poll", token=token))
        assert b"200 OK" in stream.reader.through(b"\r\n\r\n")
        assert stream.reader.through(b"data: 1\n\n\r\n") == b"9\r\n"
        with pytest.raises((OSError, Truncated)):
            stream.reader.through(b"0\r\n\r\n")
        assert time.time() >= end
        answer = poll.answer()
        assert (answer.status, answer.reason) == (401, "token_expired")
    assert stage.proxy.metric("holdfast_rights_ended_total", reason="token_expired") == 2
    lines = eventually(lambda: [stage.proxy.logged(path) for path in ("/events", "/poll")], "both are logged")
    assert [(line["status"], line["outcome"], line["reason"], line["cause"]) for line in lines] == [
        (200, "refused", "right_ended", "token_expired"), (401, "refused", "right_ended", "token_expired"),
    ]  # fmt: skip
    eventually(lambda: all(peer.is_closed() for peer in stage.upstream.peers), "the API has heard that nobody waits any more")


def test_an_event_stream_ends_when_its_certificate_is_denied(rude, forge, pki, tmp_path):
    """(WS-05)"""
    denied = tmp_path / "denied.txt"
    denied.write_text("")
    stage = rude(behave, {"client_certificates": {"deny": str(denied)}})
    with stage.proxy.connect() as stream, stage.proxy.connect("client-b") as other:
        for connection, client in [(stream, "client-a"), (other, "client-b")]:
            connection.send(connection.head(target="/events", token=forge.token(bind=client)))
            assert connection.reader.through(b"data: 1\n\n\r\n").endswith(b"9\r\n")
        denied.write_text(f"thumbprint {pki.thumbprint('client-a')}\n")
        with pytest.raises((OSError, Truncated)):
            stream.reader.through(b"0\r\n\r\n")
        assert stage.proxy.metric("holdfast_rights_ended_total", reason="cert_denied") == 1
        stage.upstream.peers[1].send(EVENT)
        assert other.reader.through(b"data: 1\n\n\r\n") == b"9\r\n"
