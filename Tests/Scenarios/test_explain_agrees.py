"""`holdfast explain` says of a request what the proxy does with it: the same parser, the same list of checks."""
import json
import random
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa

from harness.processes import HOLDFAST, eventually, run
from harness.proxy import Proxy

MARK = "X-Holdfast-Would-Refuse"
IDENTIFIER = "https://api.example.com/v1"
DOCUMENT = "/.well-known/oauth-protected-resource/v1"
ROUTES = [
    {"path": "/payments/*", "methods": ["POST"], "scopes": ["payments:write"]},
    {"path": "/scoped", "scopes": {"any": ["a", "b"]}},
    {"path": "/certificate/*", "require": "certificate"},
    {"path": "/certificate/report", "scopes": ["a"]},
    {"path": "/try/*", "scopes": ["a"], "report_only": True},
]


@pytest.fixture(scope="module")
def judging(pki, folder, settings):
    changes = {"routes": ROUTES, "resource": {"identifier": IDENTIFIER}, "listener": {"hosts": ["api.example.com", "two.example.com"]}}
    proxy = Proxy(pki, folder, settings, changes, "agreeing").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture
def explain(pki, tmp_path):
    def explain(proxy, method, target, token, client="client-a", fields=(), certificate=None):
        (tmp_path / "token").write_text(token)
        options = [word for name, value in fields for word in ("--header", f"{name}: {value}")]
        certificate = certificate or pki.path(f"{client}.pem")
        return run(
            HOLDFAST, "explain", "--config", proxy.file, "--certificate", certificate, "--token", tmp_path / "token", "--method", method, "--path", target,
            *options,
        )  # fmt: skip

    return explain


def told(ended):
    """What explain says becomes of the request: a code, `forwarded`, `answered`, or `reported` before the code."""
    assert ended.returncode in (0, 1), ended
    last = ended.stdout.splitlines()[-1]
    failed = [line for line in ended.stdout.splitlines() if line.startswith("failed")]
    assert len(failed) == ended.returncode, ended.stdout
    if last == "The request would be forwarded.":
        return "forwarded"
    if last.startswith("The request would be answered by Holdfast itself"):
        return "answered"
    if last.startswith("The request would be forwarded all the same"):
        return "reported " + last.split("(report_only): ")[1].split(".")[0]
    return last.removeprefix("The request would be refused: ").split(".")[0]


def done(proxy, method, target, token, client="client-a", fields=()):
    """What the proxy does with it."""
    with proxy.connect(client) as connection:
        connection.host = "api.example.com"
        host = not any(name.lower() == "host" for name, _ in fields)
        connection.send(connection.head(method, target, token, fields, host=host).encode())
        answer = connection.answer(method)
    if method == "HEAD":
        return answer.status
    if answer.status == 204 or (answer.status == 200 and "resource" in answer.json()):
        return "answered"
    if answer.status != 200:
        return answer.reason
    marks = answer.seen(MARK)
    return f"reported {marks[0]}" if marks else "forwarded"


def agree(explain, proxy, *request, **options):
    ended = explain(proxy, *request, **options)
    saw, said = done(proxy, *request, **options), told(ended)
    if isinstance(saw, int):
        assert (saw == 200) == (said in ("forwarded", "answered")), (request, options, saw, ended.stdout)
    else:
        assert saw == said, (request, options, ended.stdout)
    return said


