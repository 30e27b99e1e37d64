"""Revocation lists: who is on one stops, at the handshake and at the next request, and whatever cannot be told is refused (PKI-08 to PKI-11)."""
import datetime
import ssl

import pytest
from cryptography import x509

from harness.processes import HOLDFAST, eventually, run
from harness.proxy import yaml
from harness.revocation import HOUR, REFUSED_AT_HANDSHAKE, Authority, Lists

VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])


@pytest.fixture
def lists(start_proxy, pki, tmp_path):
    return Lists(start_proxy, pki, tmp_path)


def test_an_empty_list_is_a_list(lists):
    lists.start()
    assert lists.refusal() is None


def test_who_is_on_the_list_of_its_issuer_is_refused_and_nobody_else(lists, pki):
    lists.write(issuer=lists.issuer.revoked(pki.certificate("client-a")))
    lists.start()
    assert lists.refusal("client-a") == "cert_revoked"
    assert lists.refusal("client-b") is None


@VERSIONS
def test_a_client_that_is_revoked_stops_at_its_next_request(lists, pki, issuer, upstream, version):
    """(PKI-11, TLS-16, TLS-22)"""
    proxy = lists.start()
    context = pki.context("client-a", version)
    with proxy.connect(context=context) as connection, proxy.connect("client-b") as other:
        assert connection.request(token=issuer.token()).status == 200
        assert other.request(token=issuer.token("client-b")).status == 200
        session = connection.sock.session
        lists.rewrite(issuer=lists.issuer.revoked(pki.certificate("client-a")))
        before = upstream.requests()
        for _ in range(2):
            answer = connection.request(token=issuer.token())
            assert (answer.status, answer.reason) == (401, "cert_revoked")
        assert connection.request(target="/certificate/a").reason == "cert_revoked"
        for again in (None, session):
            with pytest.raises(REFUSED_AT_HANDSHAKE):
                proxy.connect(context=context, session=again).request(token=issuer.token())
        assert upstream.requests() == before
        assert other.request(token=issuer.token("client-b")).status == 200
        lists.rewrite(issuer=lists.issuer.revoked())
        assert connection.request(token=issuer.token()).status == 200, "a certificate on hold comes back"


@pytest.mark.parametrize("scope, refusal", [("leaf", None), ("chain", "cert_revoked")])
def test_an_intermediate_is_looked_up_where_the_whole_chain_is(lists, pki, scope, refusal):
    lists.write(root=lists.root.revoked(pki.certificate("intermediate")))
    lists.start(scope=scope)
    assert lists.refusal() == refusal


@pytest.mark.parametrize(
    "names, scope, refusal",
    [
        (["root"], "leaf", "crl_missing"), (["issuer"], "leaf", None), (["issuer"], "chain", "crl_missing"),
        (["root", "issuer"], "chain", None),
    ],
)
def test_where_no_list_tells_nobody_passes(lists, names, scope, refusal):
    lists.start(names, scope=scope)
    assert lists.refusal() == refusal


@pytest.mark.parametrize("when, refusal", [("refuse", "crl_stale"), ("accept", None)])
def test_a_list_past_its_next_update_means_what_the_file_says(lists, pki, when, refusal):
    """(PKI-08)"""
    lists.write(issuer=lists.issuer.revoked(pki.certificate("client-b"), updated=-2 * HOUR, next_update=-HOUR))
    lists.start(when_stale=when)
    assert lists.refusal("client-a") == refusal
    assert lists.refusal("client-b") in ("crl_stale", "cert_revoked")
    checked = run(HOLDFAST, "check", "--config", lists.proxy.file).stdout
    assert "was to be followed by another at" in checked
    assert "was to be followed by another at" in lists.proxy.admin("/readyz?verbose")[1]


def test_a_live_connection_ends_with_the_list_that_it_rests_on(lists, issuer):
    proxy = lists.start()
    with proxy.connect() as connection:
        assert connection.request(token=issuer.token()).status == 200
        lists.rewrite(issuer=lists.issuer.revoked(next_update=datetime.timedelta(seconds=2)))
        eventually(lambda: connection.request(token=issuer.token()).status == 401, "the list is stale")
        assert connection.request(token=issuer.token()).reason == "crl_stale"
        lists.rewrite(issuer=lists.issuer.revoked())
        assert connection.request(token=issuer.token()).status == 200


