"""`holdfast probe` against Holdfast, where it finds nothing, and against other proxies, each configured as people do it, where it does."""
import json

import pytest

from harness.processes import HOLDFAST, run


@pytest.fixture(scope="module")
def tokens(forge, tmp_path_factory):
    """A file for each token, by the name of the option that takes it."""
    folder = tmp_path_factory.mktemp("tokens")
    made = {
        "token": forge.token(), "unbound-token": forge.token(bind=None), "expired-token": forge.token(exp=1_000_000_000),
        "wrong-audience-token": forge.token(aud="https://other.example.com"), "endless-token": forge.token(exp=None),
    }  # fmt: skip
    for name, token in made.items():
        (folder / name).write_text(token + "\n")
    return {name: folder / name for name in made}


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
