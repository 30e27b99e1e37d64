"""Issuers that sign with a new key at once: requests wait for the look at the keys that they cause, and none is refused."""
import itertools
import json
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from harness.challenges import is_invalid_token
from harness.forge import AUDIENCE, Key
from harness.load import Background, pipelined
from harness.processes import eventually

WORKERS = 10
RATE = 500  # requests a second, by all workers together


def verifying(issuer, **changes):
    return {"tokens": [{"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": issuer.pki.path("ca.pem")} | changes]}


class Load:
    """Requests in a steady rate, each with one of the newest tokens; how often which status came."""

    def __init__(self, proxy, tokens):
        self.proxy, self.tokens = proxy, tokens
        self.running = Background(WORKERS, self.work)

    def work(self, number):
        statuses, due = Counter(), time.monotonic() + number / RATE
        with self.proxy.connect() as connection:
            for turn in itertools.count():
                if self.running.ending.is_set():
                    return statuses
                time.sleep(max(0, due - time.monotonic()))
                due = max(due + WORKERS / RATE, time.monotonic() - 1)
                tokens = self.tokens
                statuses[connection.request(token=tokens[turn % len(tokens)]).status] += 1

    def __enter__(self):
        self.running.__enter__()
        return self

    def __exit__(self, *exception):
        self.running.__exit__(*exception)
        self.statuses = sum(self.running.results, start=Counter())


def minted(issuer, count=20):
    return [issuer.mint(bind="client-a", expires_in=86_400) for _ in range(count)]


def test_rotations_at_five_hundred_requests_a_second_refuse_none(start_proxy, start_issuer):
    """Just after the look at the start, and again and again. (JWT-16)"""
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer))
    rotations = 5
    load = Load(proxy, minted(issuer))
    with load:
        for _ in range(rotations):
            issuer.rotate()
            load.tokens = minted(issuer)
            served = proxy.metric("holdfast_responses_total", code="200")
            # Two seconds at that rate: an issuer with other keys each second is one that shows other keys each time.
            eventually(lambda: proxy.metric("holdfast_responses_total", code="200") >= served + 2 * RATE, "it goes on")
    assert set(load.statuses) == {200}, load.statuses
    assert issuer.visits("jwks") <= 1 + 2 * rotations


def test_somebodys_unknown_keys_do_not_use_up_the_looks_of_others(start_proxy, start_issuer):
    """(JWT-16)"""
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer))
    load = Load(proxy, minted(issuer))
    with load, proxy.connect("client-b") as other:
        for number in range(100):
            bad = issuer.mint(bind="client-b", header={"kid": f"random-{number}"}) if number % 2 else issuer.mint(bind="client-b", foreign_key=True)
            assert other.request(token=bad).status == 401
        before = issuer.visits("jwks")
        assert before == 1 + 2
        issuer.rotate()
        load.tokens = minted(issuer)
        # The other client has no look left, but the first brings the key for everybody.
        served = proxy.metric("holdfast_responses_total", code="200")
        eventually(lambda: proxy.metric("holdfast_responses_total", code="200") >= served + RATE // 2, "it goes on")
        assert other.request(token=issuer.mint(bind="client-b")).status == 200
    assert set(load.statuses) == {200}, load.statuses
    assert issuer.visits("jwks") <= before + 2
    assert proxy.metric("holdfast_key_looks_refused_total") >= 98


def test_a_slow_issuer_makes_requests_wait_and_refuses_none(start_proxy, start_issuer):
    """(JWT-16)"""
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer))
    known = minted(issuer, 1)[0]
    issuer.rotate()
    tokens = minted(issuer, 30)
    issuer.fault(jwks={"delay": "1s"})
    with ExitStack() as stack:
        connections = [stack.enter_context(proxy.connect()) for _ in tokens]
        for connection, token in zip(connections, tokens):
            connection.send(connection.head(token=token))
        eventually(lambda: proxy.metric("holdfast_key_lookups_waiting") > 0, "they wait")
        assert proxy.ask(token=known).status == 200, "nobody else waits"
        assert {connection.answer().status for connection in connections} == {200}
    assert issuer.visits("jwks") == 2 and proxy.metric("holdfast_key_lookups_waiting") == 0


