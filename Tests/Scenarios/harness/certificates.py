"""Certificates that say whatever a test wants, signed with the keys of the lab's authorities by another library than the one that reads them."""
import itertools
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .revocation import HOUR, Authority, now

ROLES = {"PSP_AS": 1, "PSP_PI": 2, "PSP_AI": 3, "PSP_IC": 4}
ORGANIZATION_IDENTIFIER = x509.ObjectIdentifier("2.5.4.97")
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
numbers = itertools.count(1)


def der(tag, content):
    length = bytes([len(content)]) if len(content) < 128 else bytes([0x82]) + len(content).to_bytes(2, "big")
    return bytes([tag]) + length + content


def text(value):
    return der(0x0C, value.encode())


def psd2_type(*numbers):
    """0.4.0.19495 and these."""
    return der(0x06, bytes([4, 0, 0x81, 0x98, 0x27, *numbers]))


def qc_statements(*roles):
    """`qcStatements` with PSD2's statement (ETSI TS 119 495) and that of a qualified certificate before it."""
    named = b"".join(der(0x30, psd2_type(1, ROLES[role]) + text(role)) for role in roles)
    statement = der(0x30, psd2_type(2) + der(0x30, der(0x30, named) + text("Financial Conduct Authority") + text("GB-FCA")))
    return statements(der(0x30, der(0x06, bytes([4, 0, 0x8E, 0x46, 1, 1]))) + statement)


def statements(content):
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), der(0x30, content))


def name(*attributes):
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in attributes])


def common_name(value):
    return (NameOID.COMMON_NAME, value)


class Maker:
    """Makes clients' certificates, each with a name for `Proxy.connect`."""

    def __init__(self, pki, authority="intermediate"):
        self.pki = pki
        self.authority = Authority(pki, authority)

    def __call__(self, *attributes, sans=(), extensions=(), usages=None, authority=None, ca=None, key_usage=None):
        """`sans` are names, `extensions` are added as they are, not critical. `authority` is one in place of the maker's."""
        signer = authority or self.authority
        key = ec.generate_private_key(ec.SECP256R1())
        file = f"made-{next(numbers)}"
        builder = (
            x509.CertificateBuilder().subject_name(name(*attributes)).issuer_name(signer.certificate.subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now() - HOUR).not_valid_after(now() + 24 * HOUR)
            .add_extension(x509.ExtendedKeyUsage(usages or [ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        )  # fmt: skip
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), False)
        if ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca, None), True)
        if key_usage is not None:
            builder = builder.add_extension(key_usage, True)
        for extension in extensions:
            builder = builder.add_extension(extension, False)
        certificate = builder.sign(signer.key, hashes.SHA256())
        pem = serialization.Encoding.PEM
        Path(self.pki.path(f"{file}.pem")).write_bytes(certificate.public_bytes(pem) + signer.certificate.public_bytes(pem))
        Path(self.pki.path(f"{file}.key")).write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return file
