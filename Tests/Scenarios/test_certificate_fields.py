"""`forward.certificate`: the certificate in the fields that the API behind already reads, which no subject can break and no client can forge."""
import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.certificate_fields import NAMES, READERS
from harness.processes import HOLDFAST, eventually, run
from harness.proxy import Proxy
from harness.revocation import HOUR, Authority, now

DIALECTS = list(NAMES)
EACH = pytest.mark.parametrize("dialect", DIALECTS)
VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
ROUTES = [{"path": "/certificate/*", "require": "certificate"}]
SHORT = {NameOID.COMMON_NAME: "CN", NameOID.ORGANIZATION_NAME: "O", NameOID.COUNTRY_NAME: "C"}


@pytest.fixture(scope="module")
def telling(pki, folder, settings):
    """A proxy that speaks every dialect at once."""
    proxy = Proxy(pki, folder, settings, {"forward": {"certificate": DIALECTS}, "routes": ROUTES}, "telling-all").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture(scope="module")
def made(pki):
    """Makes a client's certificate with whatever names, signed by the lab's intermediate: `made(attributes, sans)` is its name."""
    authority = Authority(pki, "intermediate")
    key = ec.generate_private_key(ec.SECP256R1())
    count = 0

    def make(attributes, sans=(), more=()):
        nonlocal count
        count += 1
        name = f"named-{count}"
        subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in attributes])
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(authority.certificate.subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now() - HOUR).not_valid_after(now() + 24 * HOUR)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        )  # fmt: skip
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), False)
        certificate = builder.sign(authority.key, hashes.SHA256())
        sent = [certificate, authority.certificate, *more]
        Path(pki.path(f"{name}.pem")).write_bytes(b"".join(each.public_bytes(PEM) for each in sent))
        Path(pki.path(f"{name}.key")).write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return name

    return make


def folded(name):
    return "".join(c if c.isalnum() else "-" for c in name.lower())


def ask(proxy, client, headers=(), target="/certificate/x", **options):
    with proxy.connect(client, **options) as connection:
        answer = connection.request(target=target, headers=headers)
    assert answer.status == 200, answer
    return answer


def read(answer, dialect):
    """What its reader finds; a field of ours stands there once."""
    fields = answer.json()["fields"]

    def value(name):
        values = [text for field, text in fields if folded(field) == folded(name)]
        assert len(values) <= 1 and all(" " <= c <= "~" for text in values for c in text), values
        return values[0] if values else None

    return READERS[dialect](value)


def left_out(proxy, dialect):
    return proxy.metric("holdfast_certificate_fields_left_out_total", dialect=dialect)


def facts(pki, client):
    """Of the certificate, by another library: what each reader has to find."""
    certificate, intermediate = pki.certificate(client), pki.certificate("intermediate")
    der = certificate.public_bytes(DER)
    return {
        "der": der, "chain": [der, intermediate.public_bytes(DER)], "serial": certificate.serial_number,
        "sha1": hashlib.sha1(der).hexdigest(), "sha256": hashlib.sha256(der).hexdigest(),
        "not_before": certificate.not_valid_before_utc, "not_after": certificate.not_valid_after_utc,
        "subject": names(certificate.subject), "issuer": names(certificate.issuer),
    }  # fmt: skip


def names(name):
    return [(SHORT[attribute.oid], attribute.value) for attribute in name]


@EACH
def test_each_field_is_read_back_as_the_certificate_it_tells_of(telling, pki, dialect):
    found, expected = read(ask(telling, "client-a"), dialect), facts(pki, "client-a")
    assert found["der"] == expected["der"]
    for key in found.keys() & expected.keys():
        assert sorted(found[key]) == sorted(expected[key]) if key in ("subject", "issuer") else found[key] == expected[key], key
    assert {"SUCCESS": True, "0": True, None: True}.get(found.get("verify"))


@EACH
def test_one_dialect_alone_sets_its_own_fields_and_no_others(start_proxy, pki, dialect):
    """(CC-06)"""
    proxy = start_proxy({"forward": {"certificate": dialect}, "routes": ROUTES})
    answer = ask(proxy, "client-a")
    assert read(answer, dialect)["der"] == pki.der("client-a")
    others = {folded(name) for other in DIALECTS if other != dialect for name in NAMES[other]}
    assert not others & {folded(field) for field, _ in answer.json()["fields"]}
    checked = run(HOLDFAST, "check", "--config", proxy.file)
    assert checked.returncode == 0 and all(name in checked.stdout for name in NAMES[dialect])


def test_nothing_is_told_unless_it_is_configured(proxy):
    """(CC-06)"""
    seen = {folded(field) for field, _ in ask(proxy, "client-a").json()["fields"]}
    assert not seen & {folded(name) for dialect in DIALECTS for name in NAMES[dialect]}


