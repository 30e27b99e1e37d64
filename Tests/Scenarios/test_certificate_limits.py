"""What clients' certificates may be: kinds and sizes of keys, octets, names, length of the path. At each bound one is taken and the next is
refused, for one reason in the log, in the metric and in `explain` (PKI-13)."""
import itertools
import secrets
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from harness.bare_tls import show
from harness.processes import HOLDFAST, eventually, run
from harness.proxy import Proxy
from harness.revocation import HOUR, now

VERSIONS = pytest.mark.parametrize("version", ["1.2", "1.3"])
ACCEPTED = "cert_unproven"
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
EC = ec.generate_private_key(ec.SECP256R1())


class Issuer:
    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Without the lab's bound on the length of paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Unbounded Root")])
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now() - HOUR).not_valid_after(now() + 24 * HOUR).add_extension(x509.BasicConstraints(True, None), True)
    )  # fmt: skip
    root = Issuer(builder.sign(key, hashes.SHA256()), key)
    root.folder = tmp_path_factory.mktemp("unbounded")
    (root.folder / "root.pem").write_bytes(root.certificate.public_bytes(PEM))
    (root.folder / "root.key").write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return root


@pytest.fixture(scope="module")
def next_proxy(pki, root, settings):
    """Another one after four tests: the log tells of twenty refusals at once, and then of ten a second."""
    changes = {"client_certificates": {"authorities": str(root.folder / "root.pem")}}
    started, asked = [], itertools.count()

    def proxy():
        if next(asked) % 4 == 0:
            started.append(Proxy(pki, root.folder, settings, changes, f"limiting-{len(started)}").wait_ready())
        return started[-1]

    yield proxy
    for proxy in started:
        proxy.end()


@pytest.fixture
def limiting(next_proxy):
    return next_proxy()


def lines(proxy):
    return [line for line in proxy.process.messages() if line["message"] == "handshake refused"]


def reason(proxy, certificates, version):
    """Of the handshake's end, which the client sees as an alert, the log as a line and the metric as one more."""
    def counted():
        text = proxy.admin("/metrics")[1].splitlines()
        return {line.split('"')[1]: line.split()[-1] for line in text if line.startswith("holdfast_handshake_failures_total{")}

    before, metrics = len(lines(proxy)), counted()
    assert show(proxy, certificates, version) is not None
    [line] = eventually(lambda: lines(proxy)[before:], "a line")
    eventually(lambda: counted() != metrics, "it is counted")
    assert [reason for reason, count in counted().items() if metrics.get(reason) != count] == [line["reason"]]
    if line["reason"] != ACCEPTED:
        assert line["meaning"]
    return line["reason"]


def explained(proxy, certificates, folder):
    """What `explain` says of such a client, before it comes to a token."""
    (folder / "shown.pem").write_text("".join(ssl.DER_cert_to_PEM_cert(der) for der in certificates))
    (folder / "token").write_text("a.b.c")
    told = run(HOLDFAST, "explain", "--config", proxy.file, "--certificate", folder / "shown.pem", "--token", folder / "token").stdout
    code = told.splitlines()[-1].removeprefix("The request would be refused: ").split(".")[0]
    return code if code.startswith("cert_") else ACCEPTED


def certificate(issuer, key, *extensions, authority=False, name="A", begins=-HOUR):
    """DER of one that `issuer` (with `certificate` and `key`) issued for a public key."""
    builder = (
        x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.certificate.subject).public_key(key).serial_number(x509.random_serial_number())
        .not_valid_before(now() + begins).not_valid_after(now() + 24 * HOUR)
    )  # fmt: skip
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    for extension in extensions:
        builder = builder.add_extension(extension, False)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(DER)


# Kinds of keys


def openssl(*words):
    made = subprocess.run(["openssl", *map(str, words)], capture_output=True)
    assert made.returncode == 0, made.stderr


def curve(name, *more):
    return ["genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{name}", *more]


