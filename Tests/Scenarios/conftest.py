"""Fixtures: one issuer, one upstream and one proxy for everything that changes none of them; others on demand."""
import itertools
import threading
from types import SimpleNamespace

import pytest

from harness.forge import ALGORITHMS, AUDIENCE, ISSUER, Forge
from harness.issuer import Issuer
from harness.pki import PKI
from harness.processes import PATIENCE
from harness.proxy import Proxy, merged
from harness.upstream import RudeUpstream, Upstream


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def pki(folder):
    return PKI(folder / "pki")


@pytest.fixture(scope="session")
def issuer(pki, folder):
    issuer = Issuer(pki, folder, "--algorithm", "ES256", "--algorithm", "PS256")
    yield issuer
    issuer.end()


@pytest.fixture(scope="session")
def upstream(folder):
    upstream = Upstream(folder)
    yield upstream
    upstream.end()


@pytest.fixture(scope="session")
def forge(pki, folder):
    forge = Forge(pki)
    forge.write_keys(folder / "forge.json")
    return forge


@pytest.fixture(scope="session")
def settings(pki, issuer, upstream, forge, folder):
    """The usual configuration: two issuers, one discovered and one from a file, and a few routes."""
    return {
        "tokens": [
            {"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem")},
            {"issuer": ISSUER, "audience": AUDIENCE, "keys": str(folder / "forge.json"), "algorithms": ALGORITHMS},
        ],
        "upstream": {"url": upstream.url},
        "routes": [
            {"path": "/payments/*", "methods": ["POST"], "scopes": ["payments:write"]},
            {"path": "/both", "scopes": ["accounts:read", "payments:write"]},
            {"path": "/certificate/*", "require": "certificate"},
        ],
    }


@pytest.fixture(scope="session")
def proxy(pki, folder, settings):
    proxy = Proxy(pki, folder, settings).wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture
def start_proxy(pki, tmp_path, settings):
    """Another proxy, with changes to the usual configuration; `wait` is ready, alive or nothing; `prefix` stands before the command; `host`
    is what the listener binds."""
    started = []
    numbers = itertools.count(1)

    def start(changes=None, wait="ready", environment=None, prefix=(), **options):
        proxy = Proxy(pki, tmp_path, settings, changes, f"holdfast-{next(numbers)}", environment, prefix, **options)
        started.append(proxy)
        if wait == "ready":
            proxy.wait_ready()
        elif wait == "alive":
            proxy.wait_alive()
        return proxy

    yield start
    for proxy in started:
        proxy.end()


@pytest.fixture
def start_issuer(pki, tmp_path):
    started = []

    def start(*options):
        started.append(Issuer(pki, tmp_path, *options, name=f"issuer-{len(started)}"))
        return started[-1]

    yield start
    for issuer in started:
        issuer.end()


@pytest.fixture
def rude(start_proxy):
    """A proxy in front of an upstream that behaves as the test says: `rude(behave, changes)` has `.proxy` and `.upstream`."""
    upstreams = []

    def start(behave, changes=None):
        upstream = RudeUpstream(behave)
        upstreams.append(upstream)
        proxy = start_proxy(merged({"upstream": {"url": upstream.url}, "routes": None}, changes or {}), wait="alive")
        proxy.wait_ready()
        return SimpleNamespace(proxy=proxy, upstream=upstream)

    yield start
    for upstream in upstreams:
        upstream.end()


@pytest.fixture
def held(rude):
    """A proxy whose upstream answers requests for /held once it is told `go`: `.proxy`, `.go` and `.is_asked()`."""
    go = threading.Event()

    def behave(peer, number):
        while True:
            if "/held" in peer.request()[0]:
                assert go.wait(PATIENCE)
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + 100_000 * "x")

    def start(changes=None):
        stage = rude(behave, changes)
        stage.go = go
        stage.is_asked = lambda: any("/held" in request[0] for peer in stage.upstream.peers for request in peer.requests)
        return stage

    yield start
    go.set()


@pytest.fixture
def untouched(upstream):
    """Fails unless no request reached the upstream during the test."""
    before = upstream.requests()
    yield
    assert upstream.requests() == before, "something reached the upstream"
