"""HTTP/1.1 as strict as requirements L: what cannot be parsed for certain is refused, the connection closed, the upstream spared."""
import random
import time

import pytest

from harness.processes import PATIENCE
from harness.wire import Truncated


def lines(proxy, token, *lines, body=b""):
    """A request of exactly these lines; `%A` stands for a valid Authorization, `%H` for a valid Host."""
    filled = [line.replace("%A", f"Authorization: Bearer {token}").replace("%H", "Host: %s:%d" % proxy.address) for line in lines]
    return "\r\n".join(filled).encode("latin-1") + b"\r\n\r\n" + body


def refused(proxy, octets, *statuses):
    with proxy.connect() as connection:
        answer = connection.send(octets).answer()
        assert answer.status in statuses, answer
        assert answer.value("Connection") == "close" and answer.reason
        assert connection.is_closed()
    return answer


REFUSED = {
    "no Host": (["GET / HTTP/1.1", "%A"], 400),
    "no Host in a version to come": (["GET / HTTP/1.9", "%A"], 400),
    "an empty Host in HTTP/1.0": (["GET / HTTP/1.0", "Host:", "%A"], 400),
    "two Hosts": (["GET / HTTP/1.1", "%H", "%H", "%A"], 400),
    "a Host with a space": (["GET / HTTP/1.1", "Host: a b", "%A"], 400),
    "a Host that is a list": (["GET / HTTP/1.1", "Host: a,b", "%A"], 400),
    "a Host with a user": (["GET / HTTP/1.1", "Host: u@h", "%A"], 400),
    "a Host with a path": (["GET / HTTP/1.1", "Host: h/x", "%A"], 400),
    "a Host with a port too high": (["GET / HTTP/1.1", "Host: h:99999", "%A"], 400),
    "a carriage return in a value": (["GET / HTTP/1.1", "%H", "%A", "X-A: a\rb"], 400),
    "a line feed in a value": (["GET / HTTP/1.1", "%H", "%A", "X-A: a\nX-B: b"], 400),
    "a NUL in a value": (["GET / HTTP/1.1", "%H", "%A", "X-A: a\0b"], 400),
    "a control character in a value": (["GET / HTTP/1.1", "%H", "%A", "X-A: a\x01b"], 400),
    "a NUL in a name": (["GET / HTTP/1.1", "%H", "%A", "X\0A: b"], 400),
    "white space before the first field": (["GET / HTTP/1.1", " ", "%H", "%A"], 400),
    "white space before a colon": (["GET / HTTP/1.1", "%H", "%A", "X-A : b"], 400),
    "white space before the trusted field's colon": (["GET / HTTP/1.1", "%H", "%A", "X-Client-Cert-SHA256 : b"], 400),
    "white space before Transfer-Encoding's colon": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding : chunked"], 400),
    "a folded line": (["GET / HTTP/1.1", "%H", "%A", "X-A: b", " c"], 400),
    "a folded trusted field": (["GET / HTTP/1.1", "%H", "%A", "X-A: b", "\tX-Client-Cert-SHA256: forged"], 400),
    "no colon": (["GET / HTTP/1.1", "%H", "%A", "X-A"], 400),
    "no name": (["GET / HTTP/1.1", "%H", "%A", ": b"], 400),
    "a name in quotes": (["GET / HTTP/1.1", "%H", "%A", '"X": b'], 400),
    "both framings": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: 5", "Transfer-Encoding: chunked"], 400),
    "both framings the other way round": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: chunked", "Content-Length: 5"], 400),
    "chunks in HTTP/1.0": (["POST / HTTP/1.0", "%H", "%A", "Transfer-Encoding: chunked"], 400),
    "identity": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: identity"], 400),
    "chunked not last": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: chunked, identity"], 400),
    "xchunked": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: xchunked"], 400),
    "chunked with a parameter": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: chunked;q=1"], 400),
    "chunked twice": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: chunked, chunked"], 400),
    "two Transfer-Encodings": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400),
    "a vertical tab before chunked": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: \x0bchunked"], 400),
    "chunked in quotes": (["POST / HTTP/1.1", "%H", "%A", 'Transfer-Encoding: "chunked"'], 400),
    "an empty Transfer-Encoding": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding:"], 400),
    "gzip before chunked": (["POST / HTTP/1.1", "%H", "%A", "Transfer-Encoding: gzip, chunked"], 501),
    "a signed length": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: +5"], 400),
    "a negative length": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: -1"], 400),
    "a hexadecimal length": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: 0x5"], 400),
    "a length with a space": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: 5 5"], 400),
    "two lengths in a list": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: 5,6"], 400),
    "two lengths": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: 5", "Content-Length: 6"], 400),
    "a length beyond 64 bits": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: 18446744073709551617"], 400),
    "a length of 2^63": (["POST / HTTP/1.1", "%H", "%A", "Content-Length: 9223372036854775808"], 400),
    "an empty length": (["POST / HTTP/1.1", "%H", "%A", "Content-Length:"], 400),
    "two spaces before the target": (["GET  / HTTP/1.1", "%H", "%A"], 400),
    "two spaces after the target": (["GET /  HTTP/1.1", "%H", "%A"], 400),
    "a tab in the request line": (["GET\t/ HTTP/1.1", "%H", "%A"], 400),
    "no version": (["GET /", "%H", "%A"], 400),
    "a version with more behind it": (["GET / HTTP/1.1x", "%H", "%A"], 400),
    "a version in lower case": (["GET / http/1.1", "%H", "%A"], 400),
    "a space in the target": (["GET /a b HTTP/1.1", "%H", "%A"], 400),
    "a fragment": (["GET /a#b HTTP/1.1", "%H", "%A"], 400),
    "a broken escape in the path": (["GET /%zz HTTP/1.1", "%H", "%A"], 400),
    "an octet beyond ASCII in the target": (["GET /\xe9 HTTP/1.1", "%H", "%A"], 400),
    "a relative target": (["GET a HTTP/1.1", "%H", "%A"], 400),
    "an asterisk for GET": (["GET * HTTP/1.1", "%H", "%A"], 400),
    "a user in the target": (["GET http://u@h/ HTTP/1.1", "%H", "%A"], 400),
    "another scheme": (["GET ftp://h/ HTTP/1.1", "%H", "%A"], 400),
    "a method that is no token": (["G(T / HTTP/1.1", "%H", "%A"], 400),
    "HTTP/2 in the request line": (["GET / HTTP/2.0", "%H", "%A"], 505),
    "the preface of HTTP/2": (["PRI * HTTP/2.0"], 400),
    "a target too long": (["GET /" + "a" * 9000 + " HTTP/1.1", "%H", "%A"], 414),
    "a method too long": (["G" * 40 + " / HTTP/1.1", "%H", "%A"], 501),
    "a field too large": (["GET / HTTP/1.1", "%H", "%A", "X-A: " + "a" * 60000], 431),
    "too many fields": (["GET / HTTP/1.1", "%H", "%A"] + ["X-A: b"] * 200, 431),
    "two Content-Types": (["POST / HTTP/1.1", "%H", "%A", "Content-Type: a/b", "Content-Type: a/c", "Content-Length: 0"], 400),
    "an unknown expectation": (["POST / HTTP/1.1", "%H", "%A", "Expect: 200-ok", "Content-Length: 0"], 417),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_parsed_for_certain_is_refused_and_the_connection_closed(proxy, issuer, untouched, name):
    request, status = REFUSED[name]
    refused(proxy, lines(proxy, issuer.token(), *request, body=b"5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"), status)


