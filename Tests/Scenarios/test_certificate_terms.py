"""What a certificate says of its holder: asked for by routes, told to the API, and nothing else taken for it."""
import json
import ssl

import pytest
from cryptography import x509

from harness.certificates import ORGANIZATION_IDENTIFIER, UPN, Maker, common_name, der, psd2_type, qc_statements, statements, text
from harness.processes import HOLDFAST, eventually, run
from harness.proxy import Proxy, yaml

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
ROUTES = [
    {"path": f"/{name}", "require": "certificate", "certificate": terms}
    for name, terms in {
        "ai": {"roles": ["PSP_AI"]}, "ai-and-pi": {"roles": ["PSP_AI", "PSP_PI"]}, "british": {"organization": "PSDGB-*"},
        "cn": {"subject": {"CN": "a"}}, "dns": {"dns": ["*.acme.example", "b.example"]}, "uri": {"uri": "https://acme.example/*"},
        "upn": {"other_name": {UPN.dotted_string: "u@acme.example"}}, "spiffe": {"spiffe_id": "spiffe://acme.example/billing/*"},
        "several": {"roles": "PSP_AI", "organization": "PSDGB-*"},
    }.items()
] + [
    {"path": "/token", "certificate": {"roles": "PSP_AI"}},
    {"path": "/report", "require": "certificate", "certificate": {"roles": "PSP_AI"}, "report_only": True},
    {"path": "/any/*", "require": "certificate"},
]  # fmt: skip
FORWARD = {"client": {"organization": "X-Org", "roles": "X-Roles", "spiffe_id": "X-Spiffe"}}
PSD2 = [(ORGANIZATION_IDENTIFIER, "PSDGB-FCA-123456"), common_name("a")]


@pytest.fixture(scope="module")
def make(pki):
    return Maker(pki)


@pytest.fixture(scope="module")
def telling(pki, folder, settings):
    proxy = Proxy(pki, folder, settings | {"routes": ROUTES, "forward": FORWARD}, name="telling-facts").wait_ready()
    yield proxy
    proxy.end()


def dns(name):
    return x509.DNSName(name)


def uri(name):
    return x509.UniformResourceIdentifier(name)


def upn(value):
    return x509.OtherName(UPN, value)


CERTIFICATES = {
    "psd2": (PSD2, {"extensions": [qc_statements("PSP_AI", "PSP_PI")]}, {"ai", "ai-and-pi", "british", "cn", "several"}),
    "one role": (PSD2, {"extensions": [qc_statements("PSP_AI")]}, {"ai", "british", "cn", "several"}),
    "another role": (PSD2, {"extensions": [qc_statements("PSP_IC")]}, {"british", "cn"}),
    "another register": ([(ORGANIZATION_IDENTIFIER, "PSDDE-BAFIN-1")], {"extensions": [qc_statements("PSP_AI")]}, {"ai"}),
    "two organizations": ([PSD2[0], PSD2[0]], {}, set()),
    "malformed statement": (PSD2, {"extensions": [statements(der(0x30, psd2_type(2) + der(0x30, b"")))]}, {"british", "cn"}),
    "nonsense": (PSD2, {"extensions": [statements(b"\xff\xff\xff")]}, {"british", "cn"}),
    "nul": ([common_name("a\0.evil")], {}, set()),
    "nul in a host": ([common_name("x")], {"sans": [dns("b.example\0.evil")]}, set()),
    "host": ([common_name("x")], {"sans": [dns("A.acme.example")]}, {"dns"}),
    "host in the subject": ([common_name("b.example")], {}, set()),
    "two labels": ([common_name("x")], {"sans": [dns("a.b.acme.example")]}, set()),
    "host as a uri": ([common_name("x")], {"sans": [uri("b.example")]}, set()),
    "uri": ([common_name("x")], {"sans": [uri("https://acme.example/x")]}, {"uri"}),
    "uri of another host": ([common_name("x")], {"sans": [uri("https://acme.example.evil/x")]}, set()),
    "upn": ([common_name("x")], {"sans": [upn(text("u@acme.example"))]}, {"upn"}),
    "upn with a nul": ([common_name("x")], {"sans": [upn(text("u@acme.example\0"))]}, set()),
    "upn as octets": ([common_name("x")], {"sans": [upn(der(0x04, b"u@acme.example"))]}, set()),
    "spiffe": ([common_name("x")], {"sans": [uri("spiffe://acme.example/billing/1")]}, {"spiffe"}),
    "spiffe and another uri": ([common_name("x")], {"sans": [uri("spiffe://acme.example/billing/1"), uri("urn:x:y")]}, set()),
    "spiffe that climbs": ([common_name("x")], {"sans": [uri("spiffe://acme.example/billing/../root")]}, set()),
}  # fmt: skip