@pytest.mark.parametrize("fault", ["hang", "error", "garbage", "empty"])
def test_a_look_that_fails_or_takes_too_long_ends_in_a_verdict_by_the_keys_there_are(start_proxy, start_issuer, fault):
    """(JWT-16, JWT-34)"""
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer))
    known = minted(issuer, 1)[0]
    issuer.rotate()
    unknown = minted(issuer, 1)[0]
    issuer.fault(jwks=fault)
    with proxy.connect() as connection:
        assert is_invalid_token(connection.request(token=unknown), "kid_unknown")
        assert connection.request(token=known).status == 200, "the connection goes on"
    assert proxy.metric("holdfast_key_lookups_waiting") == 0 and proxy.admin("/readyz")[0] == 200


def test_a_client_that_goes_away_while_it_waits_leaves_nothing_behind(start_proxy, start_issuer):
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer))
    issuer.rotate()
    unknown = minted(issuer, 1)[0]
    issuer.fault(jwks="hang")
    with proxy.connect() as connection:
        connection.send(connection.head(token=unknown))
        eventually(lambda: proxy.metric("holdfast_key_lookups_waiting") == 1, "it waits")
        connection.reset()
        eventually(lambda: proxy.metric("holdfast_key_lookups_waiting") == 0, "nobody waits")


def test_requests_behind_one_that_waits_are_answered_in_their_order(start_proxy, start_issuer):
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer))
    known = minted(issuer, 1)[0]
    issuer.rotate()
    new = minted(issuer, 1)[0]
    issuer.fault(jwks={"delay": "300ms"})
    with proxy.connect() as connection:
        connection.send("".join(connection.head(target=f"/{number}", token=token) for number, token in enumerate([new, known, None, new])))
        answers = [connection.answer() for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 401, 200]
    assert [answer.json()["target"] for answer in answers if answer.status == 200] == ["/0", "/1", "/3"]


def test_a_body_that_comes_while_its_request_waits_arrives_whole(start_proxy, start_issuer):
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer) | {"routes": None})
    issuer.rotate()
    new = minted(issuer, 1)[0]
    issuer.fault(jwks={"delay": "300ms"})
    with proxy.connect() as connection:
        assert connection.request("POST", "/", new, body=bytes(range(256)) * 4096).json()["body"]["length"] == 1 << 20


@pytest.mark.parametrize("claims", [{"exp": 1}, {"exp": 1, "iat": 1}], ids=repr)
def test_nobody_looks_for_the_key_of_a_token_that_has_expired_anyway(start_proxy, start_issuer, claims):
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer))
    issuer.rotate()
    assert is_invalid_token(proxy.ask(token=issuer.mint(bind="client-a", claims=claims)), "kid_unknown")
    assert issuer.visits("jwks") == 1


def test_a_key_that_was_withdrawn_is_not_looked_for_again_and_again(start_proxy, start_issuer):
    """Clients that still have its tokens leave the looks to those that have new ones. (JWT-16, JWT-33)"""
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer, cooldown="3600s"))
    old = minted(issuer)
    issuer.rotate(drop_old=True)
    assert proxy.ask(token=minted(issuer, 1)[0]).status == 200
    looks = issuer.visits("jwks")
    assert pipelined(proxy, old * 20) == {401: len(old) * 20}
    assert issuer.visits("jwks") == looks
    issuer.rotate(drop_old=True)
    assert proxy.ask(token=minted(issuer, 1)[0]).status == 200


def test_a_rotated_key_file_is_looked_at_at_once(start_proxy, settings, forge, tmp_path):
    old, new = Key("ES256", "old"), Key("ES256", "new")
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [old.jwk()]}))
    proxy = start_proxy({"tokens": [dict(settings["tokens"][1], keys=str(path))]})
    replacement = tmp_path / "keys.new"
    replacement.write_text(json.dumps({"keys": [old.jwk(), new.jwk()]}))
    replacement.replace(path)
    assert [proxy.ask(token=forge.token(header={"kid": key.kid}, signature=key.sign)).status for key in (new, old)] == [200, 200]
