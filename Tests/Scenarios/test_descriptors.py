"""Descriptors: the limit is raised, the last ones are never given out, and whoever comes when none is left waits."""
import os
import threading
import time

import pytest

from harness.at_once import status_at_once
from harness.crowd import Crowd
from harness.processes import HOLDFAST, Process, eventually, free_port, limited, run
from harness.wire import Connection, Truncated

# For minutes of churn: HOLDFAST_CHURN_SECONDS=120 scripts/test scenarios -k churn
SECONDS = float(os.environ.get("HOLDFAST_CHURN_SECONDS", "3"))
# What the runtime may need for a moment; less than what is kept for it, so that what it has open just now does not matter.
KEPT = 8


def levels(proxy, message):
    return [line["level"] for line in proxy.process.messages() if line["message"].startswith(message)]


def came_through(proxy, token, kind):
    """At the first attempt, but where others send whole ClientHellos and there are few places: then it may be one of those who go."""
    try:
        return status_at_once(proxy, token) == 200
    except (OSError, Truncated):
        if kind != "hello":
            raise
        return False


@pytest.mark.parametrize("kind", ["silent", "partial", "hello"])
@pytest.mark.parametrize("limit", [64, 256, 1024])
def test_churn_at_the_limit_of_descriptors_neither_ends_it_nor_keeps_good_clients_out(start_proxy, issuer, limit, kind):
    proxy = start_proxy(prefix=limited(limit))
    token, before, most, asked = issuer.token(), proxy.process.descriptors(), 0, 0
    with Crowd(proxy.address, limit, kind, churn=True).wait_opened():
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or asked < 3:
            assert proxy.process.is_running(), proxy.process.err
            assert proxy.admin("/livez") == (200, "ok\n")
            eventually(lambda: came_through(proxy, token, kind), "a good client comes through")
            most, asked = max(most, proxy.process.descriptors()), asked + 1
    assert most <= limit - KEPT, "the last descriptors were given out"
    eventually(lambda: proxy.process.descriptors() <= before + 8, "what the crowd had is free again")
    assert proxy.ask(token=token).status == 200 and proxy.admin("/readyz")[0] == 200
    assert len(levels(proxy, "connections without a finished handshake are at their bound")) <= 1, "one line an episode"
    assert not levels(proxy, "upstream unreachable")


