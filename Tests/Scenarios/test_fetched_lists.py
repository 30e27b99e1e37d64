"""Revocation lists of URLs: fetched, kept while nothing better comes, and in force at the next request of whoever is connected."""
import ssl

import pytest
from cryptography import x509

from harness.processes import HOLDFAST, eventually, run
from harness.revocation import HOUR, REFUSED_AT_HANDSHAKE, Authority, Lists
from harness.served import Served
from harness.wire import Truncated


@pytest.fixture
def served():
    made = []

    def serve(*arguments, tls=None, **headers):
        made.append(Served(*arguments, headers, tls=tls))
        return made[-1]

    yield serve
    for server in made:
        server.close()


@pytest.fixture
def fetching(start_proxy, pki, tmp_path, served):
    """`lists`, with a proxy that fetches the list of the clients' issuer each second."""
    lists = Lists(start_proxy, pki, tmp_path)
    lists.server = served(lists.issuer.revoked())

    def start(**revocation):
        terms = {"lists": [lists.server.url], "scope": "leaf", "refresh_lists": "1s"} | revocation
        lists.proxy = start_proxy({"client_certificates": {"authorities": [{"file": pki.path("ca.pem"), "revocation": terms}]}}, wait="alive")
        return lists.proxy

    lists.start = start
    return lists


def test_a_server_of_a_private_authority_is_believed_where_that_is_named(fetching, pki, served):
    """The list itself counts by its signature; who serves it is who the URL says."""
    fetching.server = secure = served(fetching.issuer.revoked(), tls=pki)
    proxy = fetching.start(certificate_authorities=pki.path("ca.pem"))
    eventually(lambda: proxy.admin("/readyz")[0] == 200, "the list is there")
    assert fetching.refusal("client-b") is None
    asked = secure.asked
    other = fetching.start()
    eventually(lambda: "the last look failed" in other.admin("/readyz?verbose")[1], "it says that it cannot be had")
    assert secure.asked >= asked and fetching.refusal("client-b") == "crl_missing"


def fetched(lists, more=1):
    """Once it has looked so often again."""
    before = lists.server.asked
    eventually(lambda: lists.server.asked > before + more, "it looks again")


@pytest.mark.parametrize("der", [False, True], ids=["PEM", "DER"])
def test_who_is_revoked_by_the_next_list_stops_at_the_next_request(fetching, pki, issuer, upstream, der):
    fetching.server.answer = fetching.issuer.revoked(der=der)
    proxy = fetching.start()
    eventually(lambda: proxy.admin("/readyz")[0] == 200, "the list is there")
    with proxy.connect() as connection, proxy.connect("client-b") as other:
        assert connection.request(token=issuer.token()).status == 200
        generation = proxy.metric("holdfast_generation")
        fetching.server.answer = fetching.issuer.revoked(pki.certificate("client-a"), updated=-HOUR / 2, der=der)
        eventually(lambda: connection.request(token=issuer.token()).reason == "cert_revoked", "the list is in force")
        before = upstream.requests()
        assert connection.request(target="/certificate/a").reason == "cert_revoked"
        assert upstream.requests() == before
        assert other.request(token=issuer.token("client-b")).status == 200
        assert fetching.refusal("client-a") == "cert_revoked"
        assert proxy.metric("holdfast_generation") == generation, "nothing was reloaded"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_session_is_resumed_across_a_new_list_by_whoever_is_not_on_it(fetching, pki, issuer, version):
    """A resumed session shows no intermediates: those of its beginning are looked at again."""
    proxy = fetching.start()
    eventually(lambda: proxy.admin("/readyz")[0] == 200, "the list is there")
    contexts = {name: pki.context(name, version) for name in ("client-a", "client-b")}
    sessions = {}
    for name, context in contexts.items():
        with proxy.connect(context=context) as connection:
            assert connection.request(token=issuer.token(name)).status == 200
            sessions[name] = connection.sock.session
    with proxy.connect("client-a") as watched:
        fetching.server.answer = fetching.issuer.revoked(pki.certificate("client-a"), updated=-HOUR / 2)
        eventually(lambda: watched.request(token=issuer.token()).reason == "cert_revoked", "the list is in force")
    with proxy.connect(context=contexts["client-b"], session=sessions["client-b"]) as connection:
        assert connection.request(token=issuer.token("client-b")).status == 200
        assert connection.sock.session_reused
    with pytest.raises((*REFUSED_AT_HANDSHAKE, Truncated)):
        proxy.connect(context=contexts["client-a"], session=sessions["client-a"]).request(token=issuer.token())