ACCEPTED = {
    "one empty line before": "\r\nGET / HTTP/1.1\r\n%H\r\n%A\r\n\r\n",
    "no white space after the colon": "GET / HTTP/1.1\r\n%H\r\n%A\r\nX-A:b\r\n\r\n",
    "white space around a value": "GET / HTTP/1.1\r\n%H\r\n%A\r\nX-A: \t b \t \r\n\r\n",
    "an empty value": "GET / HTTP/1.1\r\n%H\r\n%A\r\nX-A:\r\n\r\n",
    "a version to come": "GET / HTTP/1.9\r\n%H\r\n%A\r\n\r\n",
    "a chunked body": "POST / HTTP/1.1\r\n%H\r\n%A\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "CHUNKED": "POST / HTTP/1.1\r\n%H\r\n%A\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunk extensions by the grammar": "POST / HTTP/1.1\r\n%H\r\n%A\r\nTransfer-Encoding: chunked\r\n\r\n5 ; a = \"q;\\\"\"\r\nhello\r\n0;c\t;d=e\r\n\r\n",
    "a small chunk extension": "POST / HTTP/1.1\r\n%H\r\n%A\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;c\r\n\r\n",
    "leading zeros in a chunk size": "POST / HTTP/1.1\r\n%H\r\n%A\r\nTransfer-Encoding: chunked\r\n\r\n005\r\nhello\r\n00\r\n\r\n",
    "more leading zeros than a number has digits": "POST / HTTP/1.1\r\n%H\r\n%A\r\nTransfer-Encoding: chunked\r\n\r\n"
    + "0" * 100 + "5\r\nhello\r\n" + "0" * 17 + "\r\n\r\n",
    "asterisk-form": "OPTIONS * HTTP/1.1\r\n%H\r\n%A\r\n\r\n",
    "every character of a token": "GET / HTTP/1.1\r\n%H\r\n%A\r\n!#$%&'*+-.^_`|~1a: b\r\n\r\n",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_unusual_but_certain_passes(proxy, issuer, name):
    text = ACCEPTED[name].replace("%H", "Host: %s:%d" % proxy.address).replace("%A", f"Authorization: Bearer {issuer.token()}")
    with proxy.connect() as connection:
        answer = connection.send(text).answer()
        assert answer.status == 200
        assert connection.request(token=issuer.token()).status == 200, "the connection stays usable"
    assert "a=b" not in answer.json()["head"]
    if "hello" in text:
        assert answer.json()["body"]["text"] == "hello"


CHUNKS_REFUSED = {
    "a size of 17 digits": "1" + "0" * 16 + "\r\n", "an empty extension": "5;\r\nhello\r\n", "an extension with a bracket": "5;bad[=x\r\nhello\r\n",
    "an extension without a value": "5;a=\r\nhello\r\n", "an open quote in an extension": '5;a="b\r\nhello\r\n', "two words in an extension": "5;a b\r\nhello\r\n",
    "text behind a quoted value": '5;a="b"c\r\nhello\r\n', "an extension without a name": "5;=b\r\nhello\r\n", "zeros without end": "0" * 5000,
    "a size beyond 63 bits behind zeros": "0" * 20 + "8000000000000000\r\n",
    "more of extensions than of data": ("1;" + "x" * 1000 + "\r\na\r\n") * 50 + "0\r\n\r\n", "a prefixed size": "0x5\r\nhello\r\n", "a signed size": "+5\r\nhello\r\n",
    "a space before the size": " 5\r\nhello\r\n", "a space after the size": "5 \r\nhello\r\n", "no line end after the data": "5\r\nhelloX\r\n0\r\n\r\n",
    "line feeds alone": "5\nhello\n0\n\n", "an empty extension ended by a line feed": "5;\nhello\r\n0\r\n\r\n", "no size": "\r\nhello\r\n",
    "no digit": "xyz\r\nhello\r\n", "a carriage return in an extension": "5;a\rb\r\nhello\r\n0\r\n\r\n", "a NUL in an extension": "5;a\0\r\nhello\r\n0\r\n\r\n",
    "an extension of 1 MiB": "5;" + "a" * (1 << 20) + "\r\nhello\r\n0\r\n\r\n", "a folded trailer": "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n",
    "a trailer without a colon": "5\r\nhello\r\n0\r\nX\r\n\r\n", "trailers without end": "5\r\nhello\r\n0\r\n" + "X: a\r\n" * 20000,
}  # fmt: skip


@pytest.mark.parametrize("name", CHUNKS_REFUSED)
def test_a_chunked_body_that_is_not_certain_ends_the_connection(proxy, issuer, name):
    with proxy.connect() as connection:
        connection.send(connection.head("POST", "/chunks", issuer.token(), [("Transfer-Encoding", "chunked")]))
        try:
            connection.send(CHUNKS_REFUSED[name] + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = connection.answer()
            assert answer.status in (400, 431), answer
        except ConnectionError:
            pass  # closed while we were still sending
        assert connection.is_closed()


def test_a_malformed_body_is_never_presented_as_complete(rude, issuer):
    complete = []

    def behave(peer, number):
        complete.append(peer.request())

    stage = rude(behave)
    with stage.proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.token(), [("Transfer-Encoding", "chunked")]) + "5\r\nhello\r\n")
        connection.send("zz\r\n")
        assert connection.answer().status == 400
    for peer in stage.upstream.peers:
        assert peer.done.wait(PATIENCE)
    assert not complete