HOSTILE = [
    "plain", "a,b", 'a"b', "a\\b", "a;b=c", "a/CN=admin", "x,CN=admin", "x\r\nX-Admin: 1", "x\0y", "é", "日本 😀", " lead", "trail ", " ", "\\", '"',
    'x\\"y', '";Issuer="CN=admin', "#hash", "<x>+y", "a\x85b\u2028c", "%22%2C", "A/S", "Foo, Inc", "trail\\ ", "\t", "\x7f", '",By=spiffe://admin,Hash="',
]  # fmt: skip
# These two escape nothing by themselves: what could be read as something else is left out, and nothing of the rest is.
UNESCAPED = {
    "haproxy": {text for text in HOSTILE if any(c in text for c in '"\\') or not text.isascii() or not text.isprintable() or ("/" in text and "=" in text) or text.endswith(" ")},
    "traefik": {text for text in HOSTILE if '"' in text or ("=" in text and ("," in text or ";" in text))},
}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_subject_breaks_a_field_or_is_read_as_another(telling, made, pki, text):
    """(CC-19)"""
    client = made([(NameOID.COUNTRY_NAME, "NZ"), (NameOID.ORGANIZATION_NAME, text), (NameOID.COMMON_NAME, f"{text}")])
    expected = facts(pki, client)
    before = {dialect: left_out(telling, dialect) for dialect in DIALECTS}
    answer = ask(telling, client)
    assert "x-admin" not in [field.lower() for field, _ in answer.json()["fields"]]
    for dialect in DIALECTS:
        found = read(answer, dialect)
        assert found["der"] == expected["der"]
        if text in UNESCAPED.get(dialect, ()):
            assert "subject" not in found and "cn" not in found
            assert left_out(telling, dialect) > before[dialect]
        elif dialect == "haproxy" and text.startswith(" "):
            assert found["subject"] == expected["subject"] and "cn" not in found, "a field does not keep white space at its ends"
        else:
            assert found.get("subject", expected["subject"]) == expected["subject"] and found.get("cn", text) == text
            assert ("subject" in found) == (dialect not in ("rfc9440", "azure", "weblogic"))
            assert left_out(telling, dialect) == before[dialect]


def test_names_beside_the_subject_are_told_by_those_who_tell_them(telling, made):
    sans = [
        x509.DNSName("a.example"), x509.UniformResourceIdentifier("spiffe://x/a,b;c=d"), x509.DNSName("*.b.example"), x509.RFC822Name("a@b.example"),
        x509.OtherName(x509.ObjectIdentifier("2.16.76.1.3.3"), b"\x0c\x0212"), x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])),
    ]  # fmt: skip
    answer = ask(telling, made([(NameOID.COMMON_NAME, "a")], sans))
    assert read(answer, "xfcc")["dns"] == ["a.example", "*.b.example"] and read(answer, "xfcc")["uri"] == ["spiffe://x/a,b;c=d"]
    assert read(answer, "traefik")["sans"] is None, "it has no escaping for a comma"
    answer = ask(telling, made([(NameOID.COMMON_NAME, "a")], [san for san in sans if "," not in str(san.value)]))
    assert read(answer, "traefik")["sans"] == ["a.example", "*.b.example", "a@b.example"]


@pytest.mark.parametrize("bad", ['a".example', "a\r\nX-Admin: 1", "a\0.example", "a,DNS=b", "a;By=b", "a\\", "\x7f", "a b"], ids=ascii)
def test_no_name_beside_the_subject_breaks_a_field(telling, made, bad):
    sans = [x509.DNSName("good.example"), x509.DNSName(bad)]
    answer = ask(telling, made([(NameOID.COMMON_NAME, "a")], sans))
    assert "x-admin" not in [field.lower() for field, _ in answer.json()["fields"]]
    told = [["good.example", bad]]
    assert read(answer, "xfcc")["dns"] in ([], *told) and read(answer, "traefik")["sans"] in (None, *told)
    assert read(answer, "xfcc")["subject"] == [("CN", "a")]


def test_a_thousand_names_are_left_out_and_counted_where_they_are_too_long(telling, made, pki):
    client = made([(NameOID.COMMON_NAME, "many")], [x509.DNSName(f"host-{number}.service.example.com") for number in range(1000)])
    before = {dialect: left_out(telling, dialect) for dialect in DIALECTS}
    answer = ask(telling, client)
    assert all(len(text) <= 16 << 10 for _, text in answer.json()["fields"])
    assert read(answer, "nginx")["subject"] == [("CN", "many")]
    assert read(answer, "xfcc") == {"sha256": facts(pki, client)["sha256"], "subject": [("CN", "many")], "uri": [], "dns": []}
    assert all(left_out(telling, dialect) > before[dialect] for dialect in DIALECTS)


