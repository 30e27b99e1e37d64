"""Endings that meet each other: who goes away while something else happens, and who is waited for how long."""
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from harness.processes import HOLDFAST, PATIENCE, eventually, is_connected

OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def stop(pid):
    """Until it has stopped: the signal alone lets it go on for a moment."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED)


def shake_hands(tls, plain, incoming, outgoing):
    """All but the client's last octets, which are left in `outgoing`."""
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            plain.sendall(outgoing.read())
            incoming.write(plain.recv(65536))


def half_closing(stage, octets):
    """Sends `octets` and ends its side at once, TLS and TCP; waits until the proxy ends the other."""
    half_closed(stage, octets)


def half_closed(stage, octets, goodbye=True):
    """The same, with or without TLS's goodbye; gives what came back."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    before = stage.proxy.metric("holdfast_handshakes_total")
    plain = socket.create_connection(stage.proxy.address, timeout=PATIENCE)
    tls = stage.proxy.pki.context("client-a").wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    shake_hands(tls, plain, incoming, outgoing)
    plain.sendall(outgoing.read())
    # The server's side of the handshake, which says nothing when it ends.
    eventually(lambda: stage.proxy.metric("holdfast_handshakes_total") > before, "the handshake is done")
    tls.write(octets)
    plain.sendall(outgoing.read())
    answer = b""
    if goodbye:
        try:
            tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        plain.sendall(outgoing.read())
    plain.shutdown(socket.SHUT_WR)
    while received := plain.recv(65536):
        incoming.write(received)
        try:
            while piece := tls.read(65536):
                answer += piece
        except ssl.SSLError:
            pass
    plain.close()
    return answer


def is_reset(connection):
    """Reads below TLS to the end, and tells whether that was a reset and no end that could be taken for a good one."""
    with socket.socket(fileno=os.dup(connection.sock.fileno())) as plain:
        plain.settimeout(PATIENCE)
        try:
            while plain.recv(65536):
                pass
        except ConnectionResetError:
            return True
    return False


def test_who_was_told_to_go_on_has_the_whole_time_for_its_body(rude, issuer):
    """The second that an upstream has to say 100 is not the client's to begin."""

    def behave(peer, number):
        peer.head()
        peer.send("HTTP/1.1 100 Continue\r\n\r\n")
        peer.reader.exactly(5)
        peer.send(OK)

    stage = rude(behave)
    with stage.proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.token(), [("Expect", "100-continue"), ("Content-Length", "5")]))
        assert connection.reader.head()[0].split()[1] == "100"
        threading.Event().wait(1.5)  # a client that takes its time; nothing here could be waited for
        connection.send("hello")
        assert connection.answer("POST").status == 200


def test_once_the_body_is_there_the_answer_has_its_own_time(rude, issuer):
    def behave(peer, number):
        peer.request()
        threading.Event().wait(1.5)  # thrice the time of the body
        peer.send(OK)

    stage = rude(behave, {"listener": {"body_timeout": "500ms"}})
    with stage.proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.token(), [("Content-Length", "5")]) + "hello")
        assert connection.answer("POST").status == 200


def test_a_body_that_was_never_asked_for_is_not_waited_for_on_the_connection(rude, issuer):
    """What follows a refusal would be taken for the body that the client held back. (FW-16, H1-18)"""

    over = threading.Event()

    def behave(peer, number):
        peer.request()
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not over.wait(0.2):
            peer.send("x")

    stage = rude(behave, {"threads": 1, "upstream": {"max_connections": 1, "queue_timeout": "2s"}})
    with stage.proxy.connect() as holding, stage.proxy.connect() as connection:
        holding.send(holding.head("GET", "/long", issuer.token()))
        eventually(lambda: stage.upstream.peers and stage.upstream.peers[0].requests, "the one connection is taken")
        began = time.monotonic()
        connection.send(connection.head("POST", "/", issuer.token(), [("Expect", "100-continue"), ("Content-Length", "300")]))
        answer = connection.answer("POST")
        over.set()
        # Not the one second that an upstream has to say 100: there was none yet.
        assert answer.status == 503 and answer.value("Connection") == "close" and time.monotonic() - began > 1.5


@pytest.mark.parametrize(
    "framing,body", [("Content-Length: 20000", b"x" * 20000), ("Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n")]
)
def test_a_whole_request_before_a_half_close_is_forwarded(rude, issuer, framing, body):
    stage = rude(lambda peer, number: (peer.request(), peer.send(OK)))
    half_closing(stage, f"POST /whole HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {issuer.token()}\r\n{framing}\r\n\r\n".encode() + body)
    assert stage.proxy.logged("/whole")["status"] == 200


