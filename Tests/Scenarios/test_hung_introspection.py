"""A thousand requests that wait for an issuer that hangs cost the others nothing."""
import time
from contextlib import ExitStack

import pytest

from harness.asking import asking, is_unavailable
from harness.challenges import is_bare_challenge
from harness.load import pipelined
from harness.processes import eventually

WAITING = 1000
REQUESTS = 1000


@pytest.fixture
def hung(start_proxy, start_issuer, settings):
    """An issuer that is asked and hangs, another whose JWTs are verified, a proxy, and a function that lets a thousand requests wait."""
    issuer = start_issuer("--opaque")
    both = {"tokens": asking(issuer, timeout="60s")["tokens"] + settings["tokens"][1:], "listener": {"max_connections": 4096, "idle_timeout": "1h"}}
    proxy = start_proxy(both)
    issuer.fault(introspect="hang")
    with ExitStack() as stack:

        def wait(count=WAITING):
            context = proxy.pki.context("client-a")
            connections = [stack.enter_context(proxy.connect(context=context)) for _ in range(count)]
            for number, connection in enumerate(connections):
                connection.send(connection.head(token=f"waits-{number}"))
            eventually(lambda: proxy.metric("holdfast_introspections_waiting") == count, "all of them wait")
            return connections

        yield issuer, proxy, wait


def throughput(proxy, token):
    """Requests a second, all of which pass. A figure to look at: nothing depends on it."""
    began = time.monotonic()
    assert pipelined(proxy, [token] * REQUESTS) == {200: REQUESTS}
    return REQUESTS / (time.monotonic() - began)


def test_requests_with_jwts_are_served_beside_a_thousand_that_wait(hung, forge):
    """(INT-15)"""
    issuer, proxy, wait = hung
    token = forge.token()
    before = throughput(proxy, token)
    memory = proxy.process.resident_kib()
    connections = wait()
    during = throughput(proxy, token)
    assert proxy.metric("holdfast_introspections_waiting") == WAITING, "none of them was given up for the others"
    eventually(lambda: proxy.metric("holdfast_introspections_in_flight") == issuer.visits("introspect") == 64, "so many are asked about at once")
    print(f"\nbeside {WAITING} requests that wait, JWTs had {during / before:.2f} of their throughput ({before:.0f} and {during:.0f} requests a second)")
    assert proxy.process.resident_kib() - memory < 128 * 1024
    assert is_bare_challenge(proxy.ask()) and proxy.admin("/livez")[0] == 200
    for connection in connections:
        connection.reset()
    eventually(lambda: proxy.metric("holdfast_introspections_waiting") == 0, "nobody waits any more")
    assert proxy.metric("holdfast_introspections_in_flight") == 0 and proxy.ask(token=token).status == 200


def test_once_the_issuer_comes_back_those_who_come_are_served(hung, pki):
    """(INT-15)"""
    issuer, proxy, wait = hung
    token = issuer.opaque(bind="client-a")
    for connection in wait(200):
        connection.reset()
    issuer.fault(introspect="none")
    eventually(lambda: proxy.ask(token=token).status == 200, "it is asked again")


def test_all_who_wait_are_told_at_the_deadline(start_proxy, start_issuer, untouched):
    """Also those whose question was never asked. (INT-15, DT-10)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, timeout="3s", max_concurrent=4))
    issuer.fault(introspect="hang")
    with ExitStack() as stack:
        context = proxy.pki.context("client-a")
        connections = [stack.enter_context(proxy.connect(context=context)) for _ in range(100)]
        for number, connection in enumerate(connections):
            connection.send(connection.head(token=f"waits-{number}"))
        assert all(is_unavailable(connection.answer()) for connection in connections)
    assert issuer.visits("introspect") <= 5
    assert proxy.metric("holdfast_introspections_waiting") == proxy.metric("holdfast_introspections_in_flight") == 0