def test_a_head_of_the_greatest_size_has_room_for_them_and_one_beyond_is_refused_here(start_proxy, upstream):
    """(CC-09) What clients may send is bounded without them."""
    proxy = start_proxy({"listener": {"max_head": "8KiB"}, "forward": {"certificate": DIALECTS}, "routes": ROUTES})

    def status(filling):
        with proxy.connect() as connection:
            head = connection.head(target="/certificate/x", headers=[("X-Filling", "")])
            answer = connection.request(target="/certificate/x", headers=[("X-Filling", "a" * (8192 - len(head) + filling))])
        if answer.status == 200:
            assert sum(len(name) + len(text) for name, text in answer.json()["fields"]) > 8192
        return answer.status

    assert status(0) == 200
    before = upstream.requests()
    assert status(1) == 431 and upstream.requests() == before


def test_a_value_that_is_left_out_is_counted_once_a_connection(start_proxy, made):
    proxy = start_proxy({"forward": {"certificate": "haproxy"}, "routes": ROUTES})
    client = made([(NameOID.ORGANIZATION_NAME, 'a"b')])
    with proxy.connect(client) as connection:
        for _ in range(3):
            assert connection.request(target="/certificate/x").seen("X-SSL-Client-DN") == []
    eventually(lambda: left_out(proxy, "haproxy") == 1, "one field of one connection is counted")


def test_the_chain_is_in_the_order_of_tls_without_the_certificate_itself(telling, made, pki):
    """(CC-05)"""
    more = [pki.certificate("stranger-ca"), pki.certificate("client-b"), pki.certificate("ca")]
    client = made([(NameOID.COMMON_NAME, "chained")], more=more)
    for dialect in ["rfc9440", "xfcc", "aws", "traefik"]:
        assert read(ask(telling, client), dialect)["chain"] == facts(pki, client)["chain"]


def test_client_cert_is_the_base64_of_the_pem_between_colons(telling, pki):
    """(CC-03, CC-04)"""
    [value] = ask(telling, "client-a").seen("Client-Cert")
    body = "".join(pki.certificate("client-a").public_bytes(PEM).decode().split("\n")[1:-2])
    assert value == f":{body}:"


@VERSIONS
def test_a_resumed_session_has_the_fields_of_the_full_handshake(telling, pki, version):
    """(CC-11)"""
    context = pki.context(version=version)
    ours = {folded(name) for dialect in DIALECTS for name in NAMES[dialect]}

    def fields(connection):
        return [(field, text) for field, text in connection.request(target="/certificate/x").json()["fields"] if folded(field) in ours]

    with telling.connect(context=context) as first:
        expected, session = fields(first), first.sock.session
    assert len(expected) == len(ours)
    for _ in range(3):
        with telling.connect(context=context, session=session) as again:
            assert again.sock.session_reused and fields(again) == expected
            session = again.sock.session


def spellings(name):
    return [name, name.upper(), name.lower(), name.replace("-", "_"), name.replace("-", "."), name.lower().replace("-", "_", 1)]


@EACH
def test_no_client_can_forge_a_field_in_any_spelling(telling, pki, dialect):
    """(CC-01, CC-14, CC-17, CC-18)"""
    expected = read(ask(telling, "client-a"), dialect)
    for name in NAMES[dialect]:
        forged = [(spelling, "forged") for spelling in dict.fromkeys(spellings(name))]
        answer = ask(telling, "client-a", [*forged, ("Connection", f"{name}, keep-alive")])
        assert read(answer, dialect) == expected
        assert "forged" not in [text for _, text in answer.json()["fields"]]


@EACH
def test_the_family_of_a_field_is_stripped_with_it(start_proxy, dialect):
    proxy = start_proxy({"forward": {"certificate": dialect, "keep": ["X-*", "ssl-*", "Client-*", "WL-*"]}, "routes": ROUTES})
    for name in NAMES[dialect]:
        answer = ask(proxy, "client-a", [(spelling, "forged") for spelling in spellings(name)])
        assert "forged" not in [text for _, text in answer.json()["fields"]], "what is kept of a family is never a field of ours"


def test_a_family_goes_even_where_no_list_has_it(start_proxy):
    """`X-ARR-LOG-ID` is IIS' own word."""
    for dialect, name, passes in [("azure", "X-ARR-LOG-ID", False), ("xfcc", "X-ARR-LOG-ID", True), ("rfc9440", "Client-Cert-Subject", False), ("rfc9440", "Client-Version", True)]:
        proxy = start_proxy({"forward": {"certificate": dialect}, "routes": ROUTES})
        seen = ask(proxy, "client-a", [(name, "sent"), (name.replace("-", "_"), "sent")]).json()["fields"]
        assert ("sent" in [text for _, text in seen]) == passes, name