def test_equal_lengths_in_a_list_are_one_length_or_refused(proxy, issuer):
    with proxy.connect() as connection:
        answer = connection.send(lines(proxy, issuer.token(), "POST / HTTP/1.1", "%H", "%A", "Content-Length: 5, 5", body=b"hello")).answer()
        assert answer.status == 400 or answer.json()["body"]["length"] == 5 and answer.seen("Content-Length") == ["5"]


def test_the_host_of_an_absolute_target_counts_and_the_field_does_not(proxy, issuer):
    with proxy.connect() as connection:
        text = f"GET http://127.0.0.1:{proxy.address[1]}/x HTTP/1.1\r\nHost: other.example\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n"
        answer = connection.send(text).answer()
    if answer.status == 200:
        assert "other.example" not in answer.json()["head"] and len(answer.seen("Host")) == 1
    else:
        assert answer.status == 421


def test_a_request_without_a_token_is_not_forwarded_behind_one_with(proxy, issuer, upstream):
    before = upstream.requests()
    good = lines(proxy, issuer.token(), "GET /good HTTP/1.1", "%H", "%A")
    bad = lines(proxy, issuer.token(), "GET /bad HTTP/1.1", "%H")
    with proxy.connect() as connection:
        connection.send(good + bad + good)
        answers = [connection.answer() for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 401, 200]
    assert upstream.requests() == before + 2