def test_a_half_close_may_come_with_the_end_of_the_handshake(proxy, issuer, pki):
    """The client's last octets of the handshake, a request, TLS's goodbye and the FIN, read at once."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = pki.context("client-a").wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(proxy.address, timeout=PATIENCE) as plain:
        shake_hands(tls, plain, incoming, outgoing)
        tls.write(f"GET /at-once HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n".encode())
        with pytest.raises(ssl.SSLWantReadError):
            tls.unwrap()
        pid = proxy.process.child.pid
        stop(pid)
        try:
            plain.sendall(outgoing.read())
            plain.shutdown(socket.SHUT_WR)
        finally:
            os.kill(pid, signal.SIGCONT)
        received = b""
        while octets := plain.recv(65536):
            incoming.write(octets)
            try:
                received += tls.read(65536)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                pass
    assert received.startswith(b"HTTP/1.1 200 "), received
    assert proxy.logged("/at-once")["outcome"] == "ok"


def test_half_a_request_before_a_half_close_is_not_completed(rude, issuer):
    """(H1-20)"""
    stage = rude(lambda peer, number: (peer.request(), peer.send(OK)))
    half_closing(
        stage, f"POST /half HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {issuer.token()}\r\nContent-Length: 20000\r\n\r\n".encode() + b"x" * 9999)
    assert stage.proxy.logged("/half")["outcome"] == "client"


def test_a_head_may_be_as_long_as_configured(start_proxy, issuer):
    proxy = start_proxy({"listener": {"max_head": "256KiB"}})
    with proxy.connect() as connection:
        answer = connection.request("GET", "/", issuer.token(), [(f"X-Big-{number}", "a" * 4000) for number in range(40)])
        assert answer.status == 200
        connection.send("GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + "a" * (256 << 10))
        assert connection.answer().status == 431


def test_what_an_upstream_sends_as_the_body_of_a_204_is_nobodys_answer(rude, issuer):
    """(H1-22, H1-21)"""
    told = threading.Event()

    def behave(peer, number):
        peer.request()
        if number > 1:
            return peer.send(OK)
        peer.send("HTTP/1.1 204 No Content\r\nContent-Length: 40\r\n\r\n")
        told.wait(PATIENCE)
        try:
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL")
        except OSError:
            pass

    stage = rude(behave, {"threads": 1})
    with stage.proxy.connect() as one, stage.proxy.connect() as other:
        assert one.request("GET", "/a", issuer.token()).status == 204
        other.send(other.head("GET", "/b", issuer.token()))
        told.set()
        assert other.answer().body == b"ok"


def test_only_its_very_name_is_a_responses_length(rude, issuer):
    def behave(peer, number):
        peer.request()
        peer.send("HTTP/1.1 200 OK\r\nContent_Length: 3\r\nTransfer.Encoding: chunked\r\nContent-Length: 10\r\n\r\n0123456789")

    answer = rude(behave).proxy.ask("GET", "/", issuer.token())
    assert answer.status == 200 and answer.body == b"0123456789"


def test_two_authorizations_pass_nowhere(proxy, untouched):
    """(FW-20, BR-03)"""
    with proxy.connect() as connection:
        answer = connection.request("GET", "/certificate/x", None, [("Authorization", "Bearer a"), ("Authorization", "Basic b")])
        assert answer.status == 400 and answer.reason == "credentials_duplicated"


def test_who_does_not_read_is_the_one_that_is_named(rude, issuer):
    def behave(peer, number):
        peer.request()
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        try:
            while True:
                peer.send(b"x" * 65536)
        except OSError:
            pass

    stage = rude(behave, {"upstream": {"response_timeout": "1s"}})
    with stage.proxy.connect() as connection:
        connection.send(connection.head("GET", "/unread", issuer.token()))
        line = stage.proxy.logged("/unread")
        assert line["outcome"] == "client" and line["reason"] == "read_timeout"
        assert stage.proxy.metric("holdfast_upstream_failures_total", reason="upstream_timeout") == 0


def test_an_upstream_that_stops_in_the_middle_is_counted(rude, issuer):
    def behave(peer, number):
        peer.request()
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
        peer.is_closed()

    stage = rude(behave, {"upstream": {"response_timeout": "500ms"}})
    with stage.proxy.connect() as connection:
        connection.send(connection.head("GET", "/stalled", issuer.token()))
        assert stage.proxy.logged("/stalled")["reason"] == "upstream_timeout"
        assert stage.proxy.metric("holdfast_upstream_failures_total", reason="upstream_timeout") == 1


def test_nothing_is_forwarded_for_a_client_that_is_found_gone_while_it_is_answered(rude, issuer):
    """Two pipelined requests; the answer to the first and the client's reset are seen at once."""
    go, answered, second = threading.Event(), threading.Event(), threading.Event()

    def behave(peer, number):
        while True:
            line = peer.request()[0]
            if "/second" in line:
                second.set()
            if "/first" in line:
                go.wait(PATIENCE)
            peer.send(OK)
            answered.set()

    stage = rude(behave, {"threads": 1, "upstream": {"max_connections": 1}})
    connection = stage.proxy.connect()
    connection.send(connection.head("GET", "/first", issuer.token()) + connection.head("GET", "/second", issuer.token()))
    eventually(lambda: stage.upstream.peers and stage.upstream.peers[0].requests, "the first request is at the upstream")
    pid = stage.proxy.process.child.pid
    stop(pid)
    try:
        go.set()
        assert answered.wait(PATIENCE), "the answer is in the proxy's socket"
        ports = stage.proxy.address[1], connection.sock.getsockname()[1]
        assert is_connected(*ports)
        connection.reset()
        eventually(lambda: not is_connected(*ports), "the reset is in the proxy's socket")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert stage.proxy.ask("GET", "/after", issuer.token()).status == 200
    assert stage.proxy.logged("/first")["reason"] == "client_gone"
    assert not second.is_set()


