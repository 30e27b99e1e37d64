"""Bodies of any size, both ways, with backpressure and little memory."""
import hashlib
import threading
import time

import pytest

from harness.processes import PATIENCE, eventually

MIB = 1 << 20


def pattern(count):
    block = hashlib.sha256(b"seed").digest() * 2048  # 64 KiB
    return (block * (count // len(block) + 1))[:count]


@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 8193, 65536, 3 * MIB + 17])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_request_body_arrives_whole(proxy, issuer, size, chunked):
    body = pattern(size)
    with proxy.connect() as connection:
        if chunked:
            connection.send(connection.head("POST", "/", issuer.token(), [("Transfer-Encoding", "chunked")]))
            for start in range(0, size, 50_000):
                piece = body[start : start + 50_000]
                connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            answer = connection.send("0\r\n\r\n").answer()
        else:
            answer = connection.request("POST", "/", issuer.token(), body=body)
        report = answer.json()["body"]
        assert report["length"] == size and report["sha256"] == hashlib.sha256(body).hexdigest() and report["complete"]
        assert connection.request(token=issuer.token()).status == 200


@pytest.mark.parametrize("size", [0, 1, 65536, 5 * MIB + 17])
@pytest.mark.parametrize("coding", ["", "; chunked"])
def test_an_answers_body_arrives_whole(proxy, issuer, size, coding):
    with proxy.connect() as connection:
        answer = connection.request(token=issuer.token(), headers=[("Lab-Respond", f"size={size}{coding}")])
        assert answer.body == b"x" * size
        assert connection.request(token=issuer.token()).status == 200


def test_an_answer_that_comes_in_drops_is_not_held_back(rude, issuer):
    """The upstream sends each drop once the one before has reached the client."""
    arrived = [threading.Event() for _ in range(5)]

    def behave(peer, number):
        peer.request()
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number, event in enumerate(arrived):
            peer.send(f"1\r\n{number}\r\n")
            assert event.wait(PATIENCE)
        peer.send("0\r\n\r\n")

    with rude(behave).proxy.connect() as connection:
        connection.send(connection.head(token=issuer.token()))
        connection.reader.head()
        for number, event in enumerate(arrived):
            assert connection.reader.through(b"\r\n") == b"1" and connection.reader.through(b"\r\n") == b"%d" % number
            event.set()
        assert connection.reader.through(b"\r\n\r\n") == b"0"


def test_a_gibibyte_up_and_down_takes_little_memory(start_proxy, issuer):
    proxy = start_proxy()
    proxy.ask(token=issuer.token())
    before = proxy.process.resident_kib()
    peak = [before]
    done = threading.Event()

    def watch():
        while not done.wait(0.05):
            peak[0] = max(peak[0], proxy.process.resident_kib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with proxy.connect() as connection:
            connection.send(connection.head("POST", "/", issuer.token(), [("Content-Length", str(1024 * MIB))]))
            block = b"x" * MIB
            for _ in range(1024):
                connection.sock.sendall(block)
            assert connection.answer().json()["body"]["length"] == 1024 * MIB
            connection.send(connection.head(token=issuer.token(), headers=[("Lab-Respond", f"size={1024 * MIB}")]))
            connection.reader.head()
            rest = 1024 * MIB - len(connection.reader.buffer)
            while rest:
                rest -= len(connection.sock.recv(min(rest, MIB)))
    finally:
        done.set()
        watcher.join()
    assert peak[0] - before < 32 * 1024, f"grew by {peak[0] - before} KiB"


def test_a_client_that_does_not_read_holds_the_upstream_back(rude, issuer):
    sent = [0]

    def behave(peer, number):
        peer.request()
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n")
        peer.sock.settimeout(2)
        block = b"x" * 65536
        while True:
            try:
                peer.sock.sendall(block)
            except TimeoutError:
                return
            sent[0] += len(block)

    stage = rude(behave)
    before = stage.proxy.process.resident_kib()
    with stage.proxy.connect() as connection:
        connection.send(connection.head(token=issuer.token()))
        connection.reader.head()
        peer = eventually(lambda: stage.upstream.peers and stage.upstream.peers[0], "the upstream is asked")
        assert peer.done.wait(PATIENCE), "the upstream was never held back"
        assert sent[0] < 32 * MIB
        assert stage.proxy.process.resident_kib() - before < 16 * 1024


def test_an_upstream_that_does_not_read_holds_the_client_back(rude, issuer):
    free = threading.Event()

    def behave(peer, number):
        peer.head()
        free.wait(PATIENCE)

    stage = rude(behave)
    before = stage.proxy.process.resident_kib()
    with stage.proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.token(), [("Content-Length", str(4096 * MIB))]))
        connection.sock.settimeout(2)
        block, sent = b"x" * 65536, 0
        with pytest.raises(TimeoutError):
            while sent < 256 * MIB:
                sent += connection.sock.send(block)
        assert sent < 32 * MIB
        assert stage.proxy.process.resident_kib() - before < 16 * 1024
    free.set()