def test_pipelined_answers_come_in_order_however_slow_the_first_is(proxy, issuer):
    with proxy.connect() as connection:
        text = b""
        for number in range(20):
            slow = [("Lab-Respond", "delay=100ms")] if number % 7 == 0 else []
            text += connection.head(target=f"/{number}", token=issuer.token(), headers=slow).encode()
        connection.send(text)
        assert [connection.answer().json()["target"] for _ in range(20)] == [f"/{number}" for number in range(20)]


def test_a_body_is_not_taken_for_the_next_request(proxy, issuer, upstream):
    before = upstream.requests()
    smuggled = lines(proxy, issuer.token(), "GET /smuggled HTTP/1.1", "%H", "%A")
    with proxy.connect() as connection:
        assert connection.request("POST", "/", issuer.token(), body=smuggled).json()["body"]["length"] == len(smuggled)
    assert upstream.requests() == before + 1


def test_a_refusal_before_the_body_does_not_take_the_body_for_a_request(proxy, issuer, untouched):
    smuggled = lines(proxy, issuer.token(), "GET /smuggled HTTP/1.1", "%H", "%A")
    with proxy.connect() as connection:
        connection.send(connection.head("POST", "/", None, [("Content-Length", str(1 << 30))]).encode() + smuggled)
        answer = connection.answer()
        assert answer.status == 401 and answer.value("Connection") == "close"
        assert connection.is_closed()