@pytest.mark.parametrize("limit", [64, 256])
def test_good_clients_beyond_the_limit_wait_and_the_cause_is_named_once(start_proxy, issuer, limit):
    proxy = start_proxy(prefix=limited(limit))
    token, held = issuer.token(), []
    room = int(proxy.metric("holdfast_connections_limit"))
    assert 4 <= room < limit
    for _ in range(room):
        held.append(proxy.connect())
        assert held[-1].request(token=token).status == 200
    eventually(lambda: proxy.metric("holdfast_accept_paused") == 1, "accepting is paused")
    late = []
    threads = [threading.Thread(target=lambda: late.append(proxy.ask(token=token).status)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for connection in held:
        assert connection.request(token=token).status == 200, "there are descriptors for the upstream"
    assert proxy.admin("/livez") == (200, "ok\n") and proxy.admin("/readyz")[0] == 200 and not late
    assert proxy.process.descriptors() <= limit - KEPT
    for connection in held[:2]:
        connection.close()
    for thread in threads:
        thread.join()
    assert late == [200] * 5, "they were served when others had gone"
    assert levels(proxy, "accepting paused") == ["warning"], "one line, however often"
    for connection in held:
        connection.close()
    eventually(lambda: proxy.metric("holdfast_connections_active") == 0 and proxy.metric("holdfast_accept_paused") == 0, "room")
    eventually(lambda: levels(proxy, "accepting goes on") == ["notice"], "its end is told")


def test_waiting_for_a_free_descriptor_costs_nothing(start_proxy, issuer):
    """No loop turns while nothing can be accepted."""
    proxy = start_proxy({"log": {"access": False}}, prefix=limited(64))
    room = int(proxy.metric("holdfast_connections_limit"))
    held = [proxy.connect() for _ in range(room)]
    eventually(lambda: proxy.metric("holdfast_accept_paused") == 1, "accepting is paused")
    with Crowd(proxy.address, 200).wait_opened():
        before = proxy.process.cpu_seconds()
        time.sleep(2)
        assert proxy.process.cpu_seconds() - before < 0.5
        assert held[0].request(token=issuer.token()).status == 200
    for connection in held:
        connection.close()


def test_the_soft_limit_is_raised_to_the_hard_one(start_proxy):
    proxy = start_proxy(prefix=limited(64, 4096))
    assert proxy.metric("holdfast_connections_limit") > 1024
    with open(f"/proc/{proxy.process.child.pid}/limits") as limits:
        line = next(line for line in limits if line.startswith("Max open files"))
    assert line.split()[3:5] == ["4096", "4096"]


def test_check_and_the_log_at_start_say_what_is_lowered_and_why(start_proxy, tmp_path):
    proxy = start_proxy(prefix=limited(1024))
    room = int(proxy.metric("holdfast_connections_limit"))
    warning = next(line["warning"] for line in proxy.process.messages() if "descriptors" in line.get("warning", ""))
    assert f"listener.max_connections from 16384 to {room}" in warning and "1024" in warning and "LimitNOFILE" in warning
    checked = Process([*limited(512, 1024), HOLDFAST, "check", "--config", proxy.file], tmp_path, "check")
    assert checked.wait() == 0
    assert warning in checked.out and f"Holds at most {room} client connections at once" in checked.out


def test_check_has_no_warning_where_there_are_enough(start_proxy, tmp_path):
    proxy = start_proxy({"listener": {"max_connections": 100}}, prefix=limited(4096))
    checked = Process([*limited(4096), HOLDFAST, "check", "--config", proxy.file], tmp_path, "check")
    assert checked.wait() == 0
    assert "Holds at most 100 client connections at once, 25 of them in their handshake" in checked.out
    assert "too few" not in checked.out and proxy.metric("holdfast_connections_limit") == 100


@pytest.mark.parametrize("limit", [16, 24, 32])
def test_with_too_few_descriptors_to_run_at_all_it_says_so_and_does_not_start(start_proxy, limit):
    proxy = start_proxy(wait=None, prefix=limited(limit))
    assert proxy.process.wait() == 1
    message = proxy.process.messages()[-1]
    assert message["level"] == "critical" and f"may open {limit} descriptors" in message["error"] and "ulimit" in message["error"]


def test_too_few_descriptors_are_told_by_check(start_proxy, tmp_path):
    proxy = start_proxy()
    checked = run(*limited(24), HOLDFAST, "check", "--config", proxy.file)
    assert checked.returncode == 0 and "It will not start" in checked.stdout


def test_the_admin_endpoint_answers_beside_connections_that_say_nothing(start_proxy):
    """Each newcomer takes the place of one that has said nothing."""
    proxy = start_proxy(prefix=limited(256))
    with Crowd(proxy.admin_address, 300).wait_opened():
        for _ in range(10):
            assert proxy.admin("/livez") == (200, "ok\n")
        assert proxy.process.descriptors() <= 256 - KEPT


def test_the_metadata_listener_answers_beside_connections_that_say_nothing(start_proxy, pki):
    address = ("127.0.0.1", free_port())
    resource = {"identifier": "https://api.example.com", "metadata_address": "%s:%d" % address}
    proxy = start_proxy({"resource": resource}, prefix=limited(256))
    with Crowd(address, 300, "partial").wait_opened():
        for _ in range(5):
            with Connection(address, pki.context(None)) as connection:
                assert connection.request(target="/.well-known/oauth-protected-resource").status == 200
        assert proxy.process.descriptors() <= 256 - KEPT and proxy.process.is_running()
