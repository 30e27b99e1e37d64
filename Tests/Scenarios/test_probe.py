"""`holdfast probe` against Holdfast, where it finds nothing, and against other proxies, each configured as people do it, where it does."""
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import fronts
from harness.processes import HOLDFAST, run

UNDERSCORES = {"field_underscore", "field_underscore_lower", "field_underscore_one"}


def make_tokens(forge, folder, **claims):
    """A file for each token, by the name of the option that takes it."""
    def token(**changes):
        return forge.token("RS256", **{**claims, **changes})

    made = {
        "token": token(), "unbound-token": token(bind=None), "expired-token": token(exp=1_000_000_000),
        "wrong-audience-token": token(aud="https://other.example.com"), "endless-token": token(exp=None),
    }  # fmt: skip
    for name, token in made.items():
        (folder / name).write_text(token + "\n")
    return {name: folder / name for name in made}


@pytest.fixture(scope="module")
def tokens(forge, tmp_path_factory):
    return make_tokens(forge, tmp_path_factory.mktemp("tokens"))


def probe(pki, tokens, port, *options, other=True, name="localhost"):
    words = [word for option, path in tokens.items() for word in (f"--{option}", path)]
    if other:
        words += ["--other-certificate", pki.path("client-b.pem"), "--other-key", pki.path("client-b.key")]
    return run(
        HOLDFAST, "probe", "--target", f"{name}:{port}", "--certificate", pki.path("client-a.pem"), "--key", pki.path("client-a.key"),
        "--ca", pki.path("ca.pem"), *words, *options,
    )  # fmt: skip


def report(probed, code):
    assert probed.returncode == code, probed.stdout + probed.stderr
    return json.loads(probed.stdout)


def findings(report):
    return {case["id"] for case in report["cases"] if case["verdict"] == "finding"}


def test_probe_finds_nothing_on_holdfast(pki, tokens, proxy):
    found = report(probe(pki, tokens, proxy.address[1], "--echo", "--protected-path", "/both", "--json"), 0)
    assert findings(found) == set() and found["unclear"] == 0 and found["tried"] > 100, found
    # It is no refusal of everything: what may pass passes.
    assert found["passed"] > 30


def test_probe_finds_nothing_on_holdfast_over_http2_either(pki, tokens, proxy):
    found = report(probe(pki, tokens, proxy.address[1], "--echo", "--protected-path", "/both", "--http2", "--json"), 0)
    assert findings(found) == set() and found["unclear"] == 0 and found["tried"] > 80, found
    assert found["passed"] > 20


def test_probe_says_so_where_the_good_request_does_not_pass(pki, tokens, proxy):
    probed = probe(pki, {**tokens, "token": tokens["expired-token"]}, proxy.address[1])
    assert probed.returncode == 2 and "answered 401" in probed.stderr and probed.stdout == ""


def test_probe_does_not_trust_a_server_of_another_authority(pki, tokens, proxy):
    probed = probe(pki, tokens, proxy.address[1], "--ca", pki.path("stranger-ca.pem"))
    assert probed.returncode == 2 and "server's certificate" in probed.stderr


@pytest.mark.parametrize(
    "options", [("--target", "localhost"), ("--path", "x"), ("--patience", "0"), ("--other-key", "/dev/null")], ids=lambda words: words[0])
def test_probe_refuses_bad_usage(pki, tokens, options):
    assert probe(pki, tokens, 1, *options, other=False).returncode == 64


def test_probe_never_prints_a_token(pki, tokens, proxy):
    probed = probe(pki, tokens, proxy.address[1], "--echo")
    assert probed.returncode == 0
    assert not any(path.read_text().split(".")[1] in probed.stdout + probed.stderr for path in tokens.values())


def test_probe_takes_what_the_lab_made(pki, tmp_path, start_issuer, start_proxy):
    issuer = start_issuer("--tokens")
    start = {"tokens": [{"issuer": issuer.url, "audience": "https://api.example.com", "certificate_authorities": pki.path("ca.pem")}]}
    port = start_proxy(start).address[1]
    probed = run(HOLDFAST, "probe", "--target", f"localhost:{port}", "--lab", pki.folder, "--echo", "--json")
    found = report(probed, 0)
    assert {"token_unbound", "token_expired", "token_audience", "token_endless"} <= {case["id"] for case in found["cases"]}


@pytest.fixture(scope="module")
def found(pki, forge, upstream, tmp_path_factory):
    """What is found on each of the others, all of them at once; None for one that this platform has not."""

    def ask(name):
        folder = tmp_path_factory.mktemp(name)
        fronts.write_fixtures(folder, pki, forge)
        start, claims = fronts.FRONTS[name]
        try:
            front = start(folder, pki, forge, upstream.address)
        except pytest.skip.Exception:
            return None
        try:
            probed = probe(pki, make_tokens(forge, folder, **claims), front.address[1], "--echo", "--json")
            assert probed.returncode == 1, probed.stdout + probed.stderr
            return findings(json.loads(probed.stdout))
        finally:
            front.end()

    with ThreadPoolExecutor() as pool:
        made = dict(zip(fronts.FRONTS, pool.map(ask, fronts.FRONTS)))

    def of(name):
        if made[name] is None:
            pytest.skip(f"no {name} here")
        return made[name]

    return of


# What each takes that it must not, and what it rightly refuses.
EXPECTED = {
    # As the bench has it, it checks certificates and no tokens.
    "nginx": ({"token_absent", "certificate_other", "fields_envoy", "fields_haproxy", "fields_user", "version_09"},
              UNDERSCORES | {"certificate_absent", "certificate_copied", "field_plain", "framing_both"}),
    "nginx-underscores": (UNDERSCORES | {"framing_underscore", "fields_apache"}, {"certificate_absent", "field_plain", "field_dot"}),
    "haproxy": (UNDERSCORES | {"token_endless", "field_dot", "field_trailer", "authorization_twice", "fields_rfc9440", "fields_user"},
                {"certificate_absent", "certificate_other", "token_expired", "token_audience", "algorithm_none", "field_plain", "session_other_tls13"}),
    "envoy": (UNDERSCORES | {"token_endless", "token_in_query", "fields_nginx", "fields_user"},
              {"certificate_absent", "certificate_other", "token_unbound", "token_expired", "token_audience", "signature_altered", "field_plain"}),
    "traefik": ({"certificate_absent", "certificate_absent_tls13", "certificate_copied", "token_absent", "fields_user"}, {"fields_traefik"}),
    "traefik-host": ({"token_absent", "certificate_other"}, {"certificate_absent", "certificate_absent_tls13", "certificate_copied"}),
    "caddy": ({"token_absent", "certificate_other", "framing_both"}, UNDERSCORES | {"certificate_absent", "certificate_copied", "field_plain"}),
    "apache": (UNDERSCORES | {"token_endless", "token_audience", "fields_user"},
               {"certificate_absent", "certificate_other", "token_unbound", "token_expired", "signature_altered", "algorithm_none", "field_plain"}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_probe_finds_what_another_proxy_takes(found, name):
    taken, refused = EXPECTED[name]
    assert taken <= found(name), taken - found(name)
    assert not refused & found(name)
