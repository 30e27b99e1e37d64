"""Revocation lists and certificates signed with the keys of the lab's authorities, made by another library than the one that reads them."""
import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.processes import eventually

HOUR = datetime.timedelta(hours=1)
REFUSED_AT_HANDSHAKE = (OSError, EOFError)


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


class Authority:
    """One of the lab's folder: `ca`, `intermediate` or `stranger-ca`."""

    def __init__(self, pki, name):
        self.certificate = pki.certificate(name)
        self.key = serialization.load_pem_private_key(Path(pki.path(f"{name}.key")).read_bytes(), None)

    def revoked(
        self, *certificates, updated=-HOUR, next_update=HOUR, extensions=(), entry_extensions=(), reason=None, signer=None, der=False,
    ):
        """Its list with these certificates on it. Times are from now on."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now() + updated).next_update(now() + next_update)
        for certificate in certificates:
            serial = certificate if isinstance(certificate, int) else certificate.serial_number
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now() + updated)
            if reason:
                entry = entry.add_extension(x509.CRLReason(reason), False)
            for extension, critical in entry_extensions:
                entry = entry.add_extension(extension, critical)
            builder = builder.add_revoked_certificate(entry.build())
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        made = builder.sign((signer or self).key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.DER if der else serialization.Encoding.PEM)

    def issue(self, pki, name, *extensions):
        """A client's certificate with further extensions, written as the lab does: `name`.pem with the chain, and `name`.key."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.certificate.subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now() - HOUR).not_valid_after(now() + 24 * HOUR)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, False)
        made = builder.sign(self.key, hashes.SHA256())
        pem = serialization.Encoding.PEM
        Path(pki.path(f"{name}.pem")).write_bytes(made.public_bytes(pem) + self.certificate.public_bytes(pem))
        Path(pki.path(f"{name}.key")).write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return name


class Lists:
    """A proxy that looks into two lists, of the root and of the intermediate which issues the clients' certificates."""

    def __init__(self, start_proxy, pki, folder):
        self.start_proxy, self.pki, self.folder = start_proxy, pki, folder
        self.root, self.issuer = Authority(pki, "ca"), Authority(pki, "intermediate")
        self.paths = {name: folder / f"{name}.crl" for name in ("root", "issuer")}
        self.write(root=self.root.revoked(), issuer=self.issuer.revoked())
        self.proxy = None

    def write(self, **lists):
        for name, octets in lists.items():
            new = self.folder / "new.crl"
            new.write_bytes(octets)
            new.rename(self.paths[name])

    def start(self, names=("root", "issuer"), **revocation):
        files = [str(self.paths[name]) for name in names]
        authorities = [{"file": self.pki.path("ca.pem"), "revocation": {"lists": files, **revocation}}]
        self.proxy = self.start_proxy({"client_certificates": {"authorities": authorities}})
        return self.proxy

    def rewrite(self, **lists):
        """And waits until they are in force."""
        generation = self.proxy.metric("holdfast_generation")
        self.write(**lists)
        eventually(lambda: self.proxy.metric("holdfast_generation") > generation, "the list is in force")

    def refusal(self, client="client-a"):
        """Why the handshake of a client ends; None where it passes, and a request after it does."""
        before = self.failures()
        try:
            assert self.proxy.ask(target="/certificate/a", client=client).status == 200
            return None
        except REFUSED_AT_HANDSHAKE:
            eventually(lambda: self.failures() != before, "the reason is counted")
            return (set(self.failures()) - set(before)).pop()[0]

    def failures(self):
        lines = self.proxy.admin("/metrics")[1].splitlines()
        return [tuple(line.split('"')[1:]) for line in lines if line.startswith("holdfast_handshake_failures_total{")]
