#!/usr/bin/env python3
"""Writes the certificates, keys and tokens that every server is measured with: fixtures.py DIR [AUTHORITIES TOKENS]

ca, server, client (.pem, .key), ca.crl, server-bundle.pem (HAProxy's form), jwks.json, rs256.pub, es256.pub; tokens bound to client.pem:
rs256.tokens and es256.tokens (one each), rs256-many.tokens and es256-many.tokens (2,000 different ones, a line each, for the cold
path); and mismatch.tokens, bound to another certificate. Issuer https://as.example, audience api. Needs the package cryptography.

The two counts add what only the section `growth` needs: authorities.pem, the last of which is ca.pem; es256-remembered.tokens, so many
different ones; and es256-one.tokens, the same token twice, which the client sends in turn as it does those.
"""
import base64
import datetime
import hashlib
import ipaddress
import json
import os
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MANY = 2000
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
NOW = datetime.datetime.now(datetime.timezone.utc)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return base64url(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def certificate(name, key, issuer=None, usage=None, names=None):
    """A certificate for `key`: self-signed CA without `issuer` (certificate, key), a leaf with extended `usage` otherwise."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_certificate, issuer_key = issuer or (None, key)
    is_ca = issuer is None
    builder = (x509.CertificateBuilder().subject_name(subject)
               .issuer_name(subject if is_ca else issuer_certificate.subject).public_key(key.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(NOW - datetime.timedelta(days=1)).not_valid_after(NOW + datetime.timedelta(days=30))
               .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), True)
               .add_extension(x509.KeyUsage(not is_ca, False, False, False, False, is_ca, is_ca, False, False), True)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False))
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    return builder.sign(issuer_key, hashes.SHA256())


def revocation_list(ca, key):
    """A thousand of the CA's certificates, none of them here."""
    builder = (x509.CertificateRevocationListBuilder().issuer_name(ca.subject)
               .last_update(NOW - datetime.timedelta(days=1)).next_update(NOW + datetime.timedelta(days=30)))
    for _ in range(1000):
        entry = x509.RevokedCertificateBuilder().serial_number(x509.random_serial_number()).revocation_date(NOW - datetime.timedelta(days=1))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(PEM)


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def write_pair(name, key, cert):
    """NAME.pem and NAME.key; returns both in one, certificate first."""
    pem = cert.public_bytes(PEM)
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write(name + ".pem", pem)
    write(name + ".key", private)
    return pem + private


def write_tokens(name, tokens):
    write(name + ".tokens", "".join(token + "\n" for token in tokens).encode())


class Issuer:
    """Signs access tokens (RFC 9068) bound to one thumbprint (RFC 8705 section 3.1)."""

    def __init__(self, thumbprint):
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.thumbprint = thumbprint

    def key_set(self):
        r, e = self.rsa.public_key().public_numbers(), self.ec.public_key().public_numbers()
        return {"keys": [
            {"kty": "RSA", "kid": "r", "alg": "RS256", "use": "sig", "n": number(r.n), "e": number(r.e)},
            {"kty": "EC", "kid": "e", "alg": "ES256", "use": "sig", "crv": "P-256", "x": number(e.x, 32), "y": number(e.y, 32)}]}

    def token(self, algorithm, jti="0", thumbprint=None):
        now = int(time.time())
        header = {"typ": "at+jwt", "alg": algorithm, "kid": {"RS256": "r", "ES256": "e"}[algorithm]}
        claims = {"iss": "https://as.example", "aud": "api", "sub": "alice", "client_id": "c1", "iat": now, "exp": now + 86400,
                  "jti": jti, "scope": "read write", "cnf": {"x5t#S256": thumbprint or self.thumbprint}}
        message = base64url(json.dumps(header).encode()) + "." + base64url(json.dumps(claims).encode())
        return message + "." + base64url(self.sign(algorithm, message.encode()))

    def sign(self, algorithm, message):
        if algorithm == "RS256":
            return self.rsa.sign(message, padding.PKCS1v15(), hashes.SHA256())
        r, s = utils.decode_dss_signature(self.ec.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def write_growth(ca, issuer, authorities, tokens):
    """Many of what a server should not grow slower by."""
    def other(number):
        return certificate(f"other CA {number}", ec.generate_private_key(ec.SECP256R1())).public_bytes(PEM)

    write("authorities.pem", b"".join(other(number) for number in range(authorities - 1)) + ca.public_bytes(PEM))
    write_tokens("es256-remembered", (issuer.token("ES256", jti=str(index)) for index in range(tokens)))
    write_tokens("es256-one", [issuer.token("ES256")] * 2)


def main(directory, growth=None):
    os.makedirs(directory, exist_ok=True)
    os.chdir(directory)
    ca_key, server_key, client_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    ca = certificate("bench CA", ca_key)
    server = certificate("localhost", server_key, (ca, ca_key), ExtendedKeyUsageOID.SERVER_AUTH,
                         [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    client = certificate("bench client", client_key, (ca, ca_key), ExtendedKeyUsageOID.CLIENT_AUTH)
    write_pair("ca", ca_key, ca)
    write_pair("client", client_key, client)
    write("ca.crl", revocation_list(ca, ca_key))
    write("server-bundle.pem", write_pair("server", server_key, server))

    issuer = Issuer(base64url(hashlib.sha256(client.public_bytes(DER)).digest()))
    write("jwks.json", json.dumps(issuer.key_set()).encode())
    for name, key in (("rs256", issuer.rsa), ("es256", issuer.ec)):
        write(name + ".pub", key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        write_tokens(name, [issuer.token(name.upper())])
        write_tokens(name + "-many", (issuer.token(name.upper(), jti=str(index)) for index in range(MANY)))
    write_tokens("mismatch", [issuer.token("ES256", thumbprint=base64url(b"0" * 32))])
    if growth:
        write_growth(ca, issuer, *growth)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(sys.argv[1], [int(count) for count in sys.argv[2:]])
