"""HTTP/2 as RFC 9113 and RFC 7541 have it, rule by rule, in the order of h2spec's groups: each violation and, beside it, what is right.

Values and states are tested as values; here the binary is asked over TLS whether the peer is told what it must be told.
"""
import struct

import pytest

from harness.http2 import (
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, PRIORITY, PUSH, RESET, SETTINGS, WINDOW, HTTP2Connection,
    frame, reset, settings, window,
)

NO_ERROR, PROTOCOL, FLOW, CLOSED, SIZE, COMPRESSION, CALM = 0, 1, 3, 5, 6, 9, 11
PADDED, PRIORITISED, WHOLE = 8, 0x20, END_HEADERS | END_STREAM
MAXIMUM = (1 << 31) - 1
EIGHT = bytes(8)


@pytest.fixture
def h2(proxy, pki):
    opened = []

    def connect(**options):
        opened.append(HTTP2Connection(proxy, pki.context("client-a", alpn=["h2"]), **options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


# What follows: the connection ends, the stream is reset, the request is answered, or nothing but an answer to PING.


def ends(code):
    def check(client):
        assert [reason for _, reason in client.end()] == [code]

    return check


def resets(code):
    def check(client):
        assert client.until(1).reset == code
        goes_on(client)

    return check


def answered(status):
    def check(client):
        answer = client.until(1)
        assert answer.is_over and answer.status == status
        goes_on(client)

    return check


def goes_on(client):
    before = client.frames.count(PING)
    client.send(frame(PING, 0, 0, b"goes on?"))
    while client.frames.count(PING) == before:
        assert client.read(), client.goaways
    assert not client.goaways


# Streams: the client's windows are shut, so that each is open here until its answer has room.


def half_closed(client):
    return client.ask()[0]


def whole(client):
    return client.ask()[0] + window(1, 65_535)


def closed(client):
    """Both sides have ended it."""
    client.send(whole(client))
    assert client.until(1).status == 401
    return b""


def head(flags=WHOLE, stream=1, before=b"", after=b""):
    """HEADERS as they are, between octets of the frame that are no part of the block."""

    def octets(client):
        client.next = stream & MAXIMUM
        client.begin()
        return frame(HEADERS, flags, stream, before + client.block() + after) + window(1, 65_535)

    return octets


def cut(client, count=2):
    """A request's block in pieces."""
    client.begin()
    block = client.block()
    size = len(block) // count + 1
    return [block[place : place + size] for place in range(0, len(block), size)]


def continued(between=b"", stream=1, count=2):
    def octets(client):
        first, *rest = cut(client, count)
        *middle, last = rest
        return (
            frame(HEADERS, END_STREAM, 1, first) + b"".join(frame(CONTINUATION, 0, 1, part) for part in middle) + between
            + frame(CONTINUATION, END_HEADERS, stream, last) + window(1, 65_535)
        )

    return octets


FRAMES = {
    # 3.4, 4.1, 4.2, 5.5
    "unknown frames, on any stream": (lambda c: frame(0x50, 0xFF, 0, b"x") + frame(0x51, 0, 7) + whole(c), answered(401)),
    "an unknown frame within a head": (continued(frame(0x50)), ends(PROTOCOL)),
    "flags and bits that mean nothing": (
        lambda c: frame(PING, 0xFE, 1 << 31, EIGHT) + frame(SETTINGS, 0xFE, 1 << 31) + head(WHOLE | 0xD2, 1 << 31 | 1)(c), answered(401)),
    "a frame of the largest size": (lambda c: frame(0x50, 0, 0, bytes(16_384)) + whole(c), answered(401)),
    "DATA that is too large": (lambda c: half_closed(c) + frame(DATA, 0, 1, bytes(16_385)), ends(SIZE)),
    "HEADERS that are too large": (lambda c: frame(HEADERS, WHOLE, 1, bytes(16_385)), ends(SIZE)),
    "an unknown frame that is too large": (lambda c: frame(0x50, 0, 0, bytes(16_385)), ends(SIZE)),
    # 6.1
    "DATA with padding": (lambda c: c.ask(ends=False)[0] + window(1, 65_535) + frame(DATA, PADDED | END_STREAM, 1, b"\1x\0"), answered(401)),
    "DATA on the connection": (lambda c: frame(DATA, 0, 0, b"x"), ends(PROTOCOL)),
    "DATA of padding only": (lambda c: c.ask(ends=False)[0] + frame(DATA, PADDED, 1, b"\3xy"), ends(PROTOCOL)),
    "DATA without its padding's length": (lambda c: c.ask(ends=False)[0] + frame(DATA, PADDED, 1), ends(SIZE)),
    # 6.2
    "HEADERS with padding and priority": (head(WHOLE | PADDED | PRIORITISED, before=b"\2\x80\0\0\3\7", after=bytes(2)), answered(401)),
    "HEADERS on the connection": (head(stream=0), ends(PROTOCOL)),
    "HEADERS of padding only": (lambda c: frame(HEADERS, WHOLE | PADDED, 1, b"\3xy"), ends(PROTOCOL)),
    "HEADERS without their padding's length": (lambda c: frame(HEADERS, WHOLE | PADDED, 1), ends(SIZE)),
    "HEADERS without their priority": (lambda c: frame(HEADERS, WHOLE | PRIORITISED, 1, bytes(4)), ends(SIZE)),
    # 5.3: RFC 9113 has no rule on dependencies any more.
    "HEADERS that depend on themselves": (head(WHOLE | PRIORITISED, before=b"\0\0\0\1\7"), answered(401)),
    "PRIORITY that depends on itself": (lambda c: frame(PRIORITY, 0, 1, b"\0\0\0\1\7") + whole(c), answered(401)),
    # 6.3
    "PRIORITY on the connection": (lambda c: frame(PRIORITY, 0, 0, bytes(5)), ends(PROTOCOL)),
    "PRIORITY that is too short": (lambda c: frame(PRIORITY, 0, 1, bytes(4)), ends(SIZE)),
    "PRIORITY that is too long": (lambda c: frame(PRIORITY, 0, 1, bytes(6)), ends(SIZE)),
    # 6.4
    "RST_STREAM on the connection": (lambda c: reset(0), ends(PROTOCOL)),
    "RST_STREAM that is too short": (lambda c: half_closed(c) + frame(RESET, 0, 1, bytes(3)), ends(SIZE)),
    "RST_STREAM that is too long": (lambda c: half_closed(c) + frame(RESET, 0, 1, bytes(5)), ends(SIZE)),
    "RST_STREAM of a code that nobody knows": (lambda c: half_closed(c) + reset(1, 0xFFFF), goes_on),
    # 6.5
    "SETTINGS at their bounds, and one that nobody knows": (
        lambda c: settings((1, 0), (2, 1), (3, 0), (4, MAXIMUM), (5, (1 << 24) - 1), (6, 0), (0x99, 7)) + c.ask()[0], answered(401)),
    "SETTINGS on a stream": (lambda c: frame(SETTINGS, 0, 1), ends(PROTOCOL)),
    "SETTINGS of no whole number": (lambda c: frame(SETTINGS, 0, 0, bytes(5)), ends(SIZE)),
    "an acknowledgement with settings": (lambda c: frame(SETTINGS, ACK, 0, bytes(6)), ends(SIZE)),
    "ENABLE_PUSH of 2": (lambda c: settings((2, 2)), ends(PROTOCOL)),
    "INITIAL_WINDOW_SIZE of 2^31": (lambda c: settings((4, 1 << 31)), ends(FLOW)),
    "MAX_FRAME_SIZE below the least": (lambda c: settings((5, 16_383)), ends(PROTOCOL)),
    "MAX_FRAME_SIZE beyond the most": (lambda c: settings((5, 1 << 24)), ends(PROTOCOL)),
    # 6.6
    "PUSH_PROMISE": (lambda c: frame(PUSH, END_HEADERS, 1, struct.pack(">I", 2) + c.block()), ends(PROTOCOL)),
    # 6.7
    "PING's answer to nothing": (lambda c: frame(PING, ACK, 0, EIGHT), goes_on),
    "PING on a stream": (lambda c: frame(PING, 0, 1, EIGHT), ends(PROTOCOL)),
    "PING that is too short": (lambda c: frame(PING, 0, 0, bytes(7)), ends(SIZE)),
    "PING that is too long": (lambda c: frame(PING, 0, 0, bytes(9)), ends(SIZE)),
    # 6.8
    "GOAWAY on a stream": (lambda c: frame(GOAWAY, 0, 1, EIGHT), ends(PROTOCOL)),
    "GOAWAY that is too short": (lambda c: frame(GOAWAY, 0, 0, bytes(7)), ends(SIZE)),
    "GOAWAY where nothing is open": (lambda c: frame(GOAWAY, 0, 0, EIGHT + b"bye"), ends(NO_ERROR)),
    # 6.9
    "WINDOW_UPDATE that is too short": (lambda c: frame(WINDOW, 0, 0, bytes(3)), ends(SIZE)),
    "WINDOW_UPDATE that is too long": (lambda c: frame(WINDOW, 0, 0, bytes(5)), ends(SIZE)),
    "the connection's window by nothing": (lambda c: window(0, 0), ends(PROTOCOL)),
    "a stream's window by nothing": (lambda c: half_closed(c) + window(1, 0), resets(PROTOCOL)),
    "the connection's window as large as can be": (lambda c: window(0, MAXIMUM - 65_535) + whole(c), answered(401)),
    "the connection's window larger": (lambda c: window(0, MAXIMUM - 65_534), ends(FLOW)),
    "a stream's window as large as can be": (lambda c: half_closed(c) + window(1, MAXIMUM), answered(401)),
    "a stream's window larger": (lambda c: half_closed(c) + settings((4, 1)) + window(1, MAXIMUM), resets(FLOW)),
    "a stream's window larger by a setting": (lambda c: half_closed(c) + window(1, MAXIMUM) + settings((4, 1)), ends(FLOW)),
    # 6.10, 4.3
    "a head in pieces": (continued(count=4), answered(401)),
    "a head whose first piece is empty": (
        lambda c: frame(HEADERS, END_STREAM, 1) + frame(CONTINUATION, END_HEADERS, 1, b"".join(cut(c))) + window(1, 65_535), answered(401)),
    "CONTINUATION of nothing": (lambda c: frame(CONTINUATION, END_HEADERS, 1), ends(PROTOCOL)),
    "CONTINUATION of a whole head": (lambda c: half_closed(c) + frame(CONTINUATION, END_HEADERS, 1), ends(PROTOCOL)),
    "CONTINUATION on the connection": (continued(stream=0), ends(PROTOCOL)),
    "CONTINUATION of another stream": (continued(stream=3), ends(PROTOCOL)),
    "DATA within a head": (continued(frame(DATA, 0, 1, b"x")), ends(PROTOCOL)),
    "HEADERS within a head": (continued(frame(HEADERS, WHOLE, 3)), ends(PROTOCOL)),
    "PRIORITY within a head": (continued(frame(PRIORITY, 0, 1, bytes(5))), ends(PROTOCOL)),
    "SETTINGS within a head": (continued(settings()), ends(PROTOCOL)),
    "RST_STREAM within a head": (continued(reset(1)), ends(PROTOCOL)),
    "WINDOW_UPDATE within a head": (continued(window(0, 1)), ends(PROTOCOL)),
}

STREAMS = {
    # 5.1.1
    "an even number": (head(stream=2), ends(PROTOCOL)),
    "numbers with a gap": (lambda c: head(stream=9)(c) + c.ask()[0], goes_on),
    "a number that was passed over": (lambda c: head(stream=5)(c) + frame(HEADERS, WHOLE, 3, c.block()), ends(PROTOCOL)),
    # 5.1, idle
    "PRIORITY before it": (lambda c: frame(PRIORITY, 0, 1, bytes(5)) + whole(c), answered(401)),
    "DATA before it": (lambda c: frame(DATA, 0, 1, b"x"), ends(PROTOCOL)),
    "RST_STREAM before it": (lambda c: reset(1), ends(PROTOCOL)),
    "WINDOW_UPDATE before it": (lambda c: window(1, 1), ends(PROTOCOL)),
    # 5.1, half-closed
    "what may come behind its end": (
        lambda c: half_closed(c) + frame(PRIORITY, 0, 1, bytes(5)) + window(1, 9) + window(1, 65_535), answered(401)),
    "RST_STREAM behind its end": (lambda c: half_closed(c) + reset(1), goes_on),
    "DATA behind its end": (lambda c: half_closed(c) + frame(DATA, END_STREAM, 1, b"x"), resets(CLOSED)),
    "HEADERS behind its end": (lambda c: half_closed(c) + frame(HEADERS, WHOLE, 1, c.block()), resets(CLOSED)),
    # 5.1, closed by both sides
    "what may come behind both ends": (
        lambda c: closed(c) + frame(PRIORITY, 0, 1, bytes(5)) + window(1, 9) + reset(1), goes_on),
    "DATA behind both ends": (lambda c: closed(c) + frame(DATA, END_STREAM, 1, b"x"), ends(CLOSED)),
    "HEADERS behind both ends": (lambda c: closed(c) + frame(HEADERS, WHOLE, 1, c.block()), ends(CLOSED)),
    "CONTINUATION behind both ends": (lambda c: closed(c) + frame(CONTINUATION, END_HEADERS, 1, c.block()), ends(PROTOCOL)),
    # 5.1, closed by RST_STREAM
    "what may come behind a reset": (lambda c: half_closed(c) + reset(1) + frame(PRIORITY, 0, 1, bytes(5)) + reset(1) + window(1, 9), goes_on),
    "DATA behind a reset": (lambda c: c.ask(ends=False)[0] + reset(1) + frame(DATA, END_STREAM, 1, b"x"), ends(CLOSED)),
    "HEADERS behind a reset": (lambda c: half_closed(c) + reset(1) + frame(HEADERS, WHOLE, 1, c.block()), ends(CLOSED)),
    "what comes behind a reset of ours": (
        lambda c: c.ask(ends=False)[0] + window(1, 0) + frame(DATA, 0, 1, b"x") + frame(HEADERS, WHOLE, 1, c.encoder.encode([("x-late", "1")])),
        resets(PROTOCOL)),
}


@pytest.mark.parametrize("case", [*FRAMES, *STREAMS])
def test_frames_and_streams(h2, case):
    """(H2-11, H2-13)"""
    octets, follows = (FRAMES | STREAMS)[case]
    client = h2(initial=[(4, 0)])
    client.send(octets(client))
    follows(client)


GREETINGS = {
    "HTTP/1.1": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", PROTOCOL),
    "another octet at its end": (PREFACE[:-1] + b"\r", PROTOCOL),
    "no SETTINGS": (PREFACE + frame(PING, 0, 0, EIGHT), PROTOCOL),
    "a request at once": (PREFACE + frame(HEADERS, WHOLE, 1, b"\x82\x87\x84\x41\1a"), PROTOCOL),
    "an acknowledgement before SETTINGS": (PREFACE + frame(SETTINGS, ACK), PROTOCOL),
    "SETTINGS of no whole number": (PREFACE + frame(SETTINGS, 0, 0, bytes(5)), SIZE),
}


@pytest.mark.parametrize("case", GREETINGS)
def test_what_is_no_preface_ends_the_connection(h2, case):
    octets, code = GREETINGS[case]
    client = h2(greeting=octets)
    assert [reason for _, reason in client.end()] == [code]
    assert client.frames[0] == SETTINGS, "ours come first, whatever the client says"


def test_a_preface_may_come_octet_by_octet(h2):
    client = h2(greeting=b"")
    for octet in PREFACE + settings((4, 1 << 20)):
        client.send(bytes([octet]))
    assert client.request().status == 401


# 8: what a request says. A malformed one is answered with 400, and reset where more of it would have come.

METHOD, SCHEME, AUTHORITY, PATH = (":method", "POST"), (":scheme", "https"), (":authority", "%A"), (":path", "/conformance")
GOOD = [METHOD, SCHEME, AUTHORITY, PATH]


def without(name, *instead):
    return [field for field in GOOD if field[0] != name] + list(instead)


REQUESTS = {
    # 8.2, 8.2.2
    "te of trailers": (GOOD + [("te", "trailers")], 200),
    "te of anything else": (GOOD + [("te", "trailers, deflate")], 400),
    "connection": (GOOD + [("connection", "keep-alive")], 400),
    "keep-alive": (GOOD + [("keep-alive", "timeout=5")], 400),
    "proxy-connection": (GOOD + [("proxy-connection", "keep-alive")], 400),
    "transfer-encoding": (GOOD + [("transfer-encoding", "chunked")], 400),
    "upgrade": (GOOD + [("upgrade", "h2c")], 400),
    # 8.2.1
    "a name in lower case": (GOOD + [("x-lower_0", "UPPER é \t x".encode("latin-1"))], 200),
    "a name with a capital": (GOOD + [("X-upper", "1")], 400),
    "a name with a space": (GOOD + [("x upper", "1")], 400),
    "a name with a colon": (GOOD + [("x:y", "1")], 400),
    "a name beyond ASCII": (GOOD + [(b"x-\xe9", "1")], 400),
    "no name": (GOOD + [("", "1")], 400),
    "an empty value": (GOOD + [("x-empty", "")], 200),
    "a value with a line's end": (GOOD + [("x-a", "1\r\nx-b: 2")], 400),
    "a value with NUL": (GOOD + [("x-a", "1\0")], 400),
    "a value with a blank before it": (GOOD + [("x-a", " 1")], 400),
    "a value with a tab behind it": (GOOD + [("x-a", "1\t")], 400),
    # 8.3
    "the pseudo-fields in another order": (GOOD[::-1], 200),
    "one that nobody knows": (GOOD + [(":test", "1")], 400),
    "one of answers": (GOOD + [(":status", "200")], 400),
    "one behind a field": (without(":path", ("x-a", "1"), PATH), 400),
    "no method": (without(":method"), 400),
    "no scheme": (without(":scheme"), 400),
    "no path": (without(":path"), 400),
    "no authority": (without(":authority", ("host", "%A")), 200),
    "no authority and no host": (without(":authority"), 400),
    "host as authority": (GOOD + [("host", "%A")], 200),
    "host unlike authority": (GOOD + [("host", "other.example")], 400),
    "two methods": (GOOD[:1] + GOOD, 400),
    "two schemes": (GOOD + [SCHEME], 400),
    "two authorities": (GOOD + [AUTHORITY], 400),
    "two paths": (GOOD + [PATH], 400),
    "no path at all": (without(":path", (":path", "")), 400),
    "a path without its slash": (without(":path", (":path", "conformance")), 400),
    "an asterisk of POST": (without(":path", (":path", "*")), 400),
    "a line of HTTP/1.1 in the path": (without(":path", (":path", "/ HTTP/1.1\r\nx: y")), 400),
    "a method that is none": (without(":method", (":method", "GE T")), 400),
    "a scheme that is not the connection's": (without(":scheme", (":scheme", "http")), 400),
    "an authority with a user": (without(":authority", (":authority", "u@127.0.0.1")), 400),
    "a whole CONNECT": ([(":method", "CONNECT"), AUTHORITY], 405),
    "CONNECT with a path": ([(":method", "CONNECT"), SCHEME, AUTHORITY, PATH], 400),
    "CONNECT without authority": ([(":method", "CONNECT")], 400),
    # 8.1.1
    "a length that is told": (GOOD + [("content-length", "4")], 200),
    "a length that is shorter": (GOOD + [("content-length", "3")], 400),
    "a length that is longer": (GOOD + [("content-length", "5")], 400),
    "a length that is none": (GOOD + [("content-length", "4x")], 400),
    "two lengths": (GOOD + [("content-length", "4"), ("content-length", "5")], 400),
}


@pytest.fixture(scope="module")
def token(issuer):
    return issuer.token()


def said(client, fields, token):
    fields = [(name, client.host if value == "%A" else value) for name, value in fields]
    client.begin()
    return client.encoder.encode(fields + [("authorization", f"Bearer {token}")], huffman=False)


@pytest.mark.parametrize("case", REQUESTS)
def test_requests(h2, token, case):
    """(H2-01, H2-02, H2-03, H2-04, H2-05, H2-06, H2-07, H2-09, H2-18)"""
    fields, status = REQUESTS[case]
    client = h2()
    client.send(frame(HEADERS, END_HEADERS, 1, said(client, fields, token)) + frame(DATA, 0, 1, b"bo") + frame(DATA, END_STREAM, 1, b"dy"))
    assert client.until(1).status == status
    goes_on(client)


BODIES = {
    "trailers": ([("x-checksum", "1")], END_STREAM, 200),
    "trailers that do not end it": ([("x-checksum", "1")], 0, PROTOCOL),
    "trailers with a pseudo-field": ([(":path", "/")], END_STREAM, 400),
    "trailers with a capital": ([("X-Checksum", "1")], END_STREAM, 400),
    "trailers with a field of the connection": ([("connection", "close")], END_STREAM, 400),
}


@pytest.mark.parametrize("length", [None, 4, 5])
@pytest.mark.parametrize("case", BODIES)
def test_trailers(h2, token, case, length):
    """(H2-01, H2-02, H2-04, H2-09)"""
    fields, flags, follows = BODIES[case]
    client = h2()
    block = said(client, GOOD + ([("content-length", str(length))] if length else []), token)
    trailers = client.encoder.encode(fields)
    client.send(frame(HEADERS, END_HEADERS, 1, block) + frame(DATA, 0, 1, b"body") + frame(HEADERS, END_HEADERS | flags, 1, trailers))
    answer = client.until(1)
    assert (answer.reset or answer.status) == (400 if (length, follows) == (5, 200) else follows)
    goes_on(client)


def test_a_length_beside_the_end_of_the_stream(h2, token):
    """(H2-09)"""
    for length, status in [("0", 200), ("1", 400)]:
        client = h2()
        client.send(frame(HEADERS, WHOLE, 1, said(client, GOOD + [("content-length", length)], token)))
        assert client.until(1).status == status
        goes_on(client)


# 6.9.1, 6.9.2


def bodies_of(client, count):
    """Whether so much of the answer has come once nothing more does: bodies follow PING's answer, and precede that of the next."""
    goes_on(client)
    goes_on(client)
    return len(client.streams[1].body) == count


def test_an_answer_keeps_to_the_windows_also_below_zero(h2):
    client = h2(initial=[(4, 3)], grants=False)
    client.send(client.ask()[0])
    assert bodies_of(client, 3)
    client.send(settings((4, 2)))
    client.send(window(1, 1))
    assert bodies_of(client, 3), "none is left"
    client.send(window(1, 2))
    assert bodies_of(client, 5)
    client.send(settings((4, 3)))
    assert bodies_of(client, 6)
    client.send(window(1, 65_535))
    assert client.until(1).status == 401 and len(client.streams[1].body) > 6


def test_an_answer_keeps_to_the_connection_s_window_and_to_the_frame_s_size(h2, token):
    client = h2(initial=[(4, MAXIMUM)], grants=False)
    octets, stream = client.ask(token=token, fields=[("lab-respond", "size=100000")])
    client.send(octets)
    while len(client.streams[stream].body) < 65_535:
        assert client.read()
    assert bodies_of(client, 65_535)
    client.send(window(0, 1))
    assert bodies_of(client, 65_536)
    client.send(window(0, 65_535))
    assert len(client.until(stream).body) == 100_000
    assert client.longest <= 16_384


# RFC 7541

REQUEST = b"\x82\x87\x84\x01\1a"
BLOCKS = {
    "a table that is emptied and made large again": (b"\x20\x3f\xe1\x1f" + REQUEST, 401),
    "a table of a size that we do not have": (b"\x3f\xe2\x1f" + REQUEST, COMPRESSION),
    "a table whose size changes thrice": (b"\x20\x21\x22" + REQUEST, COMPRESSION),
    "a table whose size changes at the end": (REQUEST + b"\x20", COMPRESSION),
    "a table whose size changes between fields": (REQUEST[:2] + b"\x20" + REQUEST[2:], COMPRESSION),
    "an entry of the dynamic table": (REQUEST + b"\x40\1a\1b\xbe", 401),
    "an entry behind it": (REQUEST + b"\x40\1a\1b\xbf", COMPRESSION),
    "an entry of an empty table": (REQUEST + b"\xbe", COMPRESSION),
    "a name of an empty table": (REQUEST + b"\x7e\1b", COMPRESSION),
    "entry 0": (b"\x80" + REQUEST, COMPRESSION),
    "a literal that is never indexed": (REQUEST + b"\x10\1a\1b", 401),
    "a literal without its value": (REQUEST + b"\x10\1a", COMPRESSION),
    "a literal that is cut": (REQUEST + b"\x10\1a\2b", COMPRESSION),
    "an integer without an end": (REQUEST + b"\x7f" + b"\xff" * 10, COMPRESSION),
    "Huffman coding": (REQUEST + b"\x10\1a\x81\x1f", 401),
    "Huffman coding padded with zeros": (REQUEST + b"\x10\1a\x81\x18", COMPRESSION),
    "Huffman coding padded with more than seven ones": (REQUEST + b"\x10\1a\x82\x1f\xff", COMPRESSION),
    "Huffman coding with EOS": (REQUEST + b"\x10\1a\x84\xff\xff\xff\xff", COMPRESSION),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_header_blocks(h2, case):
    block, follows = BLOCKS[case]
    client = h2()
    client.begin()
    client.send(frame(HEADERS, WHOLE, 1, block))
    if follows == COMPRESSION:
        ends(COMPRESSION)(client)
    else:
        answered(follows)(client)


def test_answers_keep_to_the_table_that_the_client_allows(h2, token):
    """Its decoder demands that we say so (RFC 9113 section 4.3.1)."""
    client = h2(initial=[(1, 0)])
    client.decoder.max_allowed_table_size = 0
    assert [client.request(token=given).status for given in [token, None, token]] == [200, 401, 200]
    client.send(settings((1, 4096)) + settings((1, 100)))
    client.decoder.max_allowed_table_size = 100
    assert client.request(token=token).status == 200


def test_what_is_open_is_answered_when_the_client_says_goodbye(h2):
    client = h2(initial=[(4, 0)])
    client.send(half_closed(client) + frame(GOAWAY, 0, 0, EIGHT))
    client.send(window(1, 65_535))
    assert client.until(1).status == 401
    assert client.end() == [(1, NO_ERROR)]