def test_a_list_of_the_future_tells_nothing(lists):
    lists.write(issuer=lists.issuer.revoked(updated=HOUR, next_update=2 * HOUR))
    lists.start()
    assert lists.refusal() == "crl_stale"


def test_lists_that_cannot_be_trusted_tell_nothing(lists, pki):
    """(PKI-08, PKI-09)"""
    strange = Authority(pki, "stranger-ca")
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    for octets in (
        lists.issuer.revoked(signer=strange), lists.issuer.revoked(extensions=[(unknown, True)]), strange.revoked(),
    ):
        lists.write(issuer=octets)
        lists.start(scope="leaf")
        assert lists.refusal() == "crl_missing"
    lists.write(issuer=lists.issuer.revoked(extensions=[(unknown, False)]))
    lists.start(scope="leaf")
    assert lists.refusal() is None


def test_serials_count_under_their_issuer_alone(lists, pki):
    """(PKI-10)"""
    serial = pki.certificate("client-a").serial_number
    lists.write(root=lists.root.revoked(serial), issuer=lists.issuer.revoked(1, 2**159 - 1))
    lists.start()
    assert lists.refusal() is None


def test_a_list_that_is_about_other_certificates_tells_nothing(lists):
    only_authorities = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)
    lists.write(issuer=lists.issuer.revoked(extensions=[(only_authorities, True)]))
    lists.start(scope="leaf")
    assert lists.refusal() == "crl_missing"


def test_a_certificate_that_says_that_nothing_is_published_needs_no_list(lists, pki):
    unlisted = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.56"), b"\x05\x00")
    lists.issuer.issue(pki, "unlisted", unlisted)
    lists.start(["root"], scope="chain")
    assert lists.refusal("unlisted") is None
    assert lists.refusal("client-a") == "crl_missing"
    lists.rewrite(root=lists.root.revoked(pki.certificate("intermediate")))
    assert lists.refusal("unlisted") == "cert_revoked", "its issuer is looked up all the same"


def test_one_authority_without_a_list_does_not_fail_the_clients_of_another(lists, start_proxy, pki):
    files = [str(lists.paths["root"])]
    lists.proxy = start_proxy(
        {"client_certificates": {"authorities": [
            pki.path("stranger-ca.pem"), {"file": pki.path("ca.pem"), "revocation": {"lists": files, "scope": "chain"}}]}})
    assert lists.refusal("stranger") is None
    assert lists.refusal("client-a") == "crl_missing"


def test_the_short_form_is_for_all_authorities_and_takes_several_lists_in_a_file(lists, start_proxy, pki):
    both = lists.folder / "both.crl"
    both.write_bytes(b"The list of the root:\n" + lists.root.revoked() + lists.issuer.revoked(pki.certificate("client-b")))
    lists.proxy = start_proxy({"client_certificates": {"authorities": pki.path("ca.pem"), "revocation_lists": [str(both)]}})
    assert lists.refusal("client-a") is None
    assert lists.refusal("client-b") == "cert_revoked"


def test_a_list_in_der_is_read_as_well(lists, pki):
    lists.write(issuer=lists.issuer.revoked(pki.certificate("client-a"), der=True))
    lists.start()
    assert lists.refusal() == "cert_revoked"


@pytest.mark.parametrize(
    "octets, complaint",
    [
        (b"nothing\n", "holds no revocation list: neither PEM nor DER"), 
        (None, "holds no revocation list, only CERTIFICATE"), (b"0\x03\x02\x01\x01", "is neither PEM nor one revocation list in DER"),
    ],
)
def test_a_file_without_a_list_is_a_mistake_with_its_place(lists, pki, octets, complaint):
    lists.start()
    lists.paths["issuer"].write_bytes(octets if octets is not None else open(pki.path("ca.pem"), "rb").read())
    checked = run(HOLDFAST, "check", "--config", lists.proxy.file)
    assert checked.returncode == 64
    assert f"client_certificates.authorities[0].revocation.lists: This file {complaint}" in checked.stderr


