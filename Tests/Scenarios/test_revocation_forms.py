"""The forms that revocation lists come in: deltas, lists divided by distribution point or by reason, and what is none."""
import datetime

import pytest
from cryptography import x509

from harness.processes import HOLDFAST, run
from harness.revocation import HOUR, Authority, Lists, now

FULL = x509.UniformResourceIdentifier
FRESHEST = x509.FreshestCRL([x509.DistributionPoint([FULL("http://crl.example/delta.crl")], None, None, None)])


def point(name, **only):
    terms = {"only_contains_user_certs": False, "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False} | only
    return x509.IssuingDistributionPoint([FULL(name)] if name else None, None, terms["only_contains_user_certs"],
                                         terms["only_contains_ca_certs"], terms["only_some_reasons"], terms["indirect_crl"], False)


def at(name, reasons=None):
    return x509.CRLDistributionPoints([x509.DistributionPoint([FULL(name)], None, reasons, None)])


@pytest.fixture
def lists(start_proxy, pki, tmp_path):
    made = Lists(start_proxy, pki, tmp_path)
    made.pki = pki
    return made


def join(lists, *texts):
    """One file with several lists."""
    lists.write(issuer=b"".join(texts))
    lists.start(["issuer"], scope="leaf")


# Deltas (RFC 5280 section 5.2.4)

def base(lists, *certificates, number=1, freshest=True):
    extensions = [(x509.CRLNumber(number), False)] + ([(FRESHEST, False)] if freshest else [])
    return lists.issuer.revoked(*certificates, extensions=extensions)


def delta(lists, *certificates, number=2, of=1, reason=None):
    return lists.issuer.revoked(
        *certificates, reason=reason, extensions=[(x509.CRLNumber(number), False), (x509.DeltaCRLIndicator(of), True)])


def test_a_delta_revokes_who_is_not_on_its_base(lists, pki):
    join(lists, base(lists), delta(lists, pki.certificate("client-a")))
    assert lists.refusal("client-a") == "cert_revoked"
    assert lists.refusal("client-b") is None


def test_a_delta_takes_off_who_is_on_its_base(lists, pki):
    revoked = [pki.certificate("client-a"), pki.certificate("client-b")]
    join(lists, base(lists, *revoked), delta(lists, revoked[0], reason=x509.ReasonFlags.remove_from_crl))
    assert lists.refusal("client-a") is None
    assert lists.refusal("client-b") == "cert_revoked"


@pytest.mark.parametrize("number, of, freshest", [(2, 5, True), (1, 1, True), (2, 1, False)], ids=["later base", "not newer", "no freshest"])
def test_a_delta_that_does_not_fit_its_base_takes_nobody_off(lists, pki, number, of, freshest):
    """It is for another base, not newer, or neither certificate nor base says that there are deltas."""
    on = pki.certificate("client-a")
    join(lists, base(lists, on, freshest=freshest), delta(lists, on, number=number, of=of, reason=x509.ReasonFlags.remove_from_crl))
    assert lists.refusal("client-a") == "cert_revoked"


def test_a_delta_without_its_base_tells_nothing(lists):
    join(lists, delta(lists))
    assert lists.refusal("client-a") == "crl_missing"


def test_removal_in_a_base_list_lets_in_who_was_on_hold(lists, pki):
    """OpenSSL takes removeFromCRL at its word in a base list too; nobody else is let in by it."""
    join(lists, lists.issuer.revoked(pki.certificate("client-a"), reason=x509.ReasonFlags.remove_from_crl), )
    assert lists.refusal("client-b") is None


# Divided lists (RFC 5280 section 5.2.5)

def test_of_lists_divided_by_distribution_point_each_certificate_has_its_own(lists, pki):
    one = lists.issuer.issue(pki, "one", at("http://crl.example/1.crl"))
    two = lists.issuer.issue(pki, "two", at("http://crl.example/2.crl"))
    three = lists.issuer.issue(pki, "three", at("http://crl.example/3.crl"))
    revoked = pki.certificate("one")
    join(
        lists, lists.issuer.revoked(revoked, extensions=[(point("http://crl.example/1.crl"), True)]),
        lists.issuer.revoked(extensions=[(point("http://crl.example/2.crl"), True)]))
    assert lists.refusal(one) == "cert_revoked"
    assert lists.refusal(two) is None
    assert lists.refusal(three) == "crl_missing", "no list of its point is there"
    assert lists.refusal("client-a") == "crl_missing", "it names no point"


def test_the_list_of_another_point_does_not_revoke(lists, pki):
    one = lists.issuer.issue(pki, "one", at("http://crl.example/1.crl"))
    revoked = pki.certificate("one")
    join(
        lists, lists.issuer.revoked(extensions=[(point("http://crl.example/1.crl"), True)]),
        lists.issuer.revoked(revoked, extensions=[(point("http://crl.example/2.crl"), True)]))
    assert lists.refusal(one) is None


def test_lists_for_certificates_of_clients_and_of_authorities_are_told_apart(lists, pki):
    join(lists, lists.issuer.revoked(extensions=[(point(None, only_contains_user_certs=True), True)]))
    assert lists.refusal("client-a") is None
    join(
        lists, lists.issuer.revoked(extensions=[(point(None, only_contains_ca_certs=True), True)]),
        lists.issuer.revoked(pki.certificate("client-a"), extensions=[(point(None, only_contains_user_certs=True), True)]))
    assert lists.refusal("client-a") == "cert_revoked"


def test_a_list_for_some_reasons_does_not_tell_of_the_others(lists, pki):
    some = frozenset([x509.ReasonFlags.key_compromise])
    rest = frozenset(x509.ReasonFlags) - some - {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl}
    name = "http://crl.example/1.crl"
    one = lists.issuer.issue(pki, "one", at(name))
    for_some = lists.issuer.revoked(extensions=[(point(name, only_some_reasons=some), True)])
    join(lists, for_some)
    assert lists.refusal(one) == "crl_missing"
    join(lists, for_some, lists.issuer.revoked(extensions=[(point(name, only_some_reasons=rest), True)]))
    assert lists.refusal(one) is None, "both together tell of all"


def test_an_indirect_list_is_a_mistake_with_its_place(lists, pki):
    """(PKI-09)"""
    lists.start()
    lists.paths["issuer"].write_bytes(lists.issuer.revoked() + lists.issuer.revoked(extensions=[(point(None, indirect_crl=True), True)]))
    checked = run(HOLDFAST, "check", "--config", lists.proxy.file)
    assert checked.returncode == 64
    assert "revocation.lists: This file revocation list 2 in it is an indirect one (RFC 5280 section 5.2.5)" in checked.stderr


# What is critical and not understood

def test_an_entry_with_a_critical_extension_that_is_not_known_makes_the_list_none(lists, pki):
    """(PKI-09)"""
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    for critical, refusal in [(True, "crl_missing"), (False, None)]:
        join(lists, lists.issuer.revoked(7, entry_extensions=[(unknown, critical)]))
        assert lists.refusal("client-a") == refusal


# Several lists

def test_of_two_lists_of_one_issuer_the_later_counts(lists, pki):
    old = lists.issuer.revoked(pki.certificate("client-a"), updated=-3 * HOUR)
    new = lists.issuer.revoked(pki.certificate("client-b"), updated=-HOUR)
    for order in [(old, new), (new, old)]:
        join(lists, *order)
        assert lists.refusal("client-a") is None
        assert lists.refusal("client-b") == "cert_revoked"


def test_a_list_that_is_stale_beside_one_that_is_not_does_no_harm(lists, pki):
    join(lists, lists.issuer.revoked(updated=-3 * HOUR, next_update=-HOUR), lists.issuer.revoked(pki.certificate("client-b")))
    assert lists.refusal("client-a") is None
    assert lists.refusal("client-b") == "cert_revoked"


def test_a_file_that_is_too_large_is_a_mistake(lists):
    lists.start()
    with open(lists.paths["issuer"], "ab") as file:
        file.truncate((64 << 20) + 1)
    checked = run(HOLDFAST, "check", "--config", lists.proxy.file)
    assert checked.returncode == 64
    assert "revocation.lists: This file is larger than" in checked.stderr
