"""A TLS client of a few lines that shows whatever certificate it is given, with a key that no library would show or without having it.

Its proof of that key is worth nothing, so that the handshake never succeeds: a certificate that is accepted ends it with the alert
decrypt_error and the reason `cert_unproven`, any other with what is said of that.
"""
import os
import socket
import struct

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .processes import PATIENCE

HANDSHAKE, ALERT, CHANGE, APPLICATION = 22, 21, 20, 23
HELLO, SERVER_HELLO, CERTIFICATE, HELLO_DONE, VERIFY, KEY_EXCHANGE, FINISHED = 1, 2, 11, 14, 15, 16, 20


def sized(octets, width):
    return len(octets).to_bytes(width, "big") + octets


def message(kind, body):
    return bytes([kind]) + sized(body, 3)


def client_hello(version, public, name):
    extensions = [
        (0, sized(b"\0" + sized(name.encode(), 2), 2)), (10, sized(struct.pack(">2H", 29, 23), 2)), (11, b"\1\0"), (23, b""), (0xFF01, b"\0"),
        (13, sized(struct.pack(">7H", 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0603, 0x0806), 2)),
    ]  # fmt: skip
    if version == "1.3":
        extensions += [(43, sized(struct.pack(">H", 0x0304), 1)), (51, sized(struct.pack(">H", 29) + sized(public, 2), 2))]
    suites = struct.pack(">H", 0x1301) if version == "1.3" else struct.pack(">2H", 0xC02B, 0xC02F)
    body = b"\3\3" + os.urandom(32) + sized(b"", 1) + sized(suites, 2) + b"\1\0"
    return message(HELLO, body + sized(b"".join(struct.pack(">H", kind) + sized(data, 2) for kind, data in extensions), 2))


def scheme(der):
    """A signature algorithm for its key (RFC 8446 section 4.2.3); for keys that have none, whatever."""
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return 0x0403
    if isinstance(key, rsa.RSAPublicKey):
        return 0x0804
    if isinstance(key, ed25519.Ed25519PublicKey):
        return 0x0807
    return {384: 0x0503, 521: 0x0603}.get(getattr(key, "key_size", 0), 0x0403)


class Secrets:
    """RFC 8446 section 7.1, with SHA-256."""

    def __init__(self, shared, transcript):
        early = self.extract(bytes(32), bytes(32))
        self.handshake = self.extract(self.derive(early, "derived", b""), shared)
        self.ours, self.theirs = (Keys(self.derive(self.handshake, f"{side} hs traffic", transcript)) for side in "cs")

    def server_finished(self, transcript):
        """Whatever the server says from here on."""
        master = self.extract(self.derive(self.handshake, "derived", b""), bytes(32))
        self.theirs = Keys(self.derive(master, "s ap traffic", transcript))

    @staticmethod
    def extract(salt, secret):
        mac = hmac.HMAC(salt, hashes.SHA256())
        mac.update(secret)
        return mac.finalize()

    @staticmethod
    def derive(secret, label, transcript):
        digest = hashes.Hash(hashes.SHA256())
        digest.update(transcript)
        return expanded(secret, label, digest.finalize(), 32)


def expanded(secret, label, context, length):
    info = length.to_bytes(2, "big") + sized(b"tls13 " + label.encode(), 1) + sized(context, 1)
    return HKDFExpand(hashes.SHA256(), length, info).derive(secret)


class Keys:
    def __init__(self, secret):
        self.cipher, self.iv, self.count = AESGCM(expanded(secret, "key", b"", 16)), expanded(secret, "iv", b"", 12), 0

    def nonce(self):
        self.count += 1
        return bytes(a ^ b for a, b in zip(self.iv, (self.count - 1).to_bytes(12, "big"), strict=True))

    def sealed(self, kind, octets):
        header = bytes([APPLICATION]) + b"\3\3" + (len(octets) + 17).to_bytes(2, "big")
        return header + self.cipher.encrypt(self.nonce(), octets + bytes([kind]), header)

    def opened(self, header, octets):
        plain = self.cipher.decrypt(self.nonce(), octets, header).rstrip(b"\0")
        return plain[-1], plain[:-1]


class Client:
    def __init__(self, address, version, name="localhost"):
        self.tcp = socket.create_connection(address, timeout=PATIENCE)
        self.input = self.tcp.makefile("rb")
        self.version, self.secrets, self.buffer, self.alert = version, None, b"", None
        self.key = X25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        hello = client_hello(version, self.public, name)
        self.transcript = hello
        self.tcp.sendall(b"\x16\3\1" + sized(hello, 2))

    def record(self):
        """Its kind and plain octets; None at the end."""
        header = self.input.read(5)
        if len(header) < 5:
            return None
        octets = self.input.read(int.from_bytes(header[3:], "big"))
        return self.secrets.theirs.opened(header, octets) if self.secrets and header[0] == APPLICATION else (header[0], octets)

    def message(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + int.from_bytes(self.buffer[1:4], "big"):
            record = self.record()
            if record is None:
                return None
            if record[0] == ALERT:
                self.alert = record[1][1]
                return None
            if record[0] == HANDSHAKE:
                self.buffer += record[1]
        length = 4 + int.from_bytes(self.buffer[1:4], "big")
        found, self.buffer = self.buffer[:length], self.buffer[length:]
        self.transcript += found
        return found

    def read_to(self, kind):
        while (found := self.message()) is not None and found[0] != kind:
            if found[0] == SERVER_HELLO and self.version == "1.3":
                # Its share: 32 octets for x25519, wherever the extension stands.
                at = found.index(b"\0\x33\0\x24\0\x1d\0\x20") + 8
                theirs = X25519PublicKey.from_public_bytes(found[at:at + 32])
                self.secrets = Secrets(self.key.exchange(theirs), self.transcript)
        return found

    def show(self, certificates):
        """DER, the leaf first. The alert that came; None for none."""
        assert self.read_to(FINISHED if self.version == "1.3" else HELLO_DONE), self.alert
        verify = message(VERIFY, struct.pack(">H", scheme(certificates[0])) + sized(bytes(70), 2))
        if self.version == "1.3":
            self.secrets.server_finished(self.transcript)
            shown = message(CERTIFICATE, sized(b"", 1) + sized(b"".join(sized(der, 3) + sized(b"", 2) for der in certificates), 3))
            octets = shown + verify
            records = b"".join(self.secrets.ours.sealed(HANDSHAKE, octets[at:at + 16000]) for at in range(0, len(octets), 16000))
        else:
            shown = message(CERTIFICATE, sized(b"".join(sized(der, 3) for der in certificates), 3))
            octets = shown + message(KEY_EXCHANGE, sized(self.public, 1)) + verify
            records = b"".join(b"\x16\3\3" + sized(octets[at:at + 16000], 2) for at in range(0, len(octets), 16000))
        try:
            self.tcp.sendall(records)
            while self.message() is not None:
                pass
        except OSError:
            pass
        self.tcp.close()
        return self.alert


def show(proxy, certificates, version):
    return Client(proxy.address, version).show(certificates)
