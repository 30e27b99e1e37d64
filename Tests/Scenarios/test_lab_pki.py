"""The lab's CA, held against `openssl` and Python's `cryptography`: what it signs counts, and what it should not have signed does not."""
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from harness.pki import PKI
from harness.processes import LAB, eventually, run
from harness.revocation import now

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
NAMED = ["intermediate", "server", "client-a", "client-a-renewed", "client-b", "api-gateway", "client-serverauth"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder of its own, for what is refused, or harms nobody."""
    return PKI(tmp_path_factory.mktemp("lab") / "pki")


@pytest.fixture
def fresh(tmp_path, lab):
    """A copy of the default folder, for a test to work in."""
    return PKI(tmp_path / "pki", like=lab)


def verified(pki, name, *options, root="ca"):
    """What `openssl verify` says of a certificate with the chain that its file has: empty for nothing."""
    file = pki.path(f"{name}.pem")
    said = run("openssl", "verify", *options, "-CAfile", pki.path(f"{root}.pem"), "-untrusted", file, file)
    assert (said.returncode == 0) == said.stdout.endswith("OK\n")
    return said.stderr


def refused(pki, *options):
    """What a job that is not done says; nothing is written."""
    before = {file.name: file.read_bytes() for file in pki.folder.iterdir()}
    said = run(LAB, "pki", pki.folder, *options)
    assert said.returncode == 1 and not said.stdout
    assert {file.name: file.read_bytes() for file in pki.folder.iterdir()} == before
    return said.stderr


def extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind).value


def alternative_names(certificate):
    return [name.value for name in extension(certificate, x509.SubjectAlternativeName)]


def chain(pki, name):
    return x509.load_pem_x509_certificates((pki.folder / f"{name}.pem").read_bytes())


# Identifiers of keys


@pytest.mark.parametrize("name", NAMED)
def test_certificates_name_their_key_and_their_issuers(lab, name):
    certificate, issuer = lab.certificate(name), lab.certificate("ca" if name == "intermediate" else "intermediate")
    own = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    assert extension(certificate, x509.SubjectKeyIdentifier) == own
    assert extension(certificate, x509.AuthorityKeyIdentifier).key_identifier == extension(issuer, x509.SubjectKeyIdentifier).digest
    assert not verified(lab, name, "-x509_strict")


def test_the_twin_of_an_authority_differs_in_its_signatures_only(lab):
    own, twin = chain(lab, "client-a"), chain(lab, "stranger")
    assert [(c.subject, c.issuer) for c in own] == [(c.subject, c.issuer) for c in twin]
    for certificate in twin:
        with pytest.raises(x509.ExtensionNotFound):
            extension(certificate, x509.AuthorityKeyIdentifier)
    assert not verified(lab, "stranger", root="stranger-ca") and "signature failure" in verified(lab, "stranger")


# Authorities with limits


LIMITS = [
    (["--permit-dns", ".acme.example"], ["--dns", "api.acme.example"], ["--dns", "api.other.example"]),
    (["--permit-dns", "acme.example"], ["--dns", "acme.example"], ["--dns", "api.acme.example", "--dns", "notacme.example"]),
    (["--exclude-dns", "secret.example"], ["--dns", "api.example"], ["--dns", "a.secret.example"]),
    (["--permit-uri", ".acme.example"], ["--uri", "spiffe://a.acme.example/x"], ["--uri", "spiffe://other.example/x"]),
    (["--permit-organization", "Acme"], ["--organization", "Acme"], ["--organization", "Other"]),
    (["--usage", "client"], ["--usage", "client"], ["--usage", "server"]),
]  # fmt: skip


@pytest.mark.parametrize("limits,inside,outside", LIMITS, ids=[" ".join(limits) for limits, _, _ in LIMITS])
def test_an_authority_counts_within_its_limits_only(fresh, limits, inside, outside):
    fresh.work("--authority", "acme", "--path-length", 0, *limits)
    purposes = {"client": "sslclient", "server": "sslserver"}
    for options, passes in [(inside, True), (outside, False)]:
        fresh.issue("leaf", "--from", "acme", *options)
        purpose = purposes[options[1]] if options[0] == "--usage" else "sslclient"
        said = verified(fresh, "leaf", "-x509_strict", "-purpose", purpose)
        assert (not said) == passes, said
        assert passes or "permitted subtree" in said or "excluded subtree" in said or "purpose" in said


def test_an_authoritys_certificate_says_its_limits(fresh):
    fresh.work("--authority", "acme", "--path-length", 0, "--permit-dns", "a.example", "--permit-dns", "b.example", "--exclude-dns", "c.b.example")
    certificate = fresh.certificate("acme")
    constraints = certificate.extensions.get_extension_for_oid(ExtensionOID.NAME_CONSTRAINTS)
    assert constraints.critical and constraints.value.permitted_subtrees == [x509.DNSName("a.example"), x509.DNSName("b.example")]
    assert constraints.value.excluded_subtrees == [x509.DNSName("c.b.example")]
    assert extension(certificate, x509.BasicConstraints) == x509.BasicConstraints(True, 0)


def test_below_an_authority_there_are_as_many_as_it_allows(fresh):
    fresh.work("--authority", "root", "--self-signed")
    fresh.work("--authority", "one", "--from", "root", "--path-length", 1)
    fresh.work("--authority", "two", "--from", "one")
    fresh.work("--authority", "three", "--from", "two")
    fresh.issue("within", "--from", "two")
    fresh.issue("beyond", "--from", "three")
    assert [extension(fresh.certificate(n), x509.BasicConstraints).path_length for n in ("root", "one", "two", "three")] == [None, 1, 0, 0]
    assert chain(fresh, "within")[1:] == [fresh.certificate("two"), fresh.certificate("one")]
    assert not verified(fresh, "within", root="root") and "path length" in verified(fresh, "beyond", root="root")


def test_an_authority_is_not_overwritten(lab):
    assert "--renew" in refused(lab, "--authority", "intermediate")


def test_an_unknown_authority_signs_nothing(lab):
    for job in (["--issue", "x", "--from"], ["--authority", "x", "--from"], ["--renew", "client-b", "--from"], ["--crl"]):
        assert "there is no authority nobody" in refused(lab, *job, "nobody")
        assert "client-a is not an authority" in refused(lab, *job, "client-a")


# Certificates in one step, from a request, and again


def test_a_certificate_has_the_names_that_it_is_asked_for(lab):
    names = ["--dns", "a.example", "--dns", "b.example", "--uri", "spiffe://example/a", "--ip", "10.0.0.1", "--ip", "::1", "--email", "a@b.example"]
    lab.issue("named", *names, "--organization", 'Acme, "Ltd"', "--common-name", "Billing", "--expires-in", "2d")
    certificate = lab.certificate("named")
    assert [str(name) for name in alternative_names(certificate)] == names[1::2]
    assert [a.value for a in certificate.subject] == ['Acme, "Ltd"', "Billing"]
    assert abs(certificate.not_valid_after_utc - now() - datetime.timedelta(days=2)) < datetime.timedelta(minutes=10)
    assert not verified(lab, "named", "-x509_strict", "-purpose", "sslclient")


def test_a_certificate_says_where_its_revocation_can_be_learnt(lab):
    responders, lists = ["http://a.example/o", "http://b.example/o"], ["http://a.example/c.crl", "http://b.example/c.crl"]
    lab.issue("pointed", *[o for url in responders for o in ("--ocsp-url", url)], *[o for url in lists for o in ("--crl-url", url)])
    certificate = lab.certificate("pointed")
    assert [d.access_location.value for d in extension(certificate, x509.AuthorityInformationAccess)] == responders
    assert [[name.value for name in point.full_name] for point in extension(certificate, x509.CRLDistributionPoints)] == [[url] for url in lists]
    assert run("openssl", "x509", "-in", lab.path("pointed.pem"), "-noout", "-ocsp_uri").stdout.split() == responders
    lab.issue("short", "--no-revocation")
    nowhere = lab.certificate("short").extensions.get_extension_for_oid(x509.ObjectIdentifier("2.5.29.56"))
    assert not nowhere.critical and nowhere.value.public_bytes() == b"\x05\x00"
    assert {e.oid.dotted_string for e in lab.certificate("client-a").extensions}.isdisjoint({"2.5.29.56", "2.5.29.31", "1.3.6.1.5.5.7.1.1"})


def request(path, key, names=("DNS:orders.example", "URI:spiffe://example/orders"), encoding=PEM, subject="CN=orders,O=Orders,C=FI"):
    """A signing request that would rather be an authority."""
    kinds = {"DNS": x509.DNSName, "URI": x509.UniformResourceIdentifier}
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name.from_rfc4514_string(subject))
    builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([kinds[n[:3]](n[4:]) for n in names]), False)
    made = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    path.write_bytes(made.public_bytes(encoding))
    return made


KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()), "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048), "ed25519": ed25519.Ed25519PrivateKey.generate,
}  # fmt: skip


@pytest.mark.parametrize("encoding", [PEM, DER], ids=["pem", "der"])
@pytest.mark.parametrize("kind", KEYS)
def test_a_requests_key_subject_and_names_are_certified_and_nothing_else_of_it(fresh, tmp_path, kind, encoding):
    made = request(tmp_path / "orders.csr", KEYS[kind](), encoding=encoding)
    fresh.work("--sign", tmp_path / "orders.csr")
    certificate = fresh.certificate("orders")
    assert certificate.public_key() == made.public_key() and certificate.subject == made.subject
    assert alternative_names(certificate) == ["orders.example", "spiffe://example/orders"]
    assert extension(certificate, x509.BasicConstraints) == x509.BasicConstraints(False, None)
    assert not (fresh.folder / "orders.key").exists() and not verified(fresh, "orders", "-x509_strict", "-purpose", "sslclient")


def test_what_is_told_comes_before_what_the_request_says(fresh, tmp_path):
    request(tmp_path / "orders.csr", KEYS["p256"]())
    fresh.work("--sign", tmp_path / "orders.csr", "--as", "told", "--usage", "server", "--dns", "told.example", "--organization", "Told")
    certificate = fresh.certificate("told")
    assert alternative_names(certificate) == ["told.example"] and [a.value for a in certificate.subject] == ["Told", "told"]
    assert list(extension(certificate, x509.ExtendedKeyUsage)) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not (fresh.folder / "orders.pem").exists()


def test_without_a_subject_the_names_are_critical(fresh, tmp_path):
    request(tmp_path / "nameless.csr", KEYS["p256"](), subject="")
    fresh.work("--sign", tmp_path / "nameless.csr")
    assert fresh.certificate("nameless").extensions.get_extension_for_class(x509.SubjectAlternativeName).critical
    request(tmp_path / "nobody.csr", KEYS["p256"](), names=(), subject="")
    assert "needs a subject" in refused(fresh, "--sign", tmp_path / "nobody.csr")


@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_a_request_with_a_bad_signature_is_refused(fresh, tmp_path, kind):
    request(tmp_path / "bad.csr", KEYS[kind](), encoding=DER)
    octets = (tmp_path / "bad.csr").read_bytes()
    for changed in (octets.replace(b"orders.example", b"Orders.example"), octets[:-1] + bytes([octets[-1] ^ 1])):
        assert changed != octets
        (tmp_path / "bad.csr").write_bytes(changed)
        assert "bad.csr is not signed by the key that it names" in refused(fresh, "--sign", tmp_path / "bad.csr")


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", b"\x30\x03"])
def test_what_is_no_request_is_refused(lab, tmp_path, content):
    (tmp_path / "x.csr").write_bytes(content)
    assert "x.csr is not a certificate request" in refused(lab, "--sign", tmp_path / "x.csr")


def test_a_certificate_is_no_request(lab):
    assert "not a certificate request" in refused(lab, "--sign", lab.path("client-a.pem"), "--as", "x")


def test_a_request_is_not_certified_beside_another_key(fresh, tmp_path):
    request(tmp_path / "client-b.csr", KEYS["p256"]())
    assert "another key" in refused(fresh, "--sign", tmp_path / "client-b.csr")


SAME = [ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE, ExtensionOID.SUBJECT_ALTERNATIVE_NAME]


@pytest.mark.parametrize("kind", ["ec", "rsa", "ed25519"])
@pytest.mark.parametrize("same_key", [True, False])
def test_a_renewal_says_the_same_for_longer(fresh, kind, same_key):
    fresh.issue("old", "--key", kind, "--dns", "old.example", "--organization", "Old", "--expires-in", "1h")
    old, key = fresh.certificate("old"), (fresh.folder / "old.key").read_bytes()
    fresh.work("--renew", "old", *(["--same-key"] if same_key else []))
    new = fresh.certificate("old")
    assert new.serial_number != old.serial_number and new.subject == old.subject and new.not_valid_after_utc > old.not_valid_after_utc
    assert (new.public_key() == old.public_key()) == same_key and isinstance(new.public_key(), type(old.public_key()))
    for oid in SAME:
        assert new.extensions.get_extension_for_oid(oid) == old.extensions.get_extension_for_oid(oid)
    assert not verified(fresh, "old", "-x509_strict")
    # What was there can still be shown.
    assert fresh.certificate("old.previous") == old and (fresh.folder / "old.previous.key").read_bytes() == key
    fresh.context("old"), fresh.context("old.previous")


def test_who_holds_the_key_keeps_it_in_a_renewal(fresh, tmp_path):
    made = request(tmp_path / "orders.csr", KEYS["rsa"]())
    fresh.work("--sign", tmp_path / "orders.csr")
    assert "--same-key" in refused(fresh, "--renew", "orders")
    fresh.work("--renew", "orders", "--same-key", "--as", "orders-2027")
    assert fresh.certificate("orders-2027").public_key() == made.public_key() and not verified(fresh, "orders-2027")


def test_an_authority_that_is_renewed_vouches_for_what_it_signed(fresh):
    fresh.work("--authority", "acme", "--permit-dns", "acme.example")
    fresh.issue("leaf", "--from", "acme", "--dns", "acme.example")
    leaf = fresh.certificate("leaf").public_bytes(PEM)
    fresh.work("--renew", "acme", "--same-key")
    fresh.work("--renew", "ca", "--same-key")
    (fresh.folder / "leaf.pem").write_bytes(leaf + fresh.certificate("acme").public_bytes(PEM))
    assert not verified(fresh, "leaf", "-x509_strict")


def test_a_certificate_of_its_own_key_is_renewed_by_that(fresh):
    fresh.work("--renew", "client-self-signed", "--same-key")
    certificate = fresh.certificate("client-self-signed")
    certificate.verify_directly_issued_by(certificate)
    assert certificate != fresh.certificate("client-self-signed.previous")


# Revocation lists


def crl(pki, name):
    return x509.load_pem_x509_crl((pki.folder / f"{name}.crl").read_bytes())


def checked(pki, name, *lists, scope="-crl_check"):
    """What `openssl verify` says with these lists."""
    files = [option for a in lists for option in ("-CRLfile", pki.path(f"{a}.crl"))]
    return verified(pki, name, scope, *files)


def test_who_is_revoked_is_on_the_next_list_and_nobody_else(fresh):
    fresh.work("--crl", "intermediate")
    assert not checked(fresh, "client-a", "intermediate") and not checked(fresh, "client-b", "intermediate")
    fresh.work("--revoke", "client-a", "--reason", "keyCompromise")
    assert not checked(fresh, "client-a", "intermediate")
    first = crl(fresh, "intermediate")
    fresh.work("--crl", "intermediate")
    assert "certificate revoked" in checked(fresh, "client-a", "intermediate") and not checked(fresh, "client-b", "intermediate")
    second = crl(fresh, "intermediate")
    assert extension(second, x509.CRLNumber).crl_number > extension(first, x509.CRLNumber).crl_number
    assert [entry.serial_number for entry in second] == [fresh.certificate("client-a").serial_number] and not list(first)


def test_an_intermediate_is_revoked_without_the_others(fresh):
    for name in ("acme", "other"):
        fresh.work("--authority", name)
        fresh.issue(f"{name}-client", "--from", name)
        fresh.work("--crl", name)
    fresh.work("--revoke", "acme", "--reason", "CACompromise")
    fresh.work("--crl", "ca")
    assert "certificate revoked" in checked(fresh, "acme-client", "acme", "ca", scope="-crl_check_all")
    assert not checked(fresh, "other-client", "other", "ca", scope="-crl_check_all")


def test_a_list_is_signed_by_its_authority_and_says_what_it_must(fresh):
    fresh.work("--revoke", "client-a", "--reason", "superseded")
    fresh.work("--revoke", "client-b")
    fresh.work("--crl", "intermediate", "--next-update", "2d")
    made, authority = crl(fresh, "intermediate"), fresh.certificate("intermediate")
    assert made.is_signature_valid(authority.public_key()) and not made.is_signature_valid(fresh.certificate("ca").public_key())
    assert made.issuer == authority.subject and made.next_update_utc - made.last_update_utc == datetime.timedelta(days=2)
    assert extension(made, x509.AuthorityKeyIdentifier).key_identifier == extension(authority, x509.SubjectKeyIdentifier).digest
    first, second = made
    assert extension(first, x509.CRLReason).reason == x509.ReasonFlags.superseded and not list(second.extensions)
    shown = run("openssl", "crl", "-in", fresh.path("intermediate.crl"), "-noout", "-verify", "-CAfile", fresh.path("intermediate.pem"))
    assert "verify OK" in shown.stderr
    shown = run("openssl", "crl", "-in", fresh.path("intermediate.crl"), "-noout", "-verify", "-CAfile", fresh.path("stranger-ca.pem"))
    assert "verify OK" not in shown.stderr


@pytest.mark.parametrize("kind", ["ec", "rsa", "ed25519"])
def test_a_list_is_signed_by_any_kind_of_key(fresh, kind):
    fresh.work("--authority", "acme", "--key", kind)
    fresh.issue("leaf", "--from", "acme")
    fresh.work("--revoke", "leaf")
    fresh.work("--crl", "acme")
    assert crl(fresh, "acme").is_signature_valid(fresh.certificate("acme").public_key())
    assert "certificate revoked" in checked(fresh, "leaf", "acme")


def test_a_list_can_be_in_der_and_empty(fresh):
    fresh.work("--crl", "ca", "--der")
    made = x509.load_der_x509_crl((fresh.folder / "ca.crl").read_bytes())
    assert not list(made) and made.is_signature_valid(fresh.certificate("ca").public_key())


def test_a_list_can_be_stale(fresh):
    fresh.work("--crl", "intermediate", "--next-update=-1h")
    assert "CRL has expired" in checked(fresh, "client-a", "intermediate")


def test_a_former_certificate_is_revoked_without_its_successor(fresh):
    fresh.work("--renew", "client-a", "--same-key")
    fresh.work("--revoke", "client-a.previous", "--reason", "superseded")
    fresh.work("--crl", "intermediate")
    assert "certificate revoked" in checked(fresh, "client-a.previous", "intermediate") and not checked(fresh, "client-a", "intermediate")


def test_what_cannot_be_revoked_is_told(fresh):
    assert "no authority" in refused(fresh, "--revoke", "stranger")
    assert "there is no" in refused(fresh, "--revoke", "nobody")
    fresh.work("--revoke", "client-a")
    assert "already" in refused(fresh, "--revoke", "client-a")
    with open(fresh.folder / "intermediate.revoked", "a", encoding="utf-8") as register:
        register.write("a line of somebody's\n")
    assert "is no entry" in refused(fresh, "--crl", "intermediate")


def test_the_proxy_reads_the_list_under_its_name(start_proxy, pki, fresh):
    """With a twin of the shared folder's certificates: this proxy trusts the copy's root."""
    for authority in ("ca", "intermediate"):
        fresh.work("--crl", authority)
    lists = {"lists": [fresh.path("ca.crl"), fresh.path("intermediate.crl")]}
    proxy = start_proxy({"client_certificates": {"authorities": [{"file": fresh.path("clients-ca.pem"), "revocation": lists}]}})

    def passes(client):
        context = fresh.context(client)
        context.load_verify_locations(pki.path("ca.pem"))
        try:
            with proxy.connect(context=context) as connection:
                return connection.request(target="/certificate/a").status == 200
        except (OSError, EOFError):
            return False

    assert passes("client-a") and passes("client-b")
    fresh.work("--revoke", "client-a")
    fresh.work("--crl", "intermediate")
    eventually(lambda: not passes("client-a"), "the list is in force")
    assert passes("client-b")


# The command line


MISPLACED = [
    ["--issue", "x", "--crl", "ca"], ["--dns", "a.example"], ["--crl", "ca", "--reason", "superseded"], ["--revoke", "client-a", "--der"],
    ["--issue", "x", "--permit-dns", "a.example"], ["--issue", "x", "--same-key"], ["--issue", "x", "--from", "ca", "--self-signed"],
    ["--authority", "x", "--dns", "a.example"], ["--authority", "x", "--path-length=-1"], ["--authority", "a/b"], ["--renew", ""],
    ["--revoke", "client-a", "--reason", "removeFromCRL"], ["--issue", "x", "--ip", "10.0.0"], ["--sign", "x.csr", "--as", "../x"],
]  # fmt: skip


@pytest.mark.parametrize("options", MISPLACED, ids=" ".join)
def test_what_makes_no_sense_is_bad_usage(lab, options):
    before = sorted(lab.folder.iterdir())
    said = run(LAB, "pki", lab.folder, *options)
    assert said.returncode == 64 and said.stderr.startswith("Error:") and sorted(lab.folder.iterdir()) == before


def test_the_help_shows_a_line_for_each_job():
    shown = run(LAB, "pki", "--help").stdout
    for job in ("--issue", "--authority", "--sign", "--renew", "--revoke", "--crl"):
        assert f"holdfast-lab pki lab {job} " in shown


def test_what_was_revoked_stays_so_when_its_authority_gets_another_key(fresh):
    fresh.work("--authority", "acme")
    fresh.work("--issue", "acme-client", "--from", "acme")
    fresh.work("--revoke", "acme-client")
    fresh.work("--renew", "acme")
    fresh.work("--crl", "acme")
    fresh.work("--crl", "acme.previous")

    def listed(name):
        return [entry.serial_number for entry in x509.load_pem_x509_crl((fresh.folder / f"{name}.crl").read_bytes())]

    assert listed("acme.previous") == [fresh.certificate("acme-client").serial_number] and listed("acme") == []
    # With the same key it is the same authority.
    fresh.work("--authority", "other")
    fresh.work("--issue", "other-client", "--from", "other")
    fresh.work("--revoke", "other-client")
    fresh.work("--renew", "other", "--same-key")
    fresh.work("--crl", "other")
    assert listed("other") == [fresh.certificate("other-client").serial_number]


def test_no_certificate_takes_the_place_of_an_authority(fresh):
    before = (fresh.folder / "intermediate.key").read_bytes()
    refused = run(LAB, "pki", fresh.folder, "--issue", "intermediate")
    assert refused.returncode != 0 and "is an authority" in refused.stderr
    assert (fresh.folder / "intermediate.key").read_bytes() == before


def test_an_authority_that_has_expired_was_valid_once(fresh):
    fresh.work("--authority", "late", "--expires-in=-1h")
    late = fresh.certificate("late")
    assert late.not_valid_before_utc < late.not_valid_after_utc < datetime.datetime.now(datetime.timezone.utc)


def test_keys_are_for_their_owner_alone(fresh):
    for file in fresh.folder.glob("*.key"):
        assert file.stat().st_mode & 0o077 == 0
    assert not list(fresh.folder.glob(".*.new"))
