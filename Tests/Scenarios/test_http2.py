"""HTTP/2, with curl and with frames written by hand."""
import hashlib
import subprocess

import pytest

from harness.http2 import CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PRIORITY, HTTP2Connection, frame, reset, settings, window
from harness.processes import PATIENCE, eventually

CALM, PROTOCOL, REFUSED = 11, 1, 7
MIB = 1 << 20


def body_of(count):
    block = hashlib.sha256(b"h2").digest() * 2048
    return (block * (count // len(block) + 1))[:count]


@pytest.fixture
def h2(pki):
    opened = []

    def connect(proxy, client="client-a", **options):
        opened.append(HTTP2Connection(proxy, pki.context(client, alpn=["h2"]), **options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def curl(proxy, pki, *words):
    command = ["curl", "-sS", "--max-time", str(PATIENCE), "--cacert", pki.path("ca.pem"), "--cert", pki.path("client-a.pem")]
    command += ["--key", pki.path("client-a.key"), "-w", "\n%{http_version} %{http_code}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.rsplit("\n", 1)


def test_curl_with_a_good_token_and_with_none(proxy, pki, issuer, tmp_path):
    """(H2-20)"""
    url = "https://127.0.0.1:%d/" % proxy.address[1]
    report, line = curl(proxy, pki, "--http2", "-H", f"Authorization: Bearer {issuer.token()}", url)
    assert line == "2 200" and '"Via", "2.0 ' in report.replace("\n", "").replace('","', '", "')
    report, line = curl(proxy, pki, "--http2", url)
    assert line == "2 401" and "credentials_missing" in report
    large = tmp_path / "large"
    large.write_bytes(body_of(3 * MIB + 17))
    report, line = curl(proxy, pki, "--http2", "-H", f"Authorization: Bearer {issuer.token()}", "--data-binary", f"@{large}", url)
    assert line == "2 200" and hashlib.sha256(large.read_bytes()).hexdigest() in report


def test_bodies_of_10_MB_either_way_are_the_same_to_the_octet(proxy, issuer, h2):
    client, token, body = h2(proxy), issuer.token(), body_of(10 * MIB)
    octets, stream = client.ask("POST", "/", token, ends=False)
    client.read()  # its settings
    client.send(octets)
    client.upload(stream, body)
    assert hashlib.sha256(body).hexdigest() in client.until(stream).body.decode()
    for coding in ["", "; chunked"]:
        answer = client.request(token=token, fields=[("lab-respond", f"size={10 * MIB}{coding}")])
        assert answer.status == 200 and answer.body == b"x" * (10 * MIB)


def test_many_streams_each_with_its_own_token(proxy, issuer, h2):
    """(H2-16, H2-20)"""
    client, good = h2(proxy), issuer.token()
    asked = []
    for number in range(90):
        octets, stream = client.ask(path=f"/{number}", token=[good, None, "nonsense"][number % 3])
        client.send(octets)
        asked.append((stream, [200, 401, 401][number % 3], number))
    for stream, status, number in asked:
        answer = client.until(stream)
        assert answer.status == status
        assert status != 200 or f'"/{number}"' in answer.body.decode().replace(" ", "")
    assert client.request(token=good).status == 200


def test_one_stream_more_than_there_may_be_is_refused(held, issuer, h2):
    """(H2-16, H2-17)"""
    stage = held({"listener": {"http2": {"max_streams": 2}}})
    client, token = h2(stage.proxy), issuer.token()
    streams = []
    for _ in range(2):
        octets, stream = client.ask(path="/held", token=token)
        client.send(octets)
        streams.append(stream)
    octets, third = client.ask(path="/held", token=token)
    client.send(octets)
    assert client.until(third).reset == REFUSED
    stage.go.set()
    assert [client.until(stream).status for stream in streams] == [200, 200]


def test_a_request_that_is_given_up_stops_the_work_for_it(rude, issuer, h2):
    """(H2-12)"""
    ended = []

    def behave(peer, number):
        peer.request()
        ended.append(peer.sock.recv(1))

    stage = rude(behave)
    client = h2(stage.proxy)
    octets, stream = client.ask(token=issuer.token())
    client.send(octets)
    eventually(lambda: any(peer.requests for peer in stage.upstream.peers), "it is asked")
    client.send(reset(stream))
    eventually(lambda: ended == [b""], "the upstream is let go of")
    assert client.request(token=None).status == 401


@pytest.mark.parametrize(
    "name, octets, code",
    [
        ("a body on no stream", lambda c: frame(DATA, 0, 0, b"x"), PROTOCOL),
        ("a stream with an even number", lambda c: frame(HEADERS, END_HEADERS | END_STREAM, 2, c.block()), PROTOCOL),
        ("a frame that is too large", lambda c: frame(PING, 0, 0, bytes(16_385)), 6),
        ("a frame within a head", lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + frame(PING, 0, 0, bytes(8)), PROTOCOL),
        ("a head that cannot be decoded", lambda c: frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff"), 9),
        ("a window beyond all bounds", lambda c: window(0, 0x7FFFFFFF), 3),
        ("a setting that cannot be", lambda c: settings((2, 2)), PROTOCOL),
    ],
)
def test_what_breaks_a_rule_of_the_connection_ends_it(proxy, h2, name, octets, code):
    """(H2-11)"""
    client = h2(proxy)
    client.send(octets(client))
    assert [reason for _, reason in client.end()] == [code], name


@pytest.mark.parametrize("count", [3, 7])
def test_a_body_that_is_not_as_long_as_was_said_is_refused(proxy, issuer, h2, count):
    """(H2-09)"""
    client, token = h2(proxy), issuer.token()
    octets, stream = client.ask("POST", "/", token, [("content-length", "5")], ends=False)
    client.send(octets + frame(DATA, END_STREAM, stream, b"x" * count))
    assert client.until(stream).status == 400
    assert client.request(token=token).status == 200


FLOODS = {
    "too_many_resets": lambda client: b"".join(octets + reset(stream) for octets, stream in (client.ask() for _ in range(300))),
    "too_many_glitches": lambda client: frame(PING, 0, 0, bytes(8)) * 3000,
    "too_many_continuations": lambda client: frame(HEADERS, END_STREAM, 1, client.block()) + frame(CONTINUATION, 0, 1) * 3000,
    "too_many_stream_errors": lambda client: b"".join(client.ask(fields=[("connection", "close")])[0] for _ in range(300)),
}
KINDS = {
    "settings": settings() * 3000,
    "priorities": frame(PRIORITY, 0, 1, bytes(5)) * 3000,
    "windows": window(0, 1) * 3000,
    "frames that nobody knows": frame(0x50, 0, 0) * 3000,
}


def flooded(client, octets):
    try:
        client.send(octets)
    except (ConnectionError, OSError):
        pass
    return client.end()


@pytest.mark.parametrize("reason", FLOODS)
def test_a_flood_ends_its_connection_and_no_other(proxy, issuer, h2, reason):
    """(H2-11, H2-12, H2-13, H2-14, H2-23)"""
    probe, client, token = h2(proxy), h2(proxy), issuer.token()
    before = proxy.metric("holdfast_http2_connection_faults_total", reason=reason) or 0
    told = flooded(client, FLOODS[reason](client))
    assert not told or told[-1][1] == CALM
    assert probe.request(token=token).status == 200
    eventually(lambda: proxy.metric("holdfast_http2_connection_faults_total", reason=reason) == before + 1, "it is counted")


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_of_frames_that_carry_nothing_ends_its_connection(proxy, h2, kind):
    """(H2-14)"""
    client = h2(proxy)
    told = flooded(client, KINDS[kind])
    assert not told or told[-1][1] == CALM


def test_the_end_is_told_in_two_steps_and_what_runs_is_finished(held, issuer, h2):
    """(H2-17)"""
    stage = held({"shutdown": {"delay": "10m", "drain_timeout": "1h"}})
    client, token = h2(stage.proxy), issuer.token()
    octets, stream = client.ask(path="/held", token=token)
    client.send(octets)
    eventually(stage.is_asked, "the request is under way")
    stage.proxy.process.terminate()
    while len(client.goaways) < 2:
        assert client.read()
    assert client.goaways == [(0x7FFFFFFF, 0), (stream, 0)]
    stage.go.set()
    assert client.until(stream).status == 200
    assert client.end() == client.goaways


def test_a_host_that_the_connection_was_not_made_for_is_answered_421(start_proxy, issuer, h2):
    """(H2-19)"""
    client, token = h2(start_proxy({"listener": {"hosts": ["127.0.0.1"]}})), issuer.token()
    assert client.request(token=token, authority="b.example").status == 421
    assert client.request(token=token).status == 200


def test_http_1_1_is_all_that_is_spoken_where_the_configuration_says_so(start_proxy, pki, issuer):
    proxy = start_proxy({"listener": {"protocols": ["http/1.1"]}})
    with proxy.connect(context=pki.context(alpn=["h2", "http/1.1"])) as connection:
        assert connection.sock.selected_alpn_protocol() == "http/1.1"
        assert connection.request(token=issuer.token()).status == 200