KINDS = {
    "Ed448": ["genpkey", "-algorithm", "ED448"], "secp256k1": curve("secp256k1"), "brainpool": curve("brainpoolP384r1"), "P-224": curve("secp224r1"),
    "a curve written out": curve("P-256", "-pkeyopt", "ec_param_enc:explicit"),
    "RSA-PSS": ["genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], "DSA": None,
    "P-256": curve("P-256"), "P-384": curve("P-384"), "P-521": curve("P-521"), "Ed25519": ["genpkey", "-algorithm", "ED25519"],
    "RSA": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}  # fmt: skip
TAKEN = ["P-256", "P-384", "P-521", "Ed25519", "RSA"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_key_that_no_handshake_takes_is_one_reason(limiting, root, tmp_path, kind):
    """(PKI-13)"""
    key, request, made = tmp_path / "key", tmp_path / "request", tmp_path / "made"
    if kind == "DSA":
        openssl("dsaparam", "-out", tmp_path / "parameters", 1024)
        openssl("gendsa", "-out", key, tmp_path / "parameters")
    else:
        openssl(*KINDS[kind], "-out", key)
    openssl("req", "-new", "-key", key, "-subj", "/CN=x", "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", root.folder / "root.pem", "-CAkey", root.folder / "root.key", "-outform", "DER", "-out", made)
    expected = ACCEPTED if kind in TAKEN else "cert_key_unsupported"
    for version in ("1.2", "1.3"):
        assert reason(limiting, [made.read_bytes()], version) == expected
    assert explained(limiting, [made.read_bytes()], tmp_path) == expected


@VERSIONS
def test_a_kind_that_our_library_does_not_know_is_the_same_reason(limiting, root, tmp_path, version):
    """(PKI-13) Nobody can have signed it: the key is looked at before any signature."""
    from cryptography.hazmat.primitives.asymmetric import ed25519

    der = certificate(root, ed25519.Ed25519PrivateKey.generate().public_key())
    unknown = der.replace(b"\x06\x03\x2b\x65\x70", b"\x06\x03\x2b\x65\x7f")
    assert unknown != der and reason(limiting, [unknown], version) == "cert_key_unsupported"
    assert explained(limiting, [unknown], tmp_path) == "cert_key_unsupported"


# Sizes of keys


def rsa_key(bits, exponent=65537):
    """A public key that nobody has the private one of."""
    return rsa.RSAPublicNumbers(exponent, (1 << bits - 1) | secrets.randbits(bits - 1) | 1).public_key()


RSA = {
    "2047 bits": ((2047,), "cert_weak"), "2048 bits": ((2048,), ACCEPTED), "8192 bits": ((8192,), ACCEPTED), "8193 bits": ((8193,), "cert_weak"),
    "16384 bits": ((16384,), "cert_weak"), "16385 bits": ((16385,), "cert_weak"), "an exponent of 33 bits": ((2048, (1 << 33) - 1), ACCEPTED),
    "one of 34": ((2048, (1 << 33) + 1), "cert_weak"),
}  # fmt: skip


@VERSIONS
@pytest.mark.parametrize("size", RSA)
def test_rsa_keys_have_bounds(limiting, root, tmp_path, size, version):
    """(PKI-13, TLS-20)"""
    words, expected = RSA[size]
    shown = [certificate(root, rsa_key(*words))]
    assert reason(limiting, shown, version) == expected
    assert explained(limiting, shown, tmp_path) == expected


def test_a_key_at_the_bound_serves_a_real_client(limiting, pki, root, tmp_path):
    """(PKI-13)"""
    # Several primes, since two of 4,096 bits take long to find.
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:8192", "-pkeyopt", "rsa_keygen_primes:5", "-out", tmp_path / "key")
    openssl("pkey", "-in", tmp_path / "key", "-pubout", "-out", tmp_path / "public")
    public = serialization.load_pem_public_key((tmp_path / "public").read_bytes())
    assert ask(limiting, pki, tmp_path, [certificate(root, public)], (tmp_path / "key").read_bytes()) == 200


def ask(proxy, pki, folder, certificates, key):
    (folder / "client.pem").write_text("".join(ssl.DER_cert_to_PEM_cert(der) for der in certificates))
    (folder / "client.key").write_bytes(key)
    context = pki.context(None)
    context.load_cert_chain(folder / "client.pem", folder / "client.key")
    with proxy.connect(context=context) as connection:
        return connection.request(target="/certificate/a").status


def test_an_enormous_key_costs_no_more_than_another(start_proxy, root):
    """(PKI-13) Nothing is computed with it."""
    proxy = start_proxy({"client_certificates": {"authorities": str(root.folder / "root.pem")}})

    def cost(shown):
        before = cpu(proxy)
        for _ in range(50):
            show(proxy, [shown], "1.3")
        return cpu(proxy) - before

    usual, enormous = (certificate(root, key) for key in (EC.public_key(), rsa_key(16384)))
    cost(usual)
    assert cost(enormous) < 2 * cost(usual) + 0.1


def cpu(proxy):
    """Seconds that it has used."""
    words = open(f"/proc/{proxy.process.child.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / 100


# Octets, names, length


@VERSIONS
def test_what_is_sent_has_a_bound_in_octets(limiting, root, tmp_path, version):
    """(PKI-13)"""
    def padded(octets):
        """A certificate of that length. Signatures differ by an octet or two."""
        filling = octets - 300
        while True:
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), bytes(filling))
            made = certificate(root, EC.public_key(), extension)
            if len(made) == octets:
                return made
            filling += octets - len(made)

    assert reason(limiting, [padded(32_768)], version) == ACCEPTED
    assert reason(limiting, [padded(32_769)], version) == "cert_chain_too_large"
    assert explained(limiting, [padded(32_769)], tmp_path) == "cert_chain_too_large"
    assert reason(limiting, [padded(32_768), root.certificate.public_bytes(DER)], version) == "cert_chain_too_large"


@VERSIONS
def test_what_is_sent_has_a_bound_in_certificates(limiting, root, version):
    """(PKI-07, PKI-13)"""
    leaf, extra = certificate(root, EC.public_key()), certificate(root, EC.public_key())
    assert reason(limiting, [leaf] + 8 * [extra], version) == ACCEPTED
    assert reason(limiting, [leaf] + 9 * [extra], version) == "cert_chain_too_large"


def named(root, count, **options):
    names = x509.SubjectAlternativeName([x509.DNSName(f"h{number}.example") for number in range(count)])
    return certificate(root, EC.public_key(), names, **options)


@VERSIONS
@pytest.mark.parametrize("trust", ["authorities", "any"])
def test_names_have_a_bound(start_proxy, pki, root, tmp_path, version, trust):
    """(PKI-13)"""
    proxy = start_proxy({"client_certificates": {"trust": trust, "authorities": str(root.folder / "root.pem") if trust == "authorities" else None}})
    assert reason(proxy, [named(root, 1024)], version) == ACCEPTED
    assert reason(proxy, [named(root, 1025)], version) == "cert_too_many_names"
    assert explained(proxy, [named(root, 1025)], tmp_path) == "cert_too_many_names"
    key = EC.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert ask(proxy, pki, tmp_path, [named(root, 1024)], key) == 200


@VERSIONS
def test_a_path_has_a_bound(limiting, root, tmp_path, version):
    """(PKI-02, PKI-13)"""
    issuer, sent = root, []
    for depth in range(1, 6):
        key = ec.generate_private_key(ec.SECP256R1())
        sent.insert(0, certificate(issuer, key.public_key(), authority=True, name=f"I{depth}"))
        issuer = Issuer(x509.load_der_x509_certificate(sent[0]), key)
        shown = [certificate(issuer, EC.public_key()), *sent]
        expected = ACCEPTED if depth <= 4 else "cert_chain_too_deep"
        assert reason(limiting, shown, version) == expected
        assert explained(limiting, shown, tmp_path) == expected


# What RFC 5280 asks


def usage(**bits):
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
             "encipher_only", "decipher_only"]  # fmt: skip
    return x509.KeyUsage(**{name: bits.get(name, False) for name in names})