def test_before_the_first_list_nobody_passes_and_it_is_not_ready(fetching, pki):
    good, fetching.server.answer = fetching.server.answer, 503
    proxy = fetching.start()
    eventually(lambda: fetching.server.asked > 1, "it tries again")
    status, body = proxy.admin("/readyz?verbose")
    assert status == 503 and f"no revocation lists from {fetching.server.url}" in body
    assert "answers 503, where 200 is needed" in body
    assert fetching.refusal() == "crl_missing"
    assert proxy.metric("holdfast_revocation_list_fetch_failures_total", url=fetching.server.url) > 0
    fetching.server.answer = good
    eventually(lambda: proxy.admin("/readyz")[0] == 200, "the list is there")
    assert fetching.refusal() is None


@pytest.mark.parametrize("worse", ["older", "lower number", "strange key", "nonsense", "empty", "indirect"])
def test_what_is_worse_than_the_list_at_hand_does_not_take_its_place(fetching, pki, issuer, worse):
    def numbered(number, *certificates, **terms):
        return fetching.issuer.revoked(*certificates, extensions=[(x509.CRLNumber(number), False)], **terms)

    on = pki.certificate("client-a")
    fetching.server.answer = numbered(5, on)
    proxy = fetching.start()
    eventually(lambda: fetching.refusal("client-a") == "cert_revoked", "the list is there")
    indirect = x509.IssuingDistributionPoint(None, None, False, False, None, True, False)
    fetching.server.answer = {
        "older": fetching.issuer.revoked(updated=-2 * HOUR), "lower number": numbered(4, updated=-HOUR / 2),
        "strange key": fetching.issuer.revoked(updated=-HOUR / 2, signer=Authority(pki, "stranger-ca")), "nonsense": b"<html>", "empty": b"",
        "indirect": fetching.issuer.revoked(updated=-HOUR / 2, extensions=[(indirect, True)]),
    }[worse]
    eventually(lambda: proxy.metric("holdfast_revocation_list_fetch_failures_total", url=fetching.server.url) > 0, "it was refused")
    assert fetching.refusal("client-a") == "cert_revoked"
    assert fetching.refusal("client-b") is None
    assert proxy.admin("/readyz")[0] == 200


def test_a_server_that_fails_leaves_the_list_until_it_is_stale(fetching, pki, issuer):
    fetching.server.answer = fetching.issuer.revoked(next_update=HOUR / 600)
    proxy = fetching.start()
    eventually(lambda: proxy.admin("/readyz")[0] == 200, "the list is there")
    with proxy.connect() as connection:
        assert connection.request(token=issuer.token()).status == 200
        fetching.server.answer = 500
        eventually(lambda: connection.request(token=issuer.token()).reason == "crl_stale", "the list is stale")


def test_a_reload_keeps_what_was_fetched(fetching, pki, issuer):
    proxy = fetching.start()
    eventually(lambda: proxy.admin("/readyz")[0] == 200, "the list is there")
    fetching.server.answer = 503
    with proxy.connect() as connection:
        assert connection.request(token=issuer.token()).status == 200
        before = proxy.metric("holdfast_generation")
        text = open(proxy.file).read()
        open(proxy.file, "w").write(text + "\n# again\n")
        eventually(lambda: proxy.metric("holdfast_generation") > before, "it is reloaded")
        assert connection.request(token=issuer.token()).status == 200


def test_check_says_from_where_and_explain_fetches(fetching, pki, issuer, tmp_path):
    fetching.server.answer = fetching.issuer.revoked(pki.certificate("client-a"))
    proxy = fetching.start()
    said = run(HOLDFAST, "check", "--config", proxy.file).stdout
    assert f"{fetching.server.url} (fetched each 1s or sooner)" in said
    token = tmp_path / "token"
    token.write_text(issuer.token())
    explained = run(HOLDFAST, "explain", "--config", proxy.file, "--certificate", pki.path("client-a.pem"), "--token", token)
    assert "cert_revoked" in explained.stdout