def test_a_small_body_of_a_refused_request_is_read_or_the_connection_closed(proxy, issuer):
    with proxy.connect() as connection:
        answer = connection.request("POST", "/", None, body=b"x" * 100)
        assert answer.status == 401
        if answer.value("Connection") != "close":
            assert connection.request(token=issuer.token()).status == 200


def test_http_1_0_is_answered_and_then_closed(proxy, issuer):
    for extra in [[], [("Connection", "keep-alive")]]:
        with proxy.connect() as connection:
            answer = connection.request(target="/", token=issuer.token(), headers=extra, version="HTTP/1.0")
            assert answer.status == 200 and answer.json()["version"] == "HTTP/1.1"
            assert connection.is_closed()


def test_http_1_0_without_a_host_is_a_request_unless_hosts_are_listed(proxy, start_proxy, upstream, issuer):
    """(H1-01)"""
    with proxy.connect() as connection:
        connection.send(connection.head("GET", "/old", issuer.token(), version="HTTP/1.0", host=False))
        answer = connection.answer()
        assert answer.status == 200 and answer.seen("Host") == ["%s:%d" % upstream.address], "the upstream's own"
        assert connection.is_closed()
    listing = start_proxy({"listener": {"hosts": ["api.example.com"]}})
    for host, status, reason in [(None, 400, "host_missing"), ("other.example.com", 421, "host_not_served"), ("api.example.com", 200, None)]:
        with listing.connect() as connection:
            connection.host = host
            connection.send(connection.head("GET", "/old", issuer.token(), version="HTTP/1.0", host=host is not None))
            answer = connection.answer()
            assert answer.status == status and (reason is None or answer.reason == reason)


@pytest.mark.parametrize("target", ["/a[0]", "/a|b", "/a^b", "/{a}", "/a`b", '/a"b"', "/<a>", "/?a=C:\\b", '/?q={"a":["<b>"]}|^`'])
def test_targets_as_browsers_and_node_write_them_pass_routes_too(proxy, forge, target):
    assert proxy.ask(target=target, token=forge.token()).json()["target"] == target
    assert proxy.ask(target="/payments" + target, method="POST", token=forge.token()).reason == "scope_insufficient"


def test_a_backslash_in_a_path_could_be_a_slash_to_the_api(proxy, issuer, untouched):
    """(FW-11)"""
    for target in ["/a\\b", "/payments\\1", "/..\\payments"]:
        assert proxy.ask(target=target, token=issuer.token()).reason == "path_ambiguous"


def test_a_larger_head_brings_a_longer_target_and_more_fields(start_proxy, issuer):
    """(H1-15)"""
    def ask(proxy, target, fields):
        return proxy.ask(target="/" + "a" * target, token=issuer.token(), headers=[("X-N", str(n)) for n in range(fields)]).status

    large = start_proxy({"listener": {"max_head": "128KiB"}})
    assert [ask(large, 20_000, 250), ask(large, 22_000, 0), ask(large, 0, 300)] == [200, 414, 431]
    given = start_proxy({"listener": {"max_head": "128KiB", "max_target": "100KiB", "max_fields": 1000}})
    assert [ask(given, 100_000, 900), ask(given, 103_000, 0), ask(given, 0, 1000)] == [200, 414, 431]
    small = start_proxy({"listener": {"max_target": "1KiB", "max_fields": 16}})
    assert [ask(small, 1000, 10), ask(small, 1100, 0), ask(small, 0, 16)] == [200, 414, 431]


@pytest.mark.parametrize("listener", [{"max_target": "64KiB"}, {"max_target": "1B"}, {"max_fields": 1}, {"max_fields": 5000}, {"max_fields": "many"}], ids=str)
def test_a_bound_of_heads_that_cannot_be_meant_is_a_mistake(start_proxy, listener):
    proxy = start_proxy({"listener": listener}, wait=None)
    assert proxy.process.wait() == 64 and f"listener.{next(iter(listener))}" in proxy.process.err


