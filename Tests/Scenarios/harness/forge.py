"""An issuer whose keys the proxy reads from a file, and whose tokens say whatever a test wants, octet for octet."""
import hashlib
import hmac
import json
import time
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from .pki import base64url

ISSUER = "https://forge.example.com"
AUDIENCE = "https://api.example.com"
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
LIFETIME = 86_400  # seconds: longer than any run of the tests
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class FromNow(int):
    """Seconds from when `timely` is called: tests are given their parameters long before they run, and in each process anew."""

    def __repr__(self):
        return f"now{int(self):+d}"


def timely(value):
    """`value` with the time in place of each `FromNow` in it."""
    if isinstance(value, FromNow):
        return int(time.time()) + value
    if isinstance(value, dict):
        return {name: timely(member) for name, member in value.items()}
    return value


def integer(value, size):
    return base64url(value.to_bytes(size, "big"))


class Key:
    def __init__(self, algorithm, kid=None, bits=2048):
        self.algorithm = algorithm
        self.kid = kid or algorithm.lower()
        if algorithm in CURVES:
            self.private = ec.generate_private_key(CURVES[algorithm])
        elif algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = rsa.generate_private_key(65537, bits)

    @property
    def size(self):
        """Octets of a coordinate."""
        return (self.private.curve.key_size + 7) // 8

    def jwk(self, **changes):
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            members = {"kty": "RSA", "n": integer(numbers.n, (numbers.n.bit_length() + 7) // 8), "e": "AQAB"}
        elif isinstance(public, ec.EllipticCurvePublicKey):
            numbers = public.public_numbers()
            name = {256: "P-256", 384: "P-384", 521: "P-521"}[public.curve.key_size]
            members = {"kty": "EC", "crv": name, "x": integer(numbers.x, self.size), "y": integer(numbers.y, self.size)}
        else:
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            members = {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
        members.update({"kid": self.kid, "alg": self.algorithm, "use": "sig"})
        members.update(changes)
        return {name: value for name, value in members.items() if value is not None}

    def der_signature(self, octets):
        return self.private.sign(octets, ec.ECDSA(HASHES[self.algorithm[2:]]))

    def sign(self, octets, salt=None):
        if self.algorithm == "EdDSA":
            return self.private.sign(octets)
        digest = HASHES[self.algorithm[2:]]
        if self.algorithm.startswith("RS"):
            return self.private.sign(octets, padding.PKCS1v15(), digest)
        if self.algorithm.startswith("PS"):
            length = digest.digest_size if salt is None else salt
            return self.private.sign(octets, padding.PSS(padding.MGF1(digest), length), digest)
        r, s = decode_dss_signature(self.der_signature(octets))
        return r.to_bytes(self.size, "big") + s.to_bytes(self.size, "big")


class Forge:
    def __init__(self, pki):
        self.pki = pki
        self.keys = {algorithm: Key(algorithm) for algorithm in ALGORITHMS}

    def write_keys(self, path):
        path.write_text(json.dumps({"keys": [key.jwk() for key in self.keys.values()]}))

    def claims(self, bind="client-a", **changes):
        """Valid claims, bound to a client's certificate; a change to None takes a claim away."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "client_id": "someone", "iat": now, "exp": now + LIFETIME,
            "jti": str(uuid.uuid4()), "scope": "accounts:read",
        }
        if bind is not None:
            claims["cnf"] = {"x5t#S256": self.pki.thumbprint(bind)}
        claims.update(changes)
        return {name: value for name, value in claims.items() if value is not None}

    def header(self, algorithm="ES256", **changes):
        header = {"typ": "at+jwt", "alg": algorithm, "kid": self.keys[algorithm].kid}
        header.update(changes)
        return {name: value for name, value in header.items() if value is not None}

    def seal(self, header, claims, algorithm="ES256", signature=None):
        """A compact JWS of a header and claims given as JSON text, octets or values."""
        signed = ".".join(base64url(self.octets(part)) for part in (header, claims))
        if signature is None:
            signature = self.keys[algorithm].sign
        return signed + "." + base64url(signature(signed.encode()) if callable(signature) else signature)

    def token(self, algorithm="ES256", header=None, signature=None, bind="client-a", **claims):
        return self.seal(self.header(algorithm, **(header or {})), self.claims(bind, **claims), algorithm, signature)

    @staticmethod
    def octets(part):
        if isinstance(part, bytes):
            return part
        return (part if isinstance(part, str) else json.dumps(part)).encode()


def hmac_signer(secret):
    return lambda octets: hmac.new(secret, octets, hashlib.sha256).digest()
