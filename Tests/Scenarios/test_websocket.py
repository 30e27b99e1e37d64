"""WebSocket over HTTP/1.1: judged before the API hears of it, and over with the right to it."""
import base64
import hashlib
import struct
import time

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
