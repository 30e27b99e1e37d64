"""`trust: spiffe`: the authorities of a trust domain out of its bundle, and the workloads of it and nobody else."""
import base64
import json

import pytest
from cryptography import x509

from harness.certificates import Maker, common_name
from harness.processes import HOLDFAST, eventually, run
from harness.proxy import Proxy, yaml

REFUSED_AT_HANDSHAKE = (OSError, EOFError)
ID = "spiffe://example.org/billing"
ROUTES = [
    {"path": "/billing", "require": "certificate", "certificate": {"spiffe_id": ID}}, {"path": "/any", "require": "certificate"},
    {"path": "/token"},
]  # fmt: skip


def jwk(pki, name, use="x509-svid"):
    return {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "use": use, "x5c": [base64.b64encode(pki.der(name)).decode()]}


def bundle(*keys):
    return json.dumps({"spiffe_sequence": 12, "spiffe_refresh_hint": 300, "keys": [*keys]})


@pytest.fixture(scope="module")
def changes(pki, folder):
    file = folder / "bundle.json"
    file.write_text(bundle(jwk(pki, "ca"), {"kty": "EC", "use": "jwt-svid", "kid": "x", "crv": "P-256", "x": "AA", "y": "AA"}))
    return {
        "client_certificates": {"trust": "spiffe", "authorities": None, "bundle": str(file), "trust_domain": "example.org"},
        "routes": ROUTES, "forward": {"client": {"spiffe_id": "X-Spiffe-Id"}},
    }  # fmt: skip


@pytest.fixture(scope="module")
def domain(pki, folder, settings, changes):
    proxy = Proxy(pki, folder, settings, changes, "spiffe").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture(scope="module")
def workload(pki):
    maker = Maker(pki)
    return lambda *uris, **options: maker(
        common_name("workload"), sans=[x509.UniformResourceIdentifier(uri) for uri in uris], **options)


def usage(**bits):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign")
    return x509.KeyUsage(**({name: False for name in names} | bits), encipher_only=False, decipher_only=False)


def test_a_workload_is_known_by_its_id(domain, workload, forge):
    client = workload(ID, key_usage=usage(digital_signature=True))
    for target in ("/billing", "/any"):
        seen = dict(domain.ask(target=target, client=client, headers=[("X-Spiffe-Id", "spiffe://example.org/root")]).json()["fields"])
        assert seen["X-Spiffe-Id"] == ID
    assert domain.ask(target="/token", client=client, token=forge.token(bind=client)).status == 200
    other = workload("spiffe://example.org/billing2")
    assert domain.ask(target="/any", client=other).status == 200
    assert domain.ask(target="/billing", client=other).reason == "cert_insufficient"


RULES = {
    "no uri": ((), {}, "exactly one URI"),
    "two uris": ((ID, "https://a/"), {}, "exactly one URI"),
    "another scheme": (("https://example.org/billing",), {}, "is not a SPIFFE id"),
    "an id that climbs": (("spiffe://example.org/../billing",), {}, "is not a SPIFFE id"),
    "another trust domain": (("spiffe://example.com/billing",), {}, "of another trust domain"),
    "no path": (("spiffe://example.org",), {}, "has no path"),
    "an authority": ((ID,), {"ca": True, "key_usage": usage(digital_signature=True)}, "is an authority's"),
    "who may sign certificates": ((ID,), {"key_usage": usage(digital_signature=True, key_cert_sign=True)}, "has keyCertSign or cRLSign"),
    "who may sign lists": ((ID,), {"key_usage": usage(digital_signature=True, crl_sign=True)}, "has keyCertSign or cRLSign"),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_that_is_broken_ends_the_handshake_with_its_own_words(domain, pki, workload, upstream, rule, tmp_path):
    uris, options, words = RULES[rule]
    client = workload(*uris, **options)
    (before, refused), thumbprint = (upstream.requests(), domain.metric("holdfast_handshake_failures_total", reason="svid_invalid")), pki.thumbprint(client)
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        domain.ask(target="/any", client=client)
    assert upstream.requests() == before
    assert domain.metric("holdfast_handshake_failures_total", reason="svid_invalid") == refused + 1
    eventually(lambda: any(thumbprint in str(line) and words in str(line) for line in domain.process.messages()), "its line in the log")
    token = tmp_path / "token"
    token.write_text("x")
    explained = run(HOLDFAST, "explain", "--config", domain.file, "--certificate", pki.path(f"{client}.pem"), "--token", token)
    assert "refused: svid_invalid" in explained.stdout and words in explained.stdout


def test_a_stranger_is_refused_whatever_its_id(domain, pki):
    stranger = Maker(pki, "stranger-ca")(common_name("x"), sans=[x509.UniformResourceIdentifier(ID)])
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        domain.ask(target="/any", client=stranger)
    assert domain.metric("holdfast_handshake_failures_total", reason="cert_untrusted") >= 1


def test_a_bundle_that_changes_is_in_force_at_the_next_request(start_proxy, pki, changes, workload, tmp_path):
    file = tmp_path / "bundle.json"
    file.write_text(bundle(jwk(pki, "ca")))
    proxy = start_proxy(changes | {"client_certificates": changes["client_certificates"] | {"bundle": str(file)}})
    other = Maker(pki, "stranger-ca")(common_name("x"), sans=[x509.UniformResourceIdentifier(ID)])
    with proxy.connect(workload(ID)) as connection:
        assert connection.request(target="/any").status == 200
        # As at a rollover, first both, then the new one alone.
        for keys, number in (("ca", "stranger-ca"), 2), (("stranger-ca",), 3):
            file.write_text(bundle(*[jwk(pki, key) for key in keys]))
            eventually(lambda: proxy.metric("holdfast_generation") == number, "it is in force")
            assert proxy.ask(target="/any", client=other).status == 200
            answer = connection.request(target="/any")
            assert answer.status == 200 if number == 2 else answer.reason == "cert_untrusted"
        file.write_text("{}")
        eventually(lambda: proxy.metric("holdfast_reload_refused") == 1, "it is refused")
        assert proxy.ask(target="/any", client=other).status == 200


@pytest.mark.parametrize(
    ("content", "words"),
    [("x", "is no SPIFFE bundle"), ("{}", "is no SPIFFE bundle"), ('{"keys": []}', "has no key with `use: x509-svid`"),
     ('{"keys": [], "keys": []}', "is no SPIFFE bundle"), ('{"keys": [{"use": "x509-svid"}]}', "whose `x5c` is not a list of exactly one"),
     ('{"keys": [{"use": "x509-svid", "x5c": ["AQID"]}]}', "certificate 1 in it cannot be read"), (None, "is not an authority's")],
)  # fmt: skip
def test_check_tells_what_is_wrong_with_a_bundle(domain, pki, tmp_path, content, words):
    (tmp_path / "bundle.json").write_text(content or bundle(jwk(pki, "client-a")))
    certificates = domain.configuration["client_certificates"] | {"bundle": str(tmp_path / "bundle.json")}
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml(domain.configuration | {"client_certificates": certificates}))
    checked = run(HOLDFAST, "check", "--config", file)
    assert checked.returncode == 64 and words in checked.stderr and "client_certificates.bundle" in checked.stderr, checked


def test_a_pem_file_is_no_bundle(domain, pki, tmp_path):
    certificates = domain.configuration["client_certificates"] | {"bundle": pki.path("ca.pem")}
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml(domain.configuration | {"client_certificates": certificates}))
    assert "is no SPIFFE bundle" in run(HOLDFAST, "check", "--config", file).stderr
