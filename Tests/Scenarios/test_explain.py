"""`holdfast explain`: why a token and a certificate pass or do not, rule by rule, without a proxy that runs."""
import base64
import json
import shutil
import time

import pytest

from harness.forge import ALGORITHMS, AUDIENCE, ISSUER, LIFETIME, Key
from harness.processes import HOLDFAST, free_port, run

ROUTES = [
    {"path": "/payments/*", "methods": ["POST"], "scopes": ["payments:write"]}, {"path": "/second", "issuers": ["https://second.example.com"]},
    {"path": "/strong", "acr": ["urn:strong"]}, {"path": "/recent", "max_auth_age": "15m"}, {"path": "/blue", "claims": {"tenant": "blue"}},
    {"path": "/certificate/*", "require": "certificate"},
]  # fmt: skip


@pytest.fixture(scope="module")
def write(pki, forge, folder):
    """A configuration file; its issuers' keys are in a file unless `issuers` says otherwise."""
    keys = {"audience": AUDIENCE, "keys": str(folder / "forge.json"), "algorithms": ALGORITHMS}

    def write(path, issuers=None, **changes):
        configuration = {
            "listener": {"address": f"127.0.0.1:{free_port()}", "certificate": pki.path("server.pem"), "private_key": pki.path("server.key")},
            "client_certificates": {"trust": "authorities", "authorities": pki.path("clients-ca.pem")},
            "tokens": issuers or [{"issuer": ISSUER, **keys}, {"issuer": "https://second.example.com", **keys}],
            "upstream": {"url": f"http://127.0.0.1:{free_port()}"},
            "routes": ROUTES if issuers is None else ROUTES[-1:],
        }
        path.write_text(json.dumps(configuration | changes))
        return path

    return write


@pytest.fixture(scope="module")
def file(write, folder):
    return write(folder / "explain.yaml")


class Told:
    """What it printed, and how it ended."""

    def __init__(self, ended, token):
        self.code, self.out, self.err = ended.returncode, ended.stdout, ended.stderr
        for part in token.split("."):
            assert len(part) < 20 or part not in self.out + self.err, "the token is printed"

    def having(self, word):
        return [line for line in self.out.splitlines() if word in line.lower()]

    @property
    def passed(self):
        return self.code == 0 and self.having("passed") and not self.having("failed") and not self.having("not reached")

    def failed(self, *words):
        """With one failure, of which these words are told."""
        assert self.code == 1 and len(self.having("failed")) == 1, (self.code, self.out, self.err)
        for word in words:
            assert word in self.out, (word, self.out)
        return True


@pytest.fixture
def explain(pki, file, tmp_path):
    def explain(token, *options, certificate="client-a", config=file):
        (tmp_path / "token").write_text(token + "\n")
        pem = certificate if "/" in str(certificate) else pki.path(f"{certificate}.pem")
        return Told(run(HOLDFAST, "explain", "--config", config, "--certificate", pem, "--token", tmp_path / "token", *options), token)

    return explain


def test_a_token_that_passes_passes_every_rule(explain, forge):
    told = explain(forge.token())
    assert told.passed and len(told.having("passed")) >= 6, (told.out, told.err)


def test_a_rule_is_told_with_what_was_expected_and_found(explain, forge):
    told = explain(forge.token(aud="https://other.example.com"))
    assert told.failed("aud_mismatch")
    rule, expected, found = told.out[told.out.index("failed") :].splitlines()[:3]
    assert "failed" in rule and expected.split() == ["expected", AUDIENCE] and found.split() == ["found", "https://other.example.com"]


def test_what_comes_after_a_failure_is_not_reached(explain, forge):
    early, late = explain(forge.token(exp=1)), explain(forge.token(), "--method", "POST", "--path", "/payments/1")
    assert early.failed("token_expired") and early.having("not reached")
    assert late.failed("scope_insufficient")
    assert len(early.having("passed")) < len(late.having("passed"))