METHODS = ["GET"] * 5 + ["POST", "HEAD", "OPTIONS", "PURGE", "get", "Post", "TRACE", "trace", "CONNECT", "connect"]
PATHS = [
    "/", "/payments/1", "/PAYMENTS/1", "/payments./1", "/scoped", "/Scoped", "/scoped/", "/certificate/x", "/CERTIFICATE/x", "/certificate/report",
    "/certificate/REPORT", "/try/1", "/TRY/1", "/a//b", "/a/../b", "/a%2fb", "/a;b", "/a\\b", "/a b", "/%zz", "/[a]|{b}^", "/\u00e9", "/a#b", "*", "/...",
    DOCUMENT, DOCUMENT.upper(), "/.well-known/oauth-protected-resource", "/" + "a" * 9000,
]  # fmt: skip
FIELDS = [
    [], [], [], [("Host", "two.example.com:1")], [("Host", "other.example.com")], [("Host", "a b")], [("Max-Forwards", "0")], [("Max-Forwards", "x")],
    [("Via", "1.1 somebody")], [("Authorization", "Bearer abc")], [("Expect", "what")], [("Connection", "host")], [("X-Forwarded-For", "1.2.3.4")],
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_it_says_what_the_proxy_does_with_random_requests(judging, explain, forge, seed):
    chance = random.Random(seed)
    tokens = [
        forge.token(scope="a payments:write"), forge.token(scope="a payments:write"), forge.token(), forge.token(bind="client-b"), forge.token(bind=None),
        forge.token(exp=1), forge.token(aud="https://other.example.com"), forge.token(header={"typ": "JWT"}), "a.b.c", "a b",
    ]  # fmt: skip
    request = chance.choice(METHODS), chance.choice(PATHS), chance.choice(tokens)
    agree(explain, judging, *request, client=chance.choice(["client-a"] * 4 + ["client-b"]), fields=chance.choice(FIELDS))


@pytest.mark.parametrize(
    "method,target,said",
    [
        ("TRACE", "/", "method_not_allowed"), ("CONNECT", "/", "target_invalid"), ("get", "/", "method_miscased"), ("GET", "/%zz", "target_invalid"),
        ("GET", "/a b", "request_line_malformed"), ("GET", "/\u00e9", "target_invalid"), ("GET", "/a#b", "target_invalid"), ("GET", "/a//b", "path_ambiguous"),
        ("GET", "/" + "a" * 9000, "target_too_long"), ("GET", DOCUMENT, "answered"), ("HEAD", DOCUMENT, "answered"), ("POST", DOCUMENT, "method_not_allowed"),
        ("GET", DOCUMENT.upper(), "forwarded"), ("GET", "/try/1", "reported scope_insufficient"), ("GET", "/[a]|^", "forwarded"), ("OPTIONS", "*", "forwarded"),
        ("M" * 33, "/", "method_too_long"),
    ],
)  # fmt: skip
def test_it_says_so_where_no_token_would_help(judging, explain, forge, method, target, said):
    assert agree(explain, judging, method, target, forge.token()) == said


def test_report_only_is_told_as_what_it_is(judging, explain, forge):
    """Forwarded, but not what will pass once it is enforced: the exit code stays that of a refusal."""
    reported = explain(judging, "GET", "/try/1", forge.token(bind="client-b"))
    assert reported.returncode == 1 and "would be forwarded all the same" in reported.stdout and "cnf_mismatch" in reported.stdout
    passing = explain(judging, "GET", "/try/1", forge.token(scope="a"))
    assert passing.returncode == 0 and told(passing) == "forwarded"


def test_options_that_goes_no_further_and_a_loop_are_told(judging, explain, forge, upstream):
    assert agree(explain, judging, "OPTIONS", "/", forge.token(), fields=[("Max-Forwards", "0")]) == "answered"
    assert agree(explain, judging, "OPTIONS", "/", forge.token(bind=None), fields=[("Max-Forwards", "0")]) == "cnf_missing"
    assert agree(explain, judging, "OPTIONS", "/", forge.token(), fields=[("Max-Forwards", "1")]) == "forwarded"


def test_an_interaction_id_that_is_demanded_is_there_unless_another_field_is_given(start_proxy, explain, forge):
    proxy = start_proxy({"forward": {"interaction_id": "require"}})
    assert told(explain(proxy, "GET", "/", forge.token())) == "forwarded"
    assert told(explain(proxy, "GET", "/", forge.token(), fields=[("x-fapi-interaction-id", "1")])) == "interaction_id_missing"


def test_what_passes_was_looked_at_in_the_proxys_order(judging, explain, forge):
    told = explain(judging, "GET", "/", forge.token(exp=1)).stdout.splitlines()
    rules = [line.split(None, 1)[1] for line in told if line.startswith(("passed", "failed"))]
    order = ["the client certificate", "the request can be parsed", "its method", "its host", "the path", "the token is well-formed", "the signature", "it has not expired"]
    positions = [next(index for index, rule in enumerate(rules) if rule.startswith(start)) for start in order]
    assert positions == sorted(positions) and rules[-1] == "it has not expired"


# Certificates


KEYS = {
    "P-224": lambda: ec.generate_private_key(ec.SECP224R1()), "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "brainpool": lambda: ec.generate_private_key(ec.BrainpoolP256R1()), "Ed448": ed448.Ed448PrivateKey.generate,
    "RSA with 1024 bits": lambda: rsa.generate_private_key(65537, 1024), "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()), "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
}  # fmt: skip


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("kind", [*KEYS, "written out"])
def test_a_key_that_no_handshake_takes_is_no_key_to_explain_either(start_proxy, pki, explain, forge, tmp_path, kind, version):
    proxy = start_proxy({"client_certificates": {"trust": "any", "authorities": None}, "routes": None})
    pem, private = tmp_path / "client.pem", tmp_path / "client.key"
    if kind == "written out":
        write_out(pem, private)
    else:
        key = KEYS[kind]()
        pem.write_bytes(self_signed(pki, key).public_bytes(serialization.Encoding.PEM))
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    told = explain(proxy, "GET", "/", forge.token(), certificate=pem)
    reaches = told.returncode == 0 or "cnf_mismatch" in told.stdout
    context = pki.context(None, version)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(pem, private)
    try:
        with proxy.connect(context=context) as connection:
            assert connection.request(token=forge.token()).reason == "cnf_mismatch"
            assert reaches, told.stdout
    except (ssl.SSLError, ConnectionError) as error:
        assert not reaches and "The handshake ends" in told.stdout, (error, told.stdout)
        # By what reason depends on who ends it: some clients show no certificate whose key they cannot use.
        eventually(lambda: proxy.metric("holdfast_handshake_failures_total") > 0, "the failure is counted")
    assert reaches == (kind in ("P-256", "P-384", "P-521"))


def write_out(pem, private):
    """P-256 by its parameters instead of its name."""
    curve = ["-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"]
    for words in [["genpkey", "-algorithm", "EC", *curve, "-out", private], ["req", "-x509", "-key", private, "-subj", "/CN=x", "-out", pem]]:
        subprocess.run(["openssl", *words], check=True, capture_output=True)


def self_signed(pki, key):
    template = pki.certificate("client-self-signed")
    builder = x509.CertificateBuilder().subject_name(template.subject).issuer_name(template.subject).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(template.not_valid_before_utc).not_valid_after(template.not_valid_after_utc)
    return builder.sign(key, None if isinstance(key, ed448.Ed448PrivateKey) else hashes.SHA256())