ANSWERS = {
    "sizes padded with blanks": ("5  \r\nhello\r\n0 \r\n\r\n", True), "many leading zeros": ("0" * 40 + "5\r\nhello\r\n" + "0" * 40 + "\r\n\r\n", True),
    "extensions": ('5;a="b;c" ;d\r\nhello\r\n0;e\r\n\r\n', True), "an empty extension": ("5;\r\nhello\r\n0\r\n\r\n", False),
    "an extension with a bracket": ("5;bad[=x\r\nhello\r\n0\r\n\r\n", False), "text behind the size": ("5 x\r\nhello\r\n0\r\n\r\n", False),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_chunks_of_an_answer_are_read_by_the_same_grammar(rude, issuer, name):
    """(H1-13, H1-14)"""
    chunks, is_good = ANSWERS[name]

    def behave(peer, number):
        peer.reader.request()
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)

    proxy = rude(behave).proxy
    with proxy.connect() as connection:
        connection.send(connection.head(token=issuer.token()))
        if is_good:
            assert connection.answer().body == b"hello"
        else:
            try:
                assert connection.answer().status == 502
            except (Truncated, ConnectionError, OSError):
                pass  # cut, where the head was out already


def test_chunks_are_not_sent_to_http_1_0(proxy, issuer):
    with proxy.connect() as connection:
        headers = [("Lab-Respond", "size=100000; chunked")]
        answer = connection.request(token=issuer.token(), headers=headers, version="HTTP/1.0")
        assert not answer.values("Transfer-Encoding") and len(answer.body) == 100000


def test_a_connection_that_asks_to_be_closed_is_closed(proxy, issuer):
    with proxy.connect() as connection:
        answer = connection.request(token=issuer.token(), headers=[("Connection", "close")])
        assert answer.status == 200 and answer.value("Connection") == "close" and connection.is_closed()


def test_a_head_that_comes_octet_by_octet_is_the_same_head(proxy, issuer):
    with proxy.connect() as connection:
        for octet in connection.head(token=issuer.token(), headers=[("X-A", "b")]).encode():
            connection.send(bytes([octet]))
        assert connection.answer().seen("X-A") == ["b"]


def test_a_head_that_does_not_come_is_not_waited_for(start_proxy):
    proxy = start_proxy({"listener": {"head_timeout": "300ms"}})
    with proxy.connect() as connection:
        began = time.monotonic()
        connection.send("GET / HTTP/1.1\r\nHost: ")
        answer = connection.answer()
        assert answer.status == 408 and connection.is_closed()
        assert time.monotonic() - began > 0.25, "it was waited for"


def test_an_idle_connection_is_closed_in_time(start_proxy, issuer):
    proxy = start_proxy({"listener": {"idle_timeout": "300ms"}})
    with proxy.connect() as connection:
        began = time.monotonic()
        assert connection.request(token=issuer.token()).status == 200
        assert connection.is_closed()
        assert time.monotonic() - began > 0.25, "it was waited for"


def test_a_body_that_stops_coming_is_not_waited_for(start_proxy, issuer):
    proxy = start_proxy({"listener": {"body_timeout": "300ms"}})
    with proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.token(), [("Content-Length", "10")]) + "hello")
        assert connection.answer().status == 408 and connection.is_closed()


def test_octets_at_random_are_answered_with_a_refusal_or_the_end(proxy, issuer):
    chance = random.Random(20260)
    valid = lines(proxy, issuer.token(), "POST /x HTTP/1.1", "%H", "%A", "Content-Length: 5", "X-A: b", body=b"hello")
    for _ in range(300):
        octets = bytearray(valid)
        for _ in range(chance.randint(1, 4)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        with proxy.connect() as connection:
            connection.send(bytes(octets) + b"\r\n\r\n")
            connection.sock.settimeout(0.05)
            try:
                assert connection.answer().status in range(200, 506)
            except TimeoutError:
                pass  # it waits for the rest of what it was promised
    assert proxy.ask(token=issuer.token()).status == 200