FAULTS = {
    "token_malformed": ({}, lambda forge: "a.b.c"),
    "alg_not_allowed": ({}, lambda forge: forge.token(header={"alg": "none"}, signature=b"")),
    "typ_not_accepted": ({}, lambda forge: forge.token(header={"typ": "JWT"})),
    "header_critical_unknown": ({}, lambda forge: forge.token(header={"crit": ["x"], "x": 1})),
    "kid_unknown": ({}, lambda forge: forge.token(header={"kid": "unknown"})),
    "signature_invalid": ({}, lambda forge: forge.token(signature=Key("ES256").sign)),
    "iss_unknown": ({}, lambda forge: forge.token(iss="https://unknown.example.com")),
    "claim_missing": ({}, lambda forge: forge.token(jti=None)),
    "aud_mismatch": ({}, lambda forge: forge.token(aud="https://other.example.com")),
    "token_expired": ({}, lambda forge: forge.token(exp=int(time.time()) - 10)),
    "token_not_yet_valid": ({}, lambda forge: forge.token(nbf=int(time.time()) + LIFETIME)),
    "cnf_missing": ({}, lambda forge: forge.token(bind=None)),
    "cnf_unsupported": ({}, lambda forge: forge.token(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})),
    "cnf_mismatch": ({}, lambda forge: forge.token(bind="client-b")),
    "iss_not_for_route": ({"path": "/second"}, lambda forge: forge.token()),
    "scope_insufficient": ({"path": "/payments/1", "method": "POST"}, lambda forge: forge.token()),
    "acr_insufficient": ({"path": "/strong"}, lambda forge: forge.token(acr="urn:weak")),
    "auth_too_old": ({"path": "/recent"}, lambda forge: forge.token(auth_time=int(time.time()) - 1000)),
    "claim_insufficient": ({"path": "/blue"}, lambda forge: forge.token(tenant="red")),
    "path_ambiguous": ({"path": "/a//b"}, lambda forge: forge.token()),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_each_failure_has_the_reason_that_the_proxy_gives(explain, forge, reason):
    where, token = FAULTS[reason]
    options = [word for name, value in where.items() for word in (f"--{name}", value)]
    assert explain(token(forge), *options).failed(reason)


def test_it_says_what_the_proxy_says(proxy, pki, forge, issuer, explain):
    """With the proxy's own configuration, its issuers online."""
    for token, client, target in [
        (forge.token(), "client-a", "/"), (issuer.token(), "client-a", "/"), (issuer.token(), "client-b", "/"), (issuer.mint(), "client-a", "/"),
        (forge.token(exp=1), "client-a", "/"), (issuer.mint(bind="client-a", foreign_key=True), "client-a", "/"), (forge.token(), "client-a", "/both"),
        (issuer.token(), "client-a", "/both"), (forge.token(exp=1), "client-a", "/certificate/x"), (forge.token(aud=[]), "client-a", "/"),
    ]:  # fmt: skip
        answer, told = proxy.ask(target=target, token=token, client=client), explain(token, "--path", target, certificate=client, config=proxy.file)
        if answer.status == 200:
            assert told.code == 0 and not told.having("failed"), told.out
        else:
            assert told.failed(answer.reason)


def test_both_thumbprints_are_told_where_they_differ(explain, forge, pki):
    assert explain(forge.token(), certificate="client-b").failed("cnf_mismatch", pki.thumbprint("client-a"), pki.thumbprint("client-b"))


def test_the_thumbprint_is_told_where_it_is_right(explain, forge, pki):
    assert pki.thumbprint("client-a") in explain(forge.token()).out


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_hexadecimal_for_base64url_is_named(explain, forge, pki, spelling):
    digest = base64.urlsafe_b64decode(pki.thumbprint("client-a") + "=").hex()
    told = explain(forge.token(cnf={"x5t#S256": spelling(digest)}))
    assert told.failed("cnf_malformed_hex", pki.thumbprint("client-a")) and "hexadecimal" in told.out.lower()


def test_a_renewed_certificate_is_named_where_the_old_one_lies_beside_it(explain, forge, pki):
    told = explain(forge.token(), certificate="client-a-renewed")
    assert told.failed("cnf_mismatch", "client-a.pem") and "the certificate was renewed" in told.out


def test_a_renewed_certificate_is_named_where_the_old_one_is_given(explain, forge, pki, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "archive").mkdir()
    new = shutil.copy(pki.path("client-a-renewed.pem"), tmp_path / "new" / "client.pem")
    old = shutil.copy(pki.path("client-a.pem"), tmp_path / "archive" / "last-year.pem")
    without = explain(forge.token(), certificate=new)
    assert without.failed("cnf_mismatch") and "last-year" not in without.out
    told = explain(forge.token(), "--other", old, certificate=new)
    assert told.failed("cnf_mismatch", "last-year.pem") and "the certificate was renewed" in told.out