def test_one_slow_client_does_not_slow_the_others(start_proxy, issuer):
    proxy = start_proxy({"threads": 1})
    with proxy.connect() as slow, proxy.connect() as quick:
        slow.send(slow.head(token=issuer.token(), headers=[("Lab-Respond", f"size={256 * MIB}")]))
        slow.reader.head()
        for _ in range(100):
            assert quick.request(token=issuer.token()).status == 200


def test_an_answer_before_the_body_has_ended_reaches_the_client_at_once(proxy, issuer):
    with proxy.connect() as connection:
        headers = [("Content-Length", str(64 * MIB)), ("Lab-Respond", "status=413; early; size=5")]
        connection.send(connection.head("POST", "/", issuer.token(), headers))
        connection.send(b"x" * 1000)
        answer = connection.answer()
        assert answer.status == 413 and answer.body == b"xxxxx"
        assert answer.value("Connection") == "close" and connection.is_closed()


def test_an_early_answer_to_a_client_that_keeps_sending_is_not_lost(rude, issuer):
    def behave(peer, number):
        peer.head()
        peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        peer.close()

    stage = rude(behave)
    with stage.proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.token(), [("Content-Length", str(64 * MIB))]))
        try:
            for _ in range(64):
                connection.send(b"x" * 65536)
        except OSError:
            pass
        assert connection.answer().status == 413


def test_the_end_of_an_answer_waits_for_a_slow_reader_on_a_connection_that_closes(proxy, issuer):
    """The last answer may take longer than a closing connection is kept for a client that has everything."""
    with proxy.connect() as slow:
        headers = [("Connection", "close"), ("Lab-Respond", f"size={8 * MIB}")]
        slow.send(slow.head(token=issuer.token(), headers=headers))
        time.sleep(4)  # twice that time: the one thing that can only be waited for
        answer = slow.answer()
        assert answer.status == 200 and len(answer.body) == 8 * MIB
        assert slow.is_closed()


@pytest.mark.parametrize("authorised", [False, True])
def test_a_client_that_asks_and_never_reads_is_not_listened_to_for_ever(start_proxy, issuer, authorised):
    """Answers that nobody reads do not gather: neither our own refusals nor the upstream's."""
    proxy = start_proxy({"threads": 1})
    with proxy.connect() as rude:
        head = rude.head(token=issuer.token() if authorised else None)
        block = (head if isinstance(head, bytes) else head.encode()) * 200
        before = proxy.process.resident_kib()
        rude.sock.settimeout(2)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 256 * MIB:
                sent += rude.sock.send(block)
        assert sent < 64 * MIB
        assert proxy.process.resident_kib() - before < 24 * 1024
        assert proxy.ask(token=issuer.token()).status == 200