@pytest.mark.parametrize("case", CERTIFICATES)
def test_a_route_takes_the_certificates_that_say_what_it_asks_for(telling, make, upstream, case):
    """(PKI-14)"""
    attributes, rest, expected = CERTIFICATES[case]
    client = make(*attributes, **rest)
    with telling.connect(client) as connection:
        for route in ROUTES[:9]:
            before = upstream.requests()
            answer = connection.request(target=route["path"])
            if route["path"][1:] in expected:
                assert answer.status == 200, (case, route)
            else:
                assert (answer.status, answer.reason) == (403, "cert_insufficient"), (case, route, answer)
                assert not answer.values("www-authenticate") and upstream.requests() == before


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_what_the_certificate_says_reaches_the_api_in_fields_of_its_own_also_when_resumed(telling, make, version, pki):
    client = make(*PSD2, sans=[uri("spiffe://acme.example/a")], extensions=[qc_statements("PSP_PI", "PSP_AI")])
    forged = [("X-Org", "PSDGB-FCA-1"), ("x_roles", "PSP_AS"), ("X-Spiffe", "spiffe://evil/a"), ("X-Roles-Extra", "PSP_AS")]
    context = pki.context(client, version)
    session = None
    for _ in range(2):
        with telling.connect(context=context, session=session) as connection:
            seen = connection.request(target="/any/x", headers=forged).json()["fields"]
            session = connection.sock.session
        ours = {name.lower(): value for name, value in seen if name.lower().replace("_", "-").startswith(("x-org", "x-roles", "x-spiffe"))}
        assert ours == {"x-org": "PSDGB-FCA-123456", "x-roles": "PSP_PI,PSP_AI", "x-spiffe": "spiffe://acme.example/a"}


@pytest.mark.parametrize("value", ["a\r\nX-Org: b", "a,b", 'a"b', "a\0b", "é", " a ", "%41"])
def test_no_value_breaks_its_field(telling, make, value):
    """(CC-19)"""
    from urllib.parse import unquote

    client = make((ORGANIZATION_IDENTIFIER, value))
    seen = [text for name, text in telling.ask(target="/any/x", client=client).json()["fields"] if name.lower() == "x-org"]
    assert len(seen) == 1 and unquote(seen[0]) == value and "," not in seen[0] and '"' not in seen[0]


def test_a_certificate_that_says_nothing_gets_no_field(telling):
    seen = telling.ask(target="/any/x", headers=[("X-Org", "x")]).json()["fields"]
    assert not [name for name, _ in seen if name.lower() in ("x-org", "x-roles", "x-spiffe")]


def test_a_token_is_needed_beside_the_certificate_and_does_not_stand_for_it(telling, make, forge):
    good = make(*PSD2, extensions=[qc_statements("PSP_AI")])
    other = make(*PSD2, extensions=[qc_statements("PSP_PI")])
    assert telling.ask(target="/token", client=good, token=forge.token(bind=good)).status == 200
    assert telling.ask(target="/token", client=good).reason == "credentials_missing"
    answer = telling.ask(target="/token", client=other, token=forge.token(bind=other))
    assert (answer.status, answer.reason) == (403, "cert_insufficient")


def test_the_reason_is_the_same_in_log_metric_and_explain(telling, pki, tmp_path):
    token = tmp_path / "token"
    token.write_text("x")
    before = telling.metric("holdfast_refusals_total", reason="cert_insufficient")
    assert telling.ask(target="/ai-and-pi?1").reason == "cert_insufficient"
    assert telling.metric("holdfast_refusals_total", reason="cert_insufficient") == before + 1
    thumbprint = pki.thumbprint("client-a")

    def line():
        return next((line for line in telling.log_lines() if line.get("path") == "/ai-and-pi" and line["thumbprint"] == thumbprint), None)

    line = eventually(line, "its line")
    assert (line["outcome"], line["reason"]) == ("refused", "cert_insufficient")
    explained = run(HOLDFAST, "explain", "--config", telling.file, "--certificate", pki.path("client-a.pem"), "--token", token, "--path", "/ai-and-pi")
    assert "refused: cert_insufficient" in explained.stdout and "its certificate says what this route asks for" in explained.stdout
    assert "PSP_AI and PSP_PI" in explained.stdout and "roles: none" in explained.stdout


def test_report_only_forwards_and_says_so(telling):
    answer = telling.ask(target="/report")
    assert answer.status == 200 and dict(answer.json()["fields"])["X-Holdfast-Would-Refuse"] == "cert_insufficient"


def test_a_reload_changes_what_a_route_asks_of_a_live_connection(start_proxy, make, settings):
    routes = [{"path": "/x", "require": "certificate"}]
    proxy = start_proxy({"routes": routes})
    good, other = make(*PSD2, extensions=[qc_statements("PSP_AI")]), make(common_name("b"))
    with proxy.connect(good) as connection, proxy.connect(other) as neighbour:
        assert connection.request(target="/x").status == 200 and neighbour.request(target="/x").status == 200
        changed = proxy.configuration | {"routes": [routes[0] | {"certificate": {"roles": ["PSP_AI"]}}]}
        proxy.file.write_text(yaml(changed))
        eventually(lambda: proxy.metric("holdfast_generation") == 2, "it is in force")
        assert connection.request(target="/x").status == 200
        assert neighbour.request(target="/x").reason == "cert_insufficient"


def test_check_tells_mistakes_and_what_is_asked_for(telling, tmp_path, settings):
    said = run(HOLDFAST, "check", "--config", telling.file).stdout
    assert "with the roles PSP_AI and PSP_PI only: no token is looked at" in said
    changed = telling.configuration | {"client_certificates": {"trust": "any"}}
    file = tmp_path / "wrong.yaml"
    file.write_text(json.dumps(changed))
    checked = run(HOLDFAST, "check", "--config", file)
    assert checked.returncode == 64 and "nobody vouches" in checked.stderr