def below(issuer, *extensions):
    """An intermediate with these extensions, as an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = certificate(issuer, key.public_key(), *extensions, authority=True, name="I")
    return Issuer(x509.load_der_x509_certificate(der), key), der


def critical(root, oid):
    builder = x509.load_der_x509_certificate(certificate(root, EC.public_key()))
    made = (
        x509.CertificateBuilder().subject_name(builder.subject).issuer_name(builder.issuer).public_key(EC.public_key()).serial_number(5)
        .not_valid_before(now() - HOUR).not_valid_after(now() + HOUR).add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\5\0"), True)
    )  # fmt: skip
    return made.sign(root.key, hashes.SHA256()).public_bytes(DER)


def constrained(root, name):
    issuer, der = below(root, x509.NameConstraints([x509.DNSName(".acme.example")], None))
    return [certificate(issuer, EC.public_key(), x509.SubjectAlternativeName([x509.DNSName(name)])), der]


def issued_below(root, **bits):
    issuer, der = below(root, usage(**bits))
    return [certificate(issuer, EC.public_key()), der]


RULES = {
    "a usage with digitalSignature": (lambda root: [certificate(root, EC.public_key(), usage(digital_signature=True))], ACCEPTED),
    "one with keyEncipherment alone": (lambda root: [certificate(root, EC.public_key(), usage(key_encipherment=True))], "cert_wrong_usage"),
    "one with keyAgreement alone": (lambda root: [certificate(root, EC.public_key(), usage(key_agreement=True))], "cert_wrong_usage"),
    "an issuer with keyCertSign": (lambda root: issued_below(root, key_cert_sign=True), ACCEPTED),
    "one without": (lambda root: issued_below(root, crl_sign=True), "cert_untrusted cert_path_invalid"),
    "a name that is permitted": (lambda root: constrained(root, "a.acme.example"), ACCEPTED),
    "one that is not": (lambda root: constrained(root, "a.other.example"), "cert_path_invalid"),
    "a critical extension that nobody knows": (lambda root: [critical(root, "1.3.6.1.4.1.99999.7")], "cert_path_invalid"),
    "one that begins in an hour": (lambda root: [certificate(root, EC.public_key(), begins=HOUR)], "cert_not_yet_valid"),
}


@VERSIONS
@pytest.mark.parametrize("rule", RULES)
def test_the_rules_for_paths_are_kept(limiting, root, tmp_path, rule, version):
    """(PKI-03, PKI-05, PKI-06, TLS-11)"""
    make, expected = RULES[rule]
    shown = make(root)
    found = reason(limiting, shown, version)
    assert found in expected.split()
    assert explained(limiting, shown, tmp_path) == found


@VERSIONS
@pytest.mark.parametrize("digest, expected", [("sha256", ACCEPTED), ("sha1", "cert_weak")])
def test_a_signature_by_a_weak_hash_counts_for_nothing(limiting, root, tmp_path, version, digest, expected):
    """(TLS-12, TLS-20)"""
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key", "-subj", "/CN=x", "-out", tmp_path / "request")
    openssl("x509", "-req", f"-{digest}", "-in", tmp_path / "request", "-CA", root.folder / "root.pem", "-CAkey", root.folder / "root.key",
            "-outform", "DER", "-out", tmp_path / "made")  # fmt: skip
    shown = [(tmp_path / "made").read_bytes()]
    assert reason(limiting, shown, version) == expected
    assert explained(limiting, shown, tmp_path) == expected


@VERSIONS
def test_a_certificate_of_version_1_is_good_enough_where_any_is(start_proxy, tmp_path, version):
    """(PKI-12)"""
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", tmp_path / "key")
    openssl("req", "-new", "-key", tmp_path / "key", "-subj", "/CN=mtls", "-out", tmp_path / "request")
    openssl("x509", "-req", "-in", tmp_path / "request", "-signkey", tmp_path / "key", "-outform", "DER", "-out", tmp_path / "made")
    shown = [(tmp_path / "made").read_bytes()]
    assert x509.load_der_x509_certificate(shown[0]).version == x509.Version.v1
    proxy = start_proxy({"client_certificates": {"trust": "any", "authorities": None}, "routes": None})
    assert reason(proxy, shown, version) == ACCEPTED
