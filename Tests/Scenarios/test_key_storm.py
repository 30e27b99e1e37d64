"""A storm of tokens by unknown keys: the issuer hardly notices, and who has a good token is served meanwhile."""
import statistics
import time
import uuid
from collections import Counter

from harness.asking import asking
from harness.challenges import is_invalid_token
from harness.forge import AUDIENCE
from harness.load import Background, latencies, pipelined
from harness.pki import base64url
from harness.processes import eventually

STORM = 10_000
WORKERS = 4
SECONDS = 5.0


def verifying(issuer, **changes):
    return {"tokens": [{"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": issuer.pki.path("ca.pem")} | changes]}


def storm_of(issuer, count):
    """Tokens of which every second one names an unknown key, and the others have a signature that is not the key's."""
    header, payload, signature = issuer.mint(bind="client-a", expires_in=86_400).split(".")
    for number in range(count):
        if number % 2:
            named = base64url(b'{"alg":"ES256","typ":"at+jwt","kid":"%s"}' % uuid.uuid4().hex.encode())
            yield f"{named}.{payload}.{signature}"
        else:
            yield f"{header}.{payload}.{base64url(uuid.uuid4().bytes * 4)}"


def storm(proxy, issuer, beside):
    """10,000 of them, spread over some seconds; how often which status came, what `beside` returned, and the seconds it took."""
    shares = [list(storm_of(issuer, STORM // WORKERS)) for _ in range(WORKERS)]
    began = time.monotonic()
    with Background(WORKERS, lambda number: pipelined(proxy, shares[number], seconds=SECONDS)) as running:
        seen = beside(running)
        statuses = sum(running.join(), start=Counter())
    return statuses, seen, time.monotonic() - began


def fetches_allowed(seconds, cooldown):
    """The one at the start; of the storm's one client two at once, and then one for each two cool-downs that have passed."""
    return 1 + 2 + int(seconds / cooldown / 2)


def test_ten_thousand_bad_tokens_cause_few_looks_and_good_ones_are_served(start_proxy, start_issuer):
    """(JWT-16)"""
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer, cooldown="1s"))
    good = issuer.mint(bind="client-a", expires_in=86_400)
    with proxy.connect() as connection:
        before = latencies(connection, good, count=300)
        statuses, during, seconds = storm(proxy, issuer, lambda running: latencies(connection, good, until=running.is_running))
    assert statuses == {401: STORM} and 2 < issuer.visits("jwks") <= fetches_allowed(seconds, 1)
    assert len(during) > 10, "nobody waits for the storm to pass"
    assert proxy.process.is_running()
    usual, stormy = statistics.median(before), statistics.median(during)
    print(f"\n{STORM} bad tokens in {seconds:.1f} s, {issuer.visits('jwks')} key-set fetches; {len(during)} good ones took {stormy / usual:.2f} × as long as without")


def test_a_storm_while_the_issuer_is_down_costs_no_more(start_proxy, start_issuer):
    """(JWT-16, JWT-34)"""
    for fault in ("error", "empty"):
        issuer = start_issuer()
        proxy = start_proxy(verifying(issuer, cooldown="3600s"))
        good = issuer.mint(bind="client-a", expires_in=86_400)
        assert proxy.ask(token=good).status == 200
        issuer.fault(jwks=fault)
        assert pipelined(proxy, storm_of(issuer, 1000)) == {401: 1000}
        assert issuer.visits("jwks") <= 1 + 2
        assert proxy.ask(token=good).status == 200, "the last good keys are not given up"


def test_a_rotated_key_is_taken_during_a_storm_and_the_dropped_one_refused(start_proxy, start_issuer):
    """(JWT-16, JWT-33)"""
    issuer = start_issuer()
    proxy = start_proxy(verifying(issuer, cooldown="1s"))
    first = issuer.mint(bind="client-a", expires_in=86_400)
    assert proxy.ask(token=first).status == 200
    bad = list(storm_of(issuer, 500))

    def work(ending):
        while not ending.is_set():
            assert set(pipelined(proxy, bad)) == {401}

    storming = Background(2, lambda _: work(storming.ending))
    with storming:
        issuer.rotate(drop_old=True)
        second = issuer.mint(bind="client-a", expires_in=86_400)
        eventually(lambda: proxy.ask(token=second).status == 200, "the new key is known")
        assert is_invalid_token(proxy.ask(token=first), "kid_unknown")


def test_a_storm_of_jwts_shows_an_issuer_that_is_asked_as_well_none_of_them(start_proxy, start_issuer):
    """(INT-15, JWT-16)"""
    issuer = start_issuer()
    proxy = start_proxy(asking(issuer, entry={"keys": issuer.url + "/jwks", "cooldown": "3600s"}))
    assert pipelined(proxy, storm_of(issuer, 1000)) == {401: 1000}
    assert issuer.visits("introspect") == 0 and issuer.visits("jwks") <= 1 + 2
