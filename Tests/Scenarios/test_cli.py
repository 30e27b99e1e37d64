"""The program: check, run, thumbprint, and a configuration file whose every mistake is told at once."""
import json
import re

import pytest

from harness.processes import HOLDFAST, LAB, free_port, run

APPENDIX_A = (
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsG\n"
    "A1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA\n"
    "4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA\n"
    "5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=\n"
    "-----END CERTIFICATE-----\n"
)


@pytest.fixture
def configuration(pki, forge, tmp_path):
    """A valid file, and what is left of it after replacements."""
    valid = f"""\
listener:
  address: 127.0.0.1:{free_port()}
  certificate: {pki.path("server.pem")}
  private_key: {pki.path("server.key")}
client_certificates:
  trust: authorities
  authorities: {pki.path("clients-ca.pem")}
tokens:
  - issuer: https://as.example.com
    audience: https://api.example.com
    keys: keys.json
upstream:
  url: http://127.0.0.1:{free_port()}
"""
    forge.write_keys(tmp_path / "keys.json")
    file = tmp_path / "holdfast.yaml"

    def write(*replacements):
        text = valid
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        file.write_text(text)
        return file

    return write


def check(file):
    return run(HOLDFAST, "check", "--config", file)


def mistakes(file):
    """The lines of standard error; the same for `check` and for `run`."""
    checked, started = check(file), run(HOLDFAST, "run", "--config", file)
    assert checked.returncode == started.returncode == 64
    assert checked.stderr == started.stderr and not started.stdout
    return checked.stderr.splitlines()


def test_a_good_file_is_explained_in_plain_words(configuration):
    checked = check(configuration())
    assert checked.returncode == 0 and not checked.stderr
    for words in ["https://as.example.com", "https://api.example.com", "ES256", "X-Client-Cert-SHA256"]:
        assert words in checked.stdout


def test_each_weaker_mode_is_named(configuration, pki):
    strict = check(configuration()).stdout
    weak = check(
        configuration(
            ("trust: authorities", "trust: any"), (f"  authorities: {pki.path('clients-ca.pem')}\n", ""),
            ("    keys: keys.json\n", "    keys: keys.json\n    type: any\n    leeway: 60s\n    algorithms: [RS256]\n"),
            ("upstream:\n", "routes:\n  - path: /open/*\n    require: certificate\nupstream:\n"),
        )
    )
    assert weak.returncode == 0
    for words in ["/open/*", "whatever client certificate", "1m longer", "other JWTs"]:
        assert words in weak.stdout
    assert "/open" not in strict


def test_all_mistakes_are_told_at_once_with_line_and_column(configuration, pki):
    file = configuration(
        ("address: 127.0.0.1", "adress: 127.0.0.1"), ("trust: authorities", "trust: everybody"),
        ("    audience: https://api.example.com\n", ""), ("url: http://127.0.0.1", "url: ftp://127.0.0.1"),
    )
    lines = mistakes(file)
    told = "\n".join(lines)
    assert len([line for line in lines if re.search(r"holdfast\.yaml:\d+:\d+", line)]) >= 4
    for words in ["adress", "`address`", "everybody", "audience", "ftp"]:
        assert words in told
    assert "holdfast.yaml:2:3" in told


