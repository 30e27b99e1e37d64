"""A list of 300,000 entries: who is on it is found, what it costs in memory has a bound, and nobody waits for it on an event loop."""
import os
import re

import pytest

from harness.large_list import large
from harness.processes import eventually
from harness.revocation import Lists


def resident(proxy, what="VmRSS"):
    """MiB."""
    status = open(f"/proc/{proxy.process.child.pid}/status").read()
    return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024


@pytest.fixture
def lists(start_proxy, pki, tmp_path):
    return Lists(start_proxy, pki, tmp_path)


def test_who_is_on_a_large_list_stops_and_its_memory_has_a_bound(lists, pki, issuer):
    proxy = lists.start()
    with proxy.connect("client-a") as connection, proxy.connect("client-b") as other:
        assert connection.request(token=issuer.token()).status == 200
        assert other.request(token=issuer.token("client-b")).status == 200
        before = resident(proxy)
        lists.rewrite(issuer=large(lists.issuer, pki.certificate("client-a")))
        assert connection.request(token=issuer.token()).reason == "cert_revoked"
        assert other.request(token=issuer.token("client-b")).status == 200
        assert lists.refusal("client-a") == "cert_revoked"
        assert lists.refusal("client-b") is None
        eventually(lambda: resident(proxy) - before < 100, "what reading it took is given back")
        # Each of these generations has the same list, and another one for the root.
        for _ in range(5):
            lists.rewrite(root=lists.root.revoked(os.urandom(1)[0] + 1))
            assert other.request(token=issuer.token("client-b")).status == 200
        eventually(lambda: resident(proxy) - before < 100, "the same list is held once")
        for _ in range(3):
            lists.rewrite(issuer=large(lists.issuer, pki.certificate("client-a")))
            assert other.request(token=issuer.token("client-b")).status == 200
            assert connection.request(token=issuer.token()).reason == "cert_revoked"
        eventually(lambda: resident(proxy) - before < 100, "a list that was replaced is gone")


def test_the_first_request_of_a_client_waits_for_a_large_list_of_a_new_issuer(lists, pki, issuer):
    """Known from the client's own intermediate alone, so that nobody could verify the list before."""
    lists.write(issuer=large(lists.issuer, pki.certificate("client-a")))
    proxy = lists.start()
    with proxy.connect("client-a") as connection:
        answer = connection.request(token=issuer.token())
        assert (answer.status, answer.reason) == (401, "cert_revoked")
        assert connection.request(token=issuer.token()).reason == "cert_revoked"
    assert lists.refusal("client-a") == "cert_revoked", "from now on its handshake is refused"
    with proxy.connect("client-b") as connection:
        assert connection.request(token=issuer.token("client-b")).status == 200
