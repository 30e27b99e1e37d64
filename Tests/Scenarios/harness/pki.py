"""The certificates of `holdfast-lab pki`, and clients' TLS contexts made of them."""
import base64
import hashlib
import shutil
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from .processes import LAB, run


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class PKI:
    def __init__(self, folder, like=None):
        """`like`: another one, to be copied."""
        self.folder = Path(folder)
        if like:
            shutil.copytree(like.folder, folder)
        else:
            self.work()

    def path(self, name):
        return str(self.folder / name)

    def work(self, *options):
        """A job done in the folder."""
        made = run(LAB, "pki", self.folder, *options)
        assert made.returncode == 0, made.stderr
        return made.stdout

    def issue(self, name, *options):
        self.work("--issue", name, *options)
        return name

    def certificate(self, name):
        return x509.load_pem_x509_certificate((self.folder / f"{name}.pem").read_bytes())

    def der(self, name):
        return self.certificate(name).public_bytes(serialization.Encoding.DER)

    def thumbprint(self, name):
        """x5t#S256, computed here and not by the programs under test."""
        return base64url(hashlib.sha256(self.der(name)).digest())

    def spki(self, name):
        return self.certificate(name).public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def context(self, client="client-a", version=None, alpn=None):
        """A TLS context of a client; None for one that shows no certificate."""
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if client is not None:
            context.load_cert_chain(self.path(f"{client}.pem"), self.path(f"{client}.key"))
        if alpn is not None:
            context.set_alpn_protocols(alpn)
        return context