def test_check_says_what_is_looked_up(lists):
    lists.start()
    said = run(HOLDFAST, "check", "--config", lists.proxy.file).stdout
    assert "refuses what has been revoked, and refuses where no list tells or the one that does is past its next update" in said


def test_explain_says_what_the_handshake_would(lists, pki, issuer, tmp_path):
    lists.write(issuer=lists.issuer.revoked(pki.certificate("client-a")))
    lists.start()
    token = tmp_path / "token"
    token.write_text(issuer.token("client-b"))
    explained = run(HOLDFAST, "explain", "--config", lists.proxy.file, "--certificate", pki.path("client-a.pem"), "--token", token)
    assert "cert_revoked" in explained.stdout


def test_metrics_tell_how_long_lists_and_certificates_have(lists, pki):
    proxy = lists.start()
    keys = {name: "client_certificates.authorities[0].revocation.lists (%s)" % path for name, path in lists.paths.items()}
    for key in keys.values():
        assert 0 < proxy.metric("holdfast_revocation_list_next_update_in_seconds", key=key) <= 3600
    for key, name in [("listener.certificate", "server"), ("client_certificates.authorities[0].file", "ca")]:
        left = proxy.metric("holdfast_certificate_expires_in_seconds", key=key)
        expected = (pki.certificate(name).not_valid_after_utc - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        assert abs(left - expected) < 600, key
    lists.rewrite(root=lists.root.revoked(updated=-2 * HOUR, next_update=-HOUR))
    assert proxy.metric("holdfast_revocation_list_next_update_in_seconds", key=keys["root"]) < 0
    assert proxy.metric("holdfast_revocation_list_next_update_in_seconds", key=keys["issuer"]) > 0


def checked(proxy, clients, tmp_path):
    configuration = dict(proxy.configuration, client_certificates=clients)
    (tmp_path / "checked.yaml").write_text(yaml(configuration))
    return run(HOLDFAST, "check", "--config", tmp_path / "checked.yaml")


def test_whatever_asks_less_is_named_as_weaker(lists, pki, tmp_path):
    proxy = lists.start()

    def told(**revocation):
        authority = {"file": pki.path("ca.pem"), "revocation": {"lists": [str(lists.paths["issuer"])], **revocation}}
        return checked(proxy, {"trust": "authorities", "authorities": [authority]}, tmp_path).stdout

    assert "`scope` is" not in told() and "`when_stale` is" not in told()
    assert "`scope` is `leaf`" in told(scope="leaf") and "`when_stale` is `accept`" in told(when_stale="accept")


def test_what_two_parts_say_differently_of_one_authority_is_a_mistake(lists, pki, tmp_path):
    proxy = lists.start()
    (tmp_path / "copy.pem").write_text((pki.folder / "ca.pem").read_text())
    file = str(lists.paths["issuer"])
    one, other = {"file": pki.path("ca.pem"), "revocation": {"lists": [file]}}, {"file": str(tmp_path / "copy.pem")}
    for parts in ([one, other], [other, one], [one, other | {"revocation": {"lists": [file], "scope": "leaf"}}]):
        refused = checked(proxy, {"trust": "authorities", "authorities": parts}, tmp_path)
        assert refused.returncode == 64 and "another `revocation`" in refused.stderr
    same = checked(proxy, {"trust": "authorities", "authorities": [one, other | {"revocation": {"lists": [file]}}]}, tmp_path)
    assert same.returncode == 0, same.stderr


def test_lists_that_are_for_no_authority_are_a_mistake(lists, pki, tmp_path):
    proxy = lists.start()
    root, issuer = str(lists.paths["root"]), str(lists.paths["issuer"])
    own = {"file": pki.path("ca.pem"), "revocation": {"lists": [issuer]}}
    clients = {"trust": "authorities", "authorities": [own], "revocation_lists": [root]}
    refused = checked(proxy, clients, tmp_path)
    assert refused.returncode == 64 and "for none of them" in refused.stderr
    clients["authorities"].append({"file": pki.path("stranger-ca.pem")})
    assert checked(proxy, clients, tmp_path).returncode == 0
