"""Connections whose handshake is not done have a bound of their own, and the oldest of them go first."""
import socket
import ssl

import pytest

from harness.at_once import status_at_once
from harness.crowd import Crowd
from harness.processes import PATIENCE, eventually


def silent(proxy, count):
    """So many connections that say nothing, each seated before the next comes."""
    sockets = []
    for _ in range(count):
        accepted = proxy.metric("holdfast_connections_accepted_total")
        sockets.append(socket.create_connection(proxy.address, timeout=PATIENCE))
        eventually(lambda: proxy.metric("holdfast_connections_accepted_total") > accepted, "it is accepted")
    return sockets


def is_cut(sock):
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("kind", ["silent", "partial", "hello"])
def test_half_open_connections_however_many_keep_out_nobody_who_shakes_hands_at_once(start_proxy, issuer, kind):
    # Whoever sends a whole ClientHello makes work for both sides: with more places for handshakes there is more time for each.
    places = 512 if kind == "hello" else 64
    proxy = start_proxy({"listener": {"max_handshakes": places}})
    token = issuer.token()
    with Crowd(proxy.address, 1200, kind).wait_opened():
        for _ in range(10):
            assert status_at_once(proxy, token) == 200
            assert proxy.metric("holdfast_connections_handshaking") <= 1.25 * places + 1, "and those whose words must be read before they go"
        assert proxy.metric("holdfast_connections_crowded_out_total") >= 200
    lines = [line for line in proxy.process.messages() if "finished handshake" in line["message"]]
    assert len(lines) == 1 and lines[0]["level"] == "warning" and lines[0]["bound"] == str(places)


def test_the_oldest_goes_first(start_proxy):
    proxy = start_proxy({"listener": {"max_handshakes": 4}})
    sockets = silent(proxy, 6)
    assert is_cut(sockets[0]) and is_cut(sockets[1])
    for sock in sockets[2:]:
        sock.settimeout(0.2)
        assert not is_cut(sock)
        sock.close()
    assert proxy.metric("holdfast_connections_crowded_out_total") == 2
    assert proxy.metric("holdfast_handshake_failures_total", reason="crowded_out") == 2


def test_below_the_bound_none_is_closed(start_proxy):
    proxy = start_proxy({"listener": {"max_handshakes": 6}})
    for sock in silent(proxy, 6):
        sock.settimeout(0.1)
        assert not is_cut(sock)
        sock.close()
    assert proxy.metric("holdfast_connections_crowded_out_total") == 0


def test_a_client_that_has_shaken_hands_is_never_closed_for_a_newcomer(start_proxy, issuer):
    proxy = start_proxy({"listener": {"max_connections": 8, "max_handshakes": 2}})
    token = issuer.token()
    good = [proxy.connect() for _ in range(6)]
    with Crowd(proxy.address, 300, churn=True).wait_opened():
        for _ in range(5):
            for connection in good:
                assert connection.request(token=token).status == 200
        assert status_at_once(proxy, token) == 200, "and there is room for another good one"
    for connection in good:
        connection.close()


def test_a_full_house_of_good_clients_refuses_at_once_and_says_so(start_proxy, issuer):
    proxy = start_proxy({"listener": {"max_connections": 3}})
    good = [proxy.connect() for _ in range(3)]
    for _ in range(3):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            proxy.connect()
    assert all(connection.request(token=issuer.token()).status == 200 for connection in good)
    assert proxy.metric("holdfast_connections_refused_total") == 3 and proxy.metric("holdfast_accept_paused") == 0
    lines = [line for line in proxy.process.messages() if line["message"].startswith("connections refused")]
    assert len(lines) == 1 and lines[0]["connections"] == "3"
    for connection in good:
        connection.close()


def test_a_full_house_closes_one_that_has_proved_nothing_for_a_good_client(start_proxy, issuer):
    proxy = start_proxy({"listener": {"max_connections": 3, "max_handshakes": 3}})
    good = [proxy.connect() for _ in range(2)]
    half_open = silent(proxy, 1)[0]
    with proxy.connect() as late:
        assert late.request(token=issuer.token()).status == 200
        assert is_cut(half_open)
    for connection in good:
        assert connection.request(token=issuer.token()).status == 200
        connection.close()