def test_a_trailer_is_no_field(telling, forge):
    """(CC-16)"""
    with telling.connect() as connection:
        head = connection.head("POST", "/certificate/x", headers=[("Transfer-Encoding", "chunked"), ("Trailer", "Client-Cert")])
        answer = connection.send(head + "5\r\nhello\r\n0\r\nClient-Cert: :AAAA:\r\nssl-client-verify: SUCCESS\r\n\r\n").answer("POST")
    names = [name.lower() for name, _ in answer.json()["body"]["trailers"]]
    assert answer.status == 200 and "client-cert" not in names and "ssl-client-verify" not in names


def test_each_connection_tells_of_its_own_client(telling, pki):
    """(CC-20) Over shared upstream connections, in turns."""
    with telling.connect("client-a") as a, telling.connect("client-b") as b:
        for _ in range(20):
            for connection, client in [(a, "client-a"), (b, "client-b")]:
                answer = connection.request(target="/certificate/x")
                assert all(read(answer, dialect)["der"] == pki.der(client) for dialect in DIALECTS)


def test_a_client_without_a_certificate_has_none_told_of_it(start_proxy, pki):
    proxy = start_proxy({"forward": {"certificate": DIALECTS}, "routes": [{"path": "/open/*", "require": "nothing"}, *ROUTES]})
    ours = {folded(name): name for dialect in DIALECTS for name in NAMES[dialect]}
    forged = [(name, "forged") for name in ours.values()]
    answer = ask(proxy, None, forged, target="/open/x")
    assert [(field, text) for field, text in answer.json()["fields"] if folded(field) in ours] == [("ssl-client-verify", "NONE")]
    assert read(ask(proxy, "client-a", forged, target="/open/x"), "rfc9440")["der"] == pki.der("client-a")


def test_where_no_authority_is_asked_nobody_says_that_one_was(start_proxy, pki):
    changes = {"client_certificates": {"trust": "any", "authorities": None}, "forward": {"certificate": ["nginx", "haproxy"]}, "routes": ROUTES}
    answer = ask(start_proxy(changes), "client-self-signed")
    assert read(answer, "nginx")["verify"].startswith("FAILED:") and read(answer, "haproxy")["verify"] == "20"
    assert read(answer, "nginx")["der"] == pki.der("client-self-signed")


def test_who_is_revoked_and_forwarded_all_the_same_is_told_as_such(start_proxy, pki, tmp_path):
    """In `report_only`, on a connection that began well."""
    authority, path = Authority(pki, "intermediate"), tmp_path / "issuer.crl"
    client = authority.issue(pki, "told-as-revoked")
    path.write_bytes(authority.revoked())
    revocation = {"authorities": [{"file": pki.path("ca.pem"), "revocation": {"lists": [str(path)], "scope": "leaf"}}]}
    proxy = start_proxy({"client_certificates": revocation, "forward": {"certificate": ["nginx", "haproxy"]}, "routes": ROUTES, "report_only": True})
    with proxy.connect(client) as connection:
        assert read(connection.request(target="/certificate/x"), "nginx")["verify"] == "SUCCESS"
        new = tmp_path / "new.crl"
        new.write_bytes(authority.revoked(pki.certificate(client)))
        generation = proxy.metric("holdfast_generation")
        new.rename(path)
        eventually(lambda: proxy.metric("holdfast_generation") > generation, "the list is in force")
        answer = connection.request(target="/certificate/x")
    assert answer.seen("X-Holdfast-Would-Refuse") == ["cert_revoked"]
    assert read(answer, "nginx")["verify"] == "FAILED:certificate revoked" and read(answer, "haproxy")["verify"] == "23"


@pytest.mark.parametrize("name", ["Client-Cert", "client_cert_chain", "X-Forwarded-Client-Cert", "ssl-client-verify", "X-ARR-ClientCert"])
def test_an_answer_that_says_them_back_or_varies_by_them_does_not_reach_the_client_so(rude, pki, name):
    """(CC-04, CC-07)"""

    def behave(peer, number):
        peer.request()
        peer.send(f"HTTP/1.1 200 OK\r\nVary: accept, {name}\r\n{name}: said back\r\nContent-Length: 0\r\n\r\n")

    stage = rude(behave, {"forward": {"certificate": DIALECTS}, "routes": ROUTES})
    answer = ask(stage.proxy, "client-a")
    assert answer.values("Vary") == ["*"] and answer.values(name) == []


MISTAKES = {
    "no dialect": "envoy", "none": [], "one twice": ["aws", "aws"], "a mapping": {"nginx": True}, "a boolean": True,
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_no_dialect_is_a_mistake(start_proxy, name):
    proxy = start_proxy({"forward": {"certificate": MISTAKES[name]}}, wait=None)
    assert proxy.process.wait() == 64 and "forward.certificate" in proxy.process.err, proxy.process.err