def test_anothers_certificate_is_not_called_a_renewed_one(explain, forge, pki, tmp_path):
    for name in ["client-b", "stranger"]:
        (tmp_path / name).mkdir()
        pem = shutil.copy(pki.path(f"{name}.pem"), tmp_path / name / "client.pem")
        told = explain(forge.token(bind="client-a-renewed"), certificate=pem)
        assert told.code == 1 and "the certificate was renewed" not in told.out
    told = explain(forge.token(bind="client-a"), "--other", pki.path("client-a.pem"), certificate=str(tmp_path / "client-b" / "client.pem"))
    assert told.failed("cnf_mismatch") and "the certificate was renewed" not in told.out


@pytest.mark.parametrize(
    "client,reason", [("stranger", "cert_untrusted"), ("client-self-signed", "cert_untrusted"), ("client-expired", "cert_expired"), ("client-future", "cert_not_yet_valid"), ("client-serverauth", "cert")]
)
def test_a_certificate_that_the_listener_would_not_take_fails(explain, forge, client, reason):
    assert explain(forge.token(bind=client), certificate=client).failed(reason)


def test_with_any_certificate_trusted_its_path_is_no_rule(explain, forge, write, tmp_path):
    config = write(tmp_path / "any.yaml", client_certificates={"trust": "any"})
    assert explain(forge.token(bind="client-self-signed"), certificate="client-self-signed", config=config).passed
    assert explain(forge.token(), certificate="client-self-signed", config=config).failed("cnf_mismatch")


def test_the_route_is_that_of_the_method_and_path(explain, forge):
    wide = forge.token(scope="payments:write")
    assert explain(forge.token(), "--method", "GET", "--path", "/payments/1").passed
    assert explain(wide, "--method", "POST", "--path", "/payments/1").passed
    assert explain(forge.token(acr="urn:strong"), "--path", "/strong").passed


def test_a_route_that_asks_for_the_certificate_alone_looks_at_no_token(explain, forge):
    told = explain(forge.token(exp=1), "--path", "/certificate/x")
    assert told.code == 0 and not told.having("failed")
    assert explain(forge.token(), "--path", "/certificate/x", certificate="stranger").failed("cert_untrusted")


# Keys


def test_it_works_offline_with_a_key_file(explain, write, start_issuer, pki, tmp_path):
    """An issuer that cannot be reached, and none that could be is asked."""
    issuer = start_issuer()  # one that no proxy asks meanwhile
    keys = tmp_path / "keys.json"
    keys.write_bytes(issuer.ask(issuer.address, pki.context(None), "GET", "/jwks")[1])
    entry = {"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem")}
    config = write(tmp_path / "offline.yaml", issuers=[entry])
    token = issuer.token()
    before = issuer.visits("jwks"), issuer.visits("metadata")
    assert explain(token, "--keys", keys, config=config).passed
    assert explain(token, "--keys", keys, certificate="client-b", config=config).failed("cnf_mismatch")
    assert explain(issuer.mint(bind="client-a", foreign_key=True), "--keys", keys, config=config).failed("signature_invalid")
    assert (issuer.visits("jwks"), issuer.visits("metadata")) == before
    assert explain(token, config=config).passed
    assert (issuer.visits("jwks"), issuer.visits("metadata")) == (before[0] + 1, before[1] + 1)


def test_keys_that_cannot_be_had_fail(explain, write, forge, pki, tmp_path):
    entry = {"issuer": ISSUER, "audience": AUDIENCE, "keys": f"http://127.0.0.1:{free_port()}/jwks"}
    assert explain(forge.token(), config=write(tmp_path / "gone.yaml", issuers=[entry])).failed("keys_unavailable")