WRONG = {
    "no listener section": ("listener:", "listner:"),
    "an unknown key": ("  trust:", "  optional: true\n  trust:"),
    "a key twice": ("  trust: authorities", "  trust: authorities\n  trust: authorities"),
    "a wrong type": ("audience: https://api.example.com", "audience: {a: b}"),
    "no issuer": ("  - issuer: https://as.example.com\n    audience: https://api.example.com\n    keys: keys.json\n", "  []\n"),
    "a discovered issuer without TLS": (
        "issuer: https://as.example.com\n    audience: https://api.example.com\n    keys: keys.json",
        "issuer: http://as.example.com\n    audience: https://api.example.com"),
    "keys fetched without TLS": ("keys: keys.json", "keys: http://as.example.com/jwks"),
    "an empty audience": ("audience: https://api.example.com", "audience: []"),
    "no algorithm": ("keys: keys.json", "keys: keys.json\n    algorithms: []"),
    "the algorithm none": ("keys: keys.json", "keys: keys.json\n    algorithms: [none]"),
    "a shared secret": ("keys: keys.json", "keys: keys.json\n    algorithms: [HS256]"),
    "a missing key file": ("keys: keys.json", "keys: missing.json"),
    "too much leeway": ("keys: keys.json", "keys: keys.json\n    leeway: 10m"),
    "keys that are never confirmed": ("keys: keys.json", "stale_keys: 0s"),
    "keys that are looked at all the time": ("keys: keys.json", "refresh_keys: 0s"),
    "a look for each bad token": ("keys: keys.json", "cooldown: 0s"),
    "no time for a handshake": ("listener:\n", "listener:\n  handshake_timeout: 0s\n"),
    "no room for a head": ("listener:\n", "listener:\n  max_head: 0B\n"),
    "more event loops than any machine has cores": ("listener:\n", "threads: 100000\nlistener:\n"),
    "no trust": ("  trust: authorities\n", ""),
    "an upstream in clear elsewhere": ("url: http://127.0.0.1", "url: http://192.0.2.1"),
    "an upstream with a path": ("upstream:\n  url: http://127.0.0.1:", "upstream:\n  url: http://127.0.0.1/path:"),
    "a trusted header that means something": ("upstream:\n", "forward:\n  thumbprint_header: Host\nupstream:\n"),
    "two routes alike": ("upstream:\n", "routes:\n  - path: /a\n  - path: /a\nupstream:\n"),
    "an ambiguous route": ("upstream:\n", "routes:\n  - path: /a/../b\nupstream:\n"),
    "an open route with scopes": ("upstream:\n", "routes:\n  - path: /a\n    require: nothing\n    scopes: [a]\nupstream:\n"),
    "revocation lists that would not be looked at": ("  trust:", "  revocation_lists: [a.crl]\n  trust:"),
    "introspection that would not happen": ("keys: keys.json", "introspection: {endpoint: https://a.example}"),
    "not YAML": ("listener:", "listener: [}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_an_error_with_its_place(configuration, name):
    lines = mistakes(configuration(WRONG[name]))
    assert re.search(r"holdfast\.yaml:\d+:\d+: ", lines[0]), lines


OUT_OF_RANGE = {
    "stale_keys": ("keys: keys.json", "stale_keys: 0s"),
    "cooldown": ("keys: keys.json", "cooldown: 61m"),
    "idle_timeout": ("listener:\n", "listener:\n  idle_timeout: 1000h\n"),
    "threads": ("listener:\n", "threads: 0\nlistener:\n"),
}


@pytest.mark.parametrize("key", OUT_OF_RANGE)
def test_a_number_out_of_range_is_refused_with_the_range_and_the_reason(configuration, key):
    line, _ = mistakes(configuration(OUT_OF_RANGE[key]))
    assert re.search(rf"{key}: `\w+` is out of range: \w+ to \w+, because \w+", line)


@pytest.mark.parametrize("content", ["", "not a certificate\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None])
@pytest.mark.parametrize("which", ["authorities", "certificate", "private_key"])
def test_a_file_that_holds_nothing_usable_is_never_an_empty_trust(configuration, pki, tmp_path, which, content):
    file = tmp_path / "broken.pem"
    if content is not None:
        file.write_text(content)
    original = {"authorities": "clients-ca.pem", "certificate": "server.pem", "private_key": "server.key"}[which]
    told = mistakes(configuration((pki.path(original), str(file))))[0]
    assert f".{which}: " in told or which.replace("_", " ") in told


def test_a_byte_order_mark_is_no_part_of_the_file_nor_of_a_key_set(configuration, tmp_path):
    file = configuration()
    for path in [file, tmp_path / "keys.json"]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    checked = check(file)
    assert checked.returncode == 0 and not checked.stderr
    file.write_bytes(file.read_bytes().replace(b"listener:", b"listner:"))
    assert "holdfast.yaml:1:1: listner: " in check(file).stderr, "places do not count it"


COPIED = {
    "an address without quotes": ("address: 127.0.0.1", "address: [::1]", "An IPv6 address with its brackets stands in quotes"),
    "curly quotes": ("address: 127.0.0.1", "address: \u201c127.0.0.1", "quotes that YAML takes for a part of the value, U+201C"),
    "a zero-width space in a value": ("address: 127.0.0.1", "address: \u200b127.0.0.1", "cannot be seen, U+200B (zero width space)"),
    "a zero-width space in a key": ("  address:", "  add\u200bress:", "It holds U+200B (zero width space)"),
    "a no-break space": ("  address: ", "  address:\u00a0", "U+00A0 (no-break space)"),
    "a long dash": ("  - issuer", "  \u2013 issuer", "U+2013 (en dash)"),
}  # fmt: skip


@pytest.mark.parametrize("what", COPIED)
def test_what_copying_brings_into_a_file_is_called_by_its_name(configuration, what):
    old, new, words = COPIED[what]
    told = mistakes(configuration((old, new)))
    assert any(words in line for line in told), told


def test_a_key_of_another_certificate_is_a_mistake(configuration, pki):
    assert mistakes(configuration((pki.path("server.key"), pki.path("client-a.key"))))


@pytest.mark.parametrize("arguments", [["run"], ["check"], ["run", "--config", "/nonexistent.yaml"], ["fly"], ["check", "--config"]])
def test_wrong_usage_is_64(arguments):
    used = run(HOLDFAST, *arguments)
    assert used.returncode == 64 and used.stderr


def test_an_address_in_use_is_a_failure_at_run_time(proxy, tmp_path):
    taken = json.loads(proxy.file.read_text()) | {"admin": {"address": f"127.0.0.1:{free_port()}"}}
    (tmp_path / "taken.yaml").write_text(json.dumps(taken))
    started = run(HOLDFAST, "run", "--config", tmp_path / "taken.yaml")
    assert started.returncode == 1 and "failed" in started.stderr


def test_the_example_of_rfc_8705_has_the_thumbprint_that_it_should(tmp_path):
    """(MTLS-06)"""
    (tmp_path / "a.pem").write_text(APPENDIX_A)
    shown = run(HOLDFAST, "thumbprint", tmp_path / "a.pem")
    assert shown.returncode == 0
    right, wrong = shown.stdout.splitlines()[:2]
    assert right.split() == ["x5t#S256", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"]
    assert "0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd" in wrong and "wrong" in wrong
    assert run(HOLDFAST, "thumbprint", "--quiet", tmp_path / "a.pem").stdout == "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0\n"


def test_of_a_chain_the_first_certificate_counts(pki):
    assert run(HOLDFAST, "thumbprint", "-q", pki.path("client-a.pem")).stdout.strip() == pki.thumbprint("client-a")


def test_a_certificate_in_der_has_the_same_thumbprint(pki, tmp_path):
    (tmp_path / "a.der").write_bytes(pki.der("client-a"))
    assert run(HOLDFAST, "thumbprint", "-q", tmp_path / "a.der").stdout.strip() == pki.thumbprint("client-a")


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\x30\x82\xff\xff"])
def test_a_file_without_a_certificate_has_no_thumbprint(tmp_path, content):
    (tmp_path / "a.pem").write_bytes(content)
    shown = run(HOLDFAST, "thumbprint", tmp_path / "a.pem")
    assert shown.returncode == 64 and "a.pem" in shown.stderr and not shown.stdout


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["thumbprint"]])
def test_help_is_there_for_each_command(command):
    shown = run(HOLDFAST, *command, "--help")
    assert shown.returncode == 0 and "OVERVIEW:" in shown.stdout and "USAGE:" in shown.stdout


@pytest.mark.parametrize("command", [[], ["pki"], ["ocsp"], ["issuer"], ["upstream"], ["interleave"]])
def test_help_is_there_for_each_command_of_the_lab(command):
    shown = run(LAB, *command, "--help")
    assert shown.returncode == 0 and "OVERVIEW:" in shown.stdout
