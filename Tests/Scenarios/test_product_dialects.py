"""The fields of a client's certificate, held against the products they belong to: what nginx, HAProxy and Envoy say of the same certificate to
the same upstream, octet for octet, and what Tomcat's valves and a parser of structured fields read in ours.

Debian and PyPI have no Traefik, no WebLogic, no IIS and no load balancer of AWS: those are read by what their documentation says of them
(harness/certificate_fields.py), and AWS' escaped PEM by Tomcat's valve too.
"""
import base64

import http_sf
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from harness import products
from harness.certificate_fields import NAMES, rfc2253, split_outside_quotes
from harness.certificates import Maker
from harness.proxy import Proxy
from test_certificate_fields import DIALECTS, HOSTILE, UNESCAPED

EVERY_NAME = pytest.mark.parametrize("text", HOSTILE, ids=ascii)


@pytest.fixture(scope="module")
def ours(pki, folder, settings):
    changes = {"forward": {"certificate": DIALECTS}, "routes": [{"path": "/certificate/*", "require": "certificate"}]}
    proxy = Proxy(pki, folder, settings, changes, "told-beside-products").wait_ready()

    def fields(client):
        with proxy.connect(client) as connection:
            return connection.request(target="/certificate/x").json()["fields"]

    yield fields
    proxy.end()


def started(start):
    @pytest.fixture(scope="module")
    def product(pki, tmp_path_factory, upstream):
        product = start(pki, tmp_path_factory.mktemp("product"), upstream.address)
        yield product.fields
        product.end()

    return product


nginx, haproxy, envoy = (started(start) for start in (products.start_nginx, products.start_haproxy, products.start_envoy))


@pytest.fixture(scope="module")
def named(pki):
    """Makes a client whose subject has a text twice."""
    maker, made = Maker(pki), {}

    def make(text):
        if text not in made:
            made[text] = maker((NameOID.COUNTRY_NAME, "NZ"), (NameOID.ORGANIZATION_NAME, text), (NameOID.COMMON_NAME, text))
        return made[text]

    return make


def told(fields, dialect):
    """By name: none stands there twice, and an empty one is as good as none."""
    found = [(name.lower(), text) for name, text in fields if name.lower() in {name.lower() for name in NAMES[dialect]}]
    assert len(dict(found)) == len(found), found
    return {name: text for name, text in found if text}


def pairs(fields):
    """Of the one element of an X-Forwarded-Client-Cert, in an order of their own: nobody's documentation gives one."""
    [text] = told(fields, "xfcc").values()
    [element] = split_outside_quotes(text, ",")
    return sorted(split_outside_quotes(element, ";"))


def subject(pairs):
    [value] = [pair.removeprefix('Subject="').removesuffix('"') for pair in pairs if pair.startswith("Subject=")]
    return rfc2253(value)


@EVERY_NAME
def test_what_nginx_says_is_what_we_say(ours, nginx, named, text):
    """(CC-19)"""
    client = named(text)
    our, their = told(ours(client), "nginx"), told(nginx(client), "nginx")
    if text.endswith(" "):
        # nginx sends a name's last octets `\\ ` as they are, and its reader, which trims them, has half of an escape: not ours.
        assert our.pop("ssl-client-subject-dn", "").endswith(r"\20,C=NZ") or our
        their.pop("ssl-client-subject-dn", None)
    assert our == their and len(our) >= 5


@EVERY_NAME
def test_what_haproxy_says_is_what_we_say_or_leave_out(ours, haproxy, named, text):
    """(CC-19) It escapes nothing: what could be read as something else is what we leave out, and the certificate is told all the same."""
    client = named(text)
    our = told(ours(client), "haproxy")
    if text in UNESCAPED["haproxy"]:
        assert our.keys().isdisjoint({"x-ssl-client-dn", "x-ssl-client-cn"}) and "x-ssl-client-cert" in our
    else:
        their = told(haproxy(client), "haproxy")
        if text.startswith(" "):
            # A field does not keep white space at its ends: what HAProxy sends is read as another name.
            assert their.pop("x-ssl-client-cn") == text.strip()
        assert our == their and len(our) >= 9


@EVERY_NAME
def test_what_envoy_says_is_what_we_say(ours, envoy, named, text):
    """(CC-19) Its quotes know no escape that all of its readers share, so that ours spell quotes and backslashes in hexadecimal."""
    client = named(text)
    our, their = pairs(ours(client)), pairs(envoy(client))
    if '"' in text or "\\" in text:
        assert subject(our) == [("C", "NZ"), ("O", text), ("CN", text)]
        our, their = ([pair for pair in each if not pair.startswith("Subject=")] for each in (our, their))
    assert our == their and len(our) >= 4


