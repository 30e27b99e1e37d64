"""What legacy servers answer is taken where it has one meaning, or by a word of `upstream.tolerate`; what reaches the client is clean."""
import pytest

WORDS = ["repeated_chunked", "length_beside_chunked", "chunked_in_http10", "bare_lf", "control_characters"]
DATE = "Date: Thu, 01 Jan 2026 00:00:00 GMT"
OK = f"HTTP/1.1 200 OK\r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = f"HTTP/1.1 200 OK\r\n{DATE}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
BODY = "5\r\nhello\r\n0\r\n\r\n"

# What the upstream sends, the octets the client gets, and whether the connection is used again.
TAKEN = [
    (f"HTTP/1.1 200 OK\r\n{DATE}\r\nContent-Length: 5\r\nContent-Length: 5, 5\r\n\r\nhello", OK, True),
    (f"HTTP/1.1 200 OK\r\n{DATE}\r\nContent-Length : 5 \t\r\n\r\nhello", OK, True),
    (f"HTTP/1.1 799 Odd\r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello", OK.replace("200 OK", "799 Odd"), True),
    (f"HTTP/1.1 200\r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello", OK.replace("200 OK", "200 "), True),
    (f"HTTP/1.1 200 OK\r\nX: a\r\n\t b\r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello", OK.replace("Date", "X: a b\r\nDate"), True),
    (f"HTTP/1.1 200 OK\r\n{DATE}\r\nTransfer-Encoding: chunked\r\n\r\n5  \r\nhello\r\n0 \r\nX: y\r\n z\r\n\r\n", CHUNKED, True),
    ("HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 900 + f"{DATE}\r\nContent-Length: 5\r\n\r\nhello", OK.replace("Date", "X: y\r\n" * 900 + "Date"), True),
]

# By which word, what the upstream sends, what the client gets, and whether the connection is used again.
TOLERATED = [
    ("repeated_chunked", f"HTTP/1.1 200 OK\r\n{DATE}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}", CHUNKED, False),
    ("repeated_chunked", f"HTTP/1.1 200 OK\r\n{DATE}\r\nTransfer-Encoding: chunked, chunked\r\n\r\n{BODY}", CHUNKED, False),
    ("length_beside_chunked", f"HTTP/1.1 200 OK\r\n{DATE}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}", CHUNKED, False),
    ("chunked_in_http10", f"HTTP/1.0 200 OK\r\n{DATE}\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n{BODY}", CHUNKED, False),
    ("bare_lf", f"HTTP/1.1 200 OK\n{DATE}\nContent-Length: 5\n\nhello", OK, False),
    ("bare_lf", f"HTTP/1.1 200 OK\r\n{DATE}\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\nX: y\n\n", CHUNKED, False),
    ("control_characters", f"HTTP/1.1 200 O\x01K\r\nX: a\x00b\r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello",
     OK.replace("200 OK\r\n", "200 O K\r\nX: a b\r\n"), True),
    ("control_characters", f"HTTP/1.1 200 OK\r\nX: a\rb\r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello",
     OK.replace("200 OK\r\n", "200 OK\r\nX: a b\r\n"), False),
]

REFUSED = [
    f"HTTP/1.1 200 OK\r\n{DATE}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    f"HTTP/1.1 200 OK\r\n{DATE}\r\nContent-Length: 5, 6\r\n\r\nhello",
    f"HTTP/1.1 200 OK\r\n{DATE}\r\nContent-Length: 5\r\n 5\r\n\r\nhello",
    f"HTTP/1.1 200 OK\r\n{DATE}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n{BODY}",
    f"HTTP/1.1 200 OK\r\n{DATE}\r\nTransfer-Encoding: chunked\r\nContent-Length: 5, 6\r\n\r\n{BODY}",
    f"HTTP/1.1 200 OK\r\nX: a\r\n \r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello",
    f"HTTP/1.1 099 No\r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 1001 + f"{DATE}\r\nContent-Length: 5\r\n\r\nhello",
    f"HTTP/1.1 200 OK\r\nX\x00: y\r\n{DATE}\r\nContent-Length: 5\r\n\r\nhello",
]

ANSWERS = [answer for answer, *_ in TAKEN] + [answer for _, answer, *_ in TOLERATED] + REFUSED


@pytest.fixture
def stage(rude):
    """`stage(words)` has `ask(connection, answer)`: the octets that the client gets where the upstream answers so."""

    def behave(peer, number):
        while True:
            line, *_ = peer.request()
            peer.send(ANSWERS[int(line.split("/")[1].split(" ")[0])])

    def start(words):
        return rude(behave, {"threads": 1, "upstream": {"tolerate": words} if words else {}})

    return start


def octets(connection, answer, expected, token):
    """As many as are expected, and none after them."""
    connection.send(connection.head(target=f"/{ANSWERS.index(answer)}", token=token))
    got = connection.reader.exactly(len(expected)).decode("latin-1")
    assert connection.request("GET", f"/{ANSWERS.index(TAKEN[0][0])}", token).body == b"hello" and not connection.reader.buffer
    return got


def test_what_has_one_meaning_is_taken_from_every_upstream_and_written_clean(stage, issuer):
    """(H1-06, H1-12)"""
    there, token = stage([]), issuer.token()
    with there.proxy.connect() as connection:
        for answer, expected, _ in TAKEN:
            assert octets(connection, answer, expected, token) == expected
    assert len(there.upstream.peers) == 1
    for _, answer, expected, _ in TOLERATED:
        if "\n0\n" in answer:
            # Its head was in order, so that only the end of the answer can tell.
            with there.proxy.connect() as connection:
                connection.send(connection.head(target=f"/{ANSWERS.index(answer)}", token=token))
                assert not connection.reader.to_the_end().endswith(b"0\r\n\r\n")
        else:
            answer = there.proxy.ask("GET", f"/{ANSWERS.index(answer)}", token)
            assert (answer.status, answer.reason) == (502, "upstream_nonsense")


def test_what_is_tolerated_is_written_clean_and_its_connection_is_not_used_again(stage, issuer):
    """(H1-07, H1-10, H1-12, H1-13)"""
    there, token = stage(WORDS), issuer.token()
    for word in WORDS:
        assert f"upstream.tolerate has `{word}`" in there.proxy.process.err
    with there.proxy.connect() as connection:
        for _, answer, expected, persists in TOLERATED:
            connection.request("GET", f"/{ANSWERS.index(TAKEN[0][0])}", token)
            before = len(there.upstream.peers)
            assert octets(connection, answer, expected, token) == expected
            assert len(there.upstream.peers) == before + (not persists), answer
    for answer in REFUSED:
        answer = there.proxy.ask("GET", f"/{ANSWERS.index(answer)}", token)
        assert (answer.status, answer.reason) == (502, "upstream_nonsense")


def test_a_client_may_do_nothing_of_it(stage, issuer):
    """(H1-06, H1-10, H1-11)"""
    there = stage(WORDS)
    for lines in ["Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2, 2", "X: a\r\n b", "X: a\x00b", "X: a\nY: b",
                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 2"]:
        with there.proxy.connect() as connection:
            connection.send(f"POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {issuer.token()}\r\n{lines}\r\n\r\nhi")
            assert connection.answer().status == 400 and connection.is_closed()
    assert not there.upstream.peers