def test_a_log_that_nobody_reads_does_not_keep_the_process(start_proxy):
    first = start_proxy()
    first.process.end()
    reader, writer = os.pipe()
    process = subprocess.Popen([HOLDFAST, "run", "--config", str(first.file)], stdout=writer, stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        eventually(lambda: (first.admin("/readyz") or (0,))[0] == 200, "it is ready")
        with first.connect() as connection:
            for _ in range(60):
                connection.send(connection.head("GET", "/" + "a" * 400) * 20)
                for _ in range(20):
                    assert connection.answer().status == 401
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        os.close(reader)


@pytest.mark.parametrize("goodbye", [True, False])
def test_who_ends_its_side_after_a_whole_request_gets_its_answer(rude, issuer, goodbye):
    """However long the API takes, for a client of TLS; who leaves out TLS's goodbye is waited for some seconds. (H1-19)"""

    def behave(peer, number):
        peer.request()
        threading.Event().wait(3)  # an API that takes its time
        peer.send(OK)

    stage = rude(behave)
    answer = half_closed(stage, f"GET /half HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n".encode(), goodbye)
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"ok")
    assert stage.proxy.logged("/half")["outcome"] == "ok"


def test_an_answer_that_the_client_does_not_take_ends_with_a_cut_and_is_logged_so(rude, issuer):
    def behave(peer, number):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n" + b"x" * 30_000_000)

    stage = rude(behave, {"upstream": {"response_timeout": "1s"}})
    with stage.proxy.connect() as connection:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(connection.head(target="/untaken", token=issuer.token()))
        line = stage.proxy.logged("/untaken")
        assert (line["outcome"], line["reason"]) == ("client", "read_timeout")
        assert is_reset(connection)


def test_the_end_of_an_answer_that_the_client_does_not_take_is_cut_too(rude, issuer):
    """All of it is here and the upstream has done its part, so only the client is missing."""
    size = 6_000_000

    def behave(peer, number):
        peer.request()
        peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode() + b"x" * size)

    stage = rude(behave, {"upstream": {"response_timeout": "1s"}})
    with stage.proxy.connect() as connection:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(connection.head(target="/tail", token=issuer.token()))
        assert stage.proxy.logged("/tail")["outcome"] == "client"
        assert is_reset(connection)


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_the_cut_of_an_answer_takes_nothing_of_the_one_before(rude, issuer, framing):
    """The kernel still holds most of the first answer when the second is cut by a reset."""
    whole = b"w" * 60_000

    def behave(peer, number):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(whole) + whole)
        peer.request()
        if framing == "length":
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
        else:
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        peer.close()

    stage = rude(behave)
    with stage.proxy.connect(window=4096) as connection:
        connection.send(connection.head(target="/whole", token=issuer.token()) + connection.head(target="/cut", token=issuer.token()))
        assert stage.proxy.logged("/cut")["reason"] == "upstream_closed"
        assert connection.answer("GET").body == whole
        assert connection.reader.head()[0].split()[1] == "200"
        assert is_reset(connection)