def test_an_opaque_token_is_looked_up(explain, write, start_issuer, pki, tmp_path):
    """As the proxy would do it, and only where the answer could make a difference."""
    issuer = start_issuer()
    entry = {"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem"), "introspection": issuer.introspection()}
    config = write(tmp_path / "opaque.yaml", issuers=[entry])
    bound, gone = issuer.opaque(bind="client-a"), issuer.opaque(bind="client-a")
    issuer.revoke(gone)
    assert explain(bound, config=config).passed
    assert explain(bound, certificate="client-b", config=config).failed("cnf_mismatch", pki.thumbprint("client-a"), pki.thumbprint("client-b"))
    assert explain(gone, config=config).failed("token_inactive")
    assert explain("nobodys-token", config=config).failed("token_inactive")
    before = issuer.visits("introspect")
    assert explain(bound, certificate="stranger", config=config).failed("cert_untrusted")
    assert explain(bound, "--path", "/certificate/x", config=config).code == 0
    assert issuer.visits("introspect") == before


def test_an_issuer_that_cannot_be_asked_fails(explain, write, issuer, pki, tmp_path):
    entry = {
        "issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem"),
        "introspection": issuer.introspection(endpoint=f"https://127.0.0.1:{free_port()}/introspect"),
    }  # fmt: skip
    assert explain(issuer.opaque(bind="client-a"), config=write(tmp_path / "gone.yaml", issuers=[entry])).failed("introspection_unavailable")


def test_a_token_in_a_file_may_have_space_around_it(pki, forge, file, tmp_path):
    for text in ["{}", "{}\n", "{}\r\n", "  {}\n\n"]:
        (tmp_path / "token").write_text(text.format(forge.token()))
        ended = run(HOLDFAST, "explain", "--config", file, "--certificate", pki.path("client-a.pem"), "--token", tmp_path / "token")
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_what_a_token_says_cannot_pass_for_a_line_of_ours(explain, forge):
    """A terminal is a field of its own."""
    evil = "x\npassed  everything\x1b[2J\r\u202e"
    for token in [forge.token(iss=evil), forge.token(aud=evil), forge.token(header={"typ": evil}), forge.token(cnf={"x5t#S256": evil}), forge.token(header={"kid": evil})]:
        told = explain(token)
        assert told.code == 1 and "\x1b" not in told.out and "\r" not in told.out and "\u202e" not in told.out
        assert not [line for line in told.out.splitlines() if line.startswith("passed  everything")]


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "auth_time"])
@pytest.mark.parametrize("number", ["1e300", "-1e300", "1e18", "9999999999999999999999", "1e400", "0.5", "true", "[]", "null"])
def test_a_time_of_any_size_is_told_without_harm(explain, forge, claim, number):
    claims = forge.octets(forge.claims(**{claim: None})).decode()[:-1] + f', "{claim}": {number}}}'
    told = explain(forge.seal(forge.header(), claims), "--path", "/recent")
    assert told.code in (0, 1) and told.having("passed"), (told.code, told.err)


# Usage


WRONG = {
    "no configuration": {"--config": None}, "no certificate": {"--certificate": None}, "no token": {"--token": None},
    "a configuration that is not there": {"--config": "missing.yaml"}, "a configuration with a mistake": {"--config": "wrong.yaml"},
    "a certificate that is not there": {"--certificate": "missing.pem"}, "a certificate that is none": {"--certificate": "token"},
    "a token that is not there": {"--token": "missing"}, "keys that are not there": {"--keys": "missing.json"}, "keys that are none": {"--keys": "wrong.yaml"},
    "another certificate that is not there": {"--other": "missing.pem"}, "another certificate that is none": {"--other": "token"},
    "a relative path": {"--path": "payments"}, "a query": {"--path": "/x?y=z"}, "a method that is none": {"--method": "G ET"}, "an unknown option": {"--fly": "x"},
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_is_64(pki, forge, file, tmp_path, name):
    (tmp_path / "token").write_text(forge.token())
    (tmp_path / "wrong.yaml").write_text("listener: []\n")
    options = {"--config": file, "--certificate": pki.path("client-a.pem"), "--token": "token"} | WRONG[name]
    words = [str(word) for option, value in options.items() if value is not None for word in (option, value)]
    ended = run(HOLDFAST, "explain", *words, cwd=tmp_path)
    assert ended.returncode == 64 and ended.stderr and "passed" not in ended.stdout, ended
    assert forge.token().split(".")[0] not in ended.stderr


def test_help_is_there():
    shown = run(HOLDFAST, "explain", "--help")
    assert shown.returncode == 0 and all(word in shown.stdout for word in ["OVERVIEW:", "--certificate", "--token", "--keys", "--path", "--method"])