@pytest.mark.parametrize("dialect", ["nginx", "haproxy", "xfcc"])
def test_the_lab_s_own_clients_are_told_octet_for_octet(request, ours, dialect):
    """(CC-19)"""
    theirs = request.getfixturevalue({"xfcc": "envoy"}.get(dialect, dialect))
    for client in ["client-a", "client-b", "client-a-renewed"]:
        if dialect == "xfcc":
            assert pairs(ours(client)) == pairs(theirs(client))
        else:
            assert told(ours(client), dialect) == told(theirs(client), dialect)


def test_alternative_names_are_told_as_envoy_tells_them(ours, envoy, pki):
    maker = Maker(pki)
    kinds = [
        [x509.DNSName("a.example"), x509.DNSName("*.b.example")],
        [x509.UniformResourceIdentifier("spiffe://example.org/a"), x509.DNSName("a.example")],
        [x509.UniformResourceIdentifier("spiffe://example.org/a"), x509.UniformResourceIdentifier("https://b.example/?c")],
        [x509.RFC822Name("a@b.example"), x509.OtherName(x509.ObjectIdentifier("2.16.76.1.3.3"), b"\x0c\x0212")],
        [x509.DNSName(f"host-{number}.example.com") for number in range(40)],
    ]
    for sans in kinds:
        client = maker((NameOID.COMMON_NAME, "named"), sans=sans)
        assert pairs(ours(client)) == pairs(envoy(client)), sans


def test_who_shows_no_certificate_is_told_as_nginx_tells_it(start_proxy, nginx):
    proxy = start_proxy({"forward": {"certificate": "nginx"}, "routes": [{"path": "/certificate/*", "require": "nothing"}]})
    with proxy.connect(None) as connection:
        fields = connection.request(target="/certificate/x").json()["fields"]
    assert told(fields, "nginx") == told(nginx(None), "nginx") == {"ssl-client-verify": "NONE"}


@pytest.fixture(scope="module")
def tomcat(pki, tmp_path_factory, settings):
    """A proxy whose upstream is a Tomcat that believes it, one valve a dialect."""
    folder = tmp_path_factory.mktemp("tomcat")
    server = products.TomcatServer(folder, {"/nginx": "ssl-client-cert", "/aws": "X-Amzn-Mtls-Clientcert-Leaf"})
    changes = {
        "forward": {"certificate": ["nginx", "aws"]}, "upstream": {"url": server.url},
        "routes": [{"path": path, "require": "certificate"} for path in ("/nginx/*", "/aws/*")],
    }  # fmt: skip
    proxy = Proxy(pki, folder, settings, changes).wait_ready()

    def ask(client, path, headers=()):
        with proxy.connect(client) as connection:
            answer = connection.request(target=path, headers=headers)
            assert answer.status == 200, answer
            scheme, address, *certificates = answer.body.decode().splitlines()
            return scheme, address, [base64.b64decode(text, validate=True) for text in certificates]

    yield ask
    proxy.end()
    server.end()


@pytest.mark.parametrize("path", ["/nginx/x", "/aws/x"])
def test_tomcat_s_valve_hands_the_servlet_the_client_s_certificate(tomcat, named, pki, path):
    for client in ["client-a", *map(named, ["é", 'a"b', "x\r\nX-Admin: 1"])]:
        assert tomcat(client, path)[2] == [pki.der(client)]


@pytest.mark.parametrize("path", ["/nginx/x", "/aws/x"])
def test_tomcat_s_valves_believe_us_and_no_client(tomcat, named, pki, path):
    """Forged by what would be read if it came through: a certificate of somebody else, an address and a scheme."""
    other = "-----BEGIN%20CERTIFICATE-----%0A" + base64.b64encode(pki.der("client-b")).decode() + "%0A-----END%20CERTIFICATE-----"
    names = ["ssl-client-cert", "ssl_client_cert", "ssl_client_escaped_cert", "X-Amzn-Mtls-Clientcert-Leaf"]
    forged = [*[(name, other) for name in names], ("X-Forwarded-For", "192.0.2.66"), ("X-Forwarded-Proto", "http")]
    scheme, address, certificates = tomcat("client-a", path, forged)
    assert certificates == [pki.der("client-a")] and scheme == "https" and address == "127.0.0.1"


def test_structured_fields_are_read_by_another_s_parser(ours, named, pki):
    """(CC-03, CC-05) RFC 8941, by the package of one of its authors."""
    for client in ["client-a", named("é")]:
        fields = dict(ours(client))
        assert http_sf.parse(fields["Client-Cert"].encode(), tltype="item") == (pki.der(client), {})
        assert http_sf.parse(fields["Client-Cert-Chain"].encode(), tltype="list") == [(pki.der("intermediate"), {})]
