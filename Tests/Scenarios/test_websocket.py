"""WebSocket: judged before the API hears of it, and over with the right to it."""
import base64
import hashlib
import struct
import time

from harness.http2 import DATA, END_HEADERS, END_STREAM, HEADERS, HTTP2Connection, frame as http2_frame
from harness.processes import eventually

KEY = base64.b64encode(b"0123456789abcdef").decode()
OFFER = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", KEY), ("Sec-WebSocket-Version", "13")]
TEXT, BINARY, CLOSE = 1, 2, 8
UPGRADED = {"routes": [{"path": "/ws", "upgrade": "websocket"}]}


def accept(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def frame(opcode, payload, mask=b""):
    length, bit = len(payload), 0x80 if mask else 0
    head = bytes([0x80 | opcode])
    if length < 126:
        head += bytes([bit | length])
    elif length < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", length)
    if mask:
        key = int.from_bytes((mask * (length // 4 + 1))[:length], "big")
        payload = (int.from_bytes(payload, "big") ^ key).to_bytes(length, "big")
    return head + mask + payload


def received(reader):
    """The next frame: its opcode and its payload."""
    first, second = reader.exactly(2)
    length = second & 0x7F
    if length > 125:
        length = int.from_bytes(reader.exactly(2 if length == 126 else 8), "big")
    mask = reader.exactly(4) if second & 0x80 else b""
    payload = reader.exactly(length)
    if mask:
        key = int.from_bytes((mask * (length // 4 + 1))[:length], "big")
        payload = (int.from_bytes(payload, "big") ^ key).to_bytes(length, "big")
    return first & 0x0F, payload


def echo(peer, number):
    fields = {name.lower(): value for name, value in peer.head()[1]}
    answer = accept("another" if "x-wrong" in fields else fields["sec-websocket-key"])
    peer.send(f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {answer}\r\n\r\n")
    while True:
        opcode, payload = received(peer.reader)
        peer.send(frame(opcode, payload))
        if opcode == CLOSE:
            return peer.close()


def upgrade(connection, token=None, headers=(), target="/ws"):
    connection.send(connection.head(target=target, token=token, headers=[*OFFER, *headers]))


def switched(connection, token):
    upgrade(connection, token)
    head = connection.reader.through(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ") and accept(KEY).encode() in head
    return connection


def test_frames_of_every_size_come_back(rude, forge):
    """(WS-03)"""
    stage = rude(echo, UPGRADED)
    with switched(stage.proxy.connect(), forge.token()) as socket:
        for opcode, payload in [(TEXT, b"hello"), (BINARY, b""), (BINARY, bytes(range(256)) * 8), (BINARY, b"x" * 3_000_000)]:
            socket.send(frame(opcode, payload, b"mask"))
            assert received(socket.reader) == (opcode, payload)
        socket.send(frame(CLOSE, b"\x03\xe8", b"mask"))
        assert received(socket.reader) == (CLOSE, b"\x03\xe8")
        assert socket.reader.to_the_end() == b""
    line = stage.proxy.logged("/ws")
    assert (line["status"], line["outcome"]) == (101, "ok") and line["bytes_in"] > 3_000_000 and line["bytes_out"] > 3_000_000


def test_the_api_hears_of_nobody_who_may_not_come(rude, forge):
    """(WS-01, WS-07)"""
    stage = rude(echo, UPGRADED)
    token = forge.token()
    asks = [
        ("credentials_missing", {}), ("cnf_mismatch", {"token": forge.token(bind="client-b")}),
        ("credentials_missing", {"target": f"/ws?access_token={token}"}),
        ("credentials_missing", {"headers": [("Sec-WebSocket-Protocol", f"bearer, {token}")]}),
    ]  # fmt: skip
    for reason, ask in asks:
        with stage.proxy.connect() as connection:
            upgrade(connection, **ask)
            answer = connection.answer()
            assert (answer.status, answer.reason) == (401, reason)
    assert not stage.upstream.peers


def test_an_answer_that_proves_nothing_is_none(rude, forge):
    """(WS-03)"""
    stage = rude(echo, UPGRADED)
    with stage.proxy.connect() as connection:
        upgrade(connection, forge.token(), [("X-Wrong", "1")])
        answer = connection.answer()
        assert (answer.status, answer.reason) == (502, "upstream_nonsense")
    assert stage.proxy.metric("holdfast_upstream_failure_causes_total", cause="upgrade_wrong") == 1


def test_it_ends_with_its_token(rude, forge):
    """(WS-04)"""
    stage = rude(echo, UPGRADED)
    end = int(time.time()) + 3
    with switched(stage.proxy.connect(), forge.token(exp=end)) as socket:
        socket.send(frame(TEXT, b"still", b"mask"))
        assert received(socket.reader) == (TEXT, b"still")
        assert received(socket.reader) == (CLOSE, struct.pack(">H", 1008))
        assert time.time() >= end
        assert socket.reader.to_the_end() == b""
    line = stage.proxy.logged("/ws")
    assert (line["outcome"], line["reason"], line["cause"]) == ("refused", "right_ended", "token_expired")


def test_it_ends_when_its_certificate_is_denied(rude, forge, pki, tmp_path):
    """(WS-04)"""
    denied = tmp_path / "denied.txt"
    denied.write_text("")
    stage = rude(echo, UPGRADED | {"client_certificates": {"deny": str(denied)}})
    with switched(stage.proxy.connect(), forge.token()) as socket:
        denied.write_text(f"thumbprint {pki.thumbprint('client-a')}\n")
        assert received(socket.reader) == (CLOSE, struct.pack(">H", 1008))
    assert stage.proxy.metric("holdfast_rights_ended_total", reason="cert_denied") == 1


def test_it_ends_with_us(rude, forge):
    """(WS-04)"""
    stage = rude(echo, UPGRADED)
    with switched(stage.proxy.connect(), forge.token()) as socket:
        stage.proxy.process.terminate()
        assert received(socket.reader) == (CLOSE, struct.pack(">H", 1001))
    eventually(lambda: not stage.proxy.process.is_running(), "it has ended")
    assert stage.proxy.logged("/ws")["reason"] == "tunnel_drained"


# Over HTTP/2 (RFC 8441).


def tunnel(client, path="/ws", token=None):
    """Asks for one; gives its stream."""
    stream = client.begin()
    fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "api"), (":path", path)]
    fields += [("sec-websocket-version", "13")] + ([("authorization", f"Bearer {token}")] if token else [])
    client.send(http2_frame(HEADERS, END_HEADERS, stream, client.encoder.encode(fields)))
    return stream


def until(client, stream, count):
    """What has come of a stream once it is so many octets, or over."""
    found = client.streams[stream]
    while len(found.body) < count and not found.is_over and found.reset is None and client.read():
        pass
    return bytes(found.body)


def heard(client, stream):
    """The status of the answer."""
    found = client.streams[stream]
    while not found.heads and found.reset is None and client.read():
        pass
    return dict(found.heads[0])[":status"] if found.heads else found.reset


def test_over_http2_it_is_a_stream_beside_others(rude, forge, pki):
    """(WS-06)"""
    stage = rude(echo, UPGRADED)
    with HTTP2Connection(stage.proxy, pki.context("client-a", alpn=["h2"])) as client:
        streams = [tunnel(client, token=forge.token()) for _ in range(2)]
        assert [heard(client, stream) for stream in streams] == ["200", "200"]
        for number, stream in enumerate(streams):
            client.send(http2_frame(DATA, 0, stream, frame(TEXT, b"hello %d" % number, b"mask")))
            assert until(client, stream, 9) == frame(TEXT, b"hello %d" % number)
        refused = tunnel(client, "/none")
        assert heard(client, refused) == "401"
        elsewhere = tunnel(client, "/other", forge.token())
        assert heard(client, elsewhere) == "501"
        client.send(http2_frame(DATA, END_STREAM, streams[0], frame(CLOSE, b"\x03\xe8", b"mask")))
        assert client.until(streams[0]).body.endswith(frame(CLOSE, b"\x03\xe8"))
    line = stage.proxy.logged("/ws")
    assert line["status"] == 200 and line["protocol"] == "h2"
    assert len(stage.upstream.peers) == 2


def test_over_http2_it_ends_with_its_token_and_the_connection_does_not(rude, forge, pki):
    """(WS-04, WS-06)"""
    stage = rude(echo, UPGRADED)
    with HTTP2Connection(stage.proxy, pki.context("client-a", alpn=["h2"])) as client:
        stream = tunnel(client, token=forge.token(exp=int(time.time()) + 3))
        assert heard(client, stream) == "200"
        assert client.until(stream).body == frame(CLOSE, struct.pack(">H", 1008))
        other = tunnel(client, token=forge.token())
        assert heard(client, other) == "200"


def test_over_http2_it_is_offered_only_where_a_route_has_it(rude, forge, pki):
    """(WS-06, H2-18)"""
    stage = rude(echo, {})
    with HTTP2Connection(stage.proxy, pki.context("client-a", alpn=["h2"])) as client:
        assert heard(client, tunnel(client, token=forge.token())) == "400"
    assert not stage.upstream.peers
