"""The lab's authorization server."""
import base64
import contextlib
import http.client
import json
import time
import urllib.parse
import uuid
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from .forge import LIFETIME, Key
from .pki import base64url
from .processes import LAB, PATIENCE, Process, split_address
from .proxy import merged

GATEWAY = "api-gateway"
FORM = "application/x-www-form-urlencoded"
SIGNED = "application/token-introspection+jwt"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Issuer:
    def __init__(self, pki, folder, *options, name="issuer"):
        """Its tokens outlive any run of the tests, unless an option says otherwise."""
        self.pki = pki
        self.process = Process([LAB, "issuer", "--pki", pki.folder, "--lifetime", f"{LIFETIME}s", *options], folder, name)
        ready = self.process.ready_line()
        self.url = ready["issuer"]
        self.address = split_address(ready["address"])
        self.mtls_address = split_address(ready["mtls_address"])
        self.lab_address = split_address(ready["lab_address"])
        self.lab_url = "http://" + ready["lab_address"]
        self.tokens = {}

    def ask(self, address, context, method, target, body=None, content_type="application/json"):
        """Status and body."""
        status, _, answer = self.request(address, context, method, target, body, {"Content-Type": content_type} if body else {})
        return status, answer

    def request(self, address, context, method, target, body=None, headers=None):
        """Status, headers and body."""
        make = http.client.HTTPConnection if context is None else http.client.HTTPSConnection
        connection = make(*address, timeout=PATIENCE, **({} if context is None else {"context": context}))
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def grant(self, certificate, **parameters):
        """The token endpoint's status and JSON."""
        status, body = self.ask(
            self.mtls_address, self.pki.context(certificate), "POST", "/token",
            urllib.parse.urlencode({"grant_type": "client_credentials", **parameters}), FORM,
        )
        return status, json.loads(body)

    def token(self, client="client-a", certificate=None):
        """A token bound to the client's certificate, granted over mutual TLS; the same one again while it lives."""
        key = (client, certificate)
        if key not in self.tokens:
            status, answer = self.grant(certificate or client, client_id=client)
            assert status == 200, answer
            self.tokens[key] = answer["access_token"]
        return self.tokens[key]

    def lab(self, target, value=None):
        body = None if value is None else json.dumps(value)
        status, answer = self.ask(self.lab_address, None, "GET" if value is None else "POST", target, body)
        assert status == 200, answer
        return json.loads(answer)

    def mint(self, bind=None, **order):
        """A token as ordered; bound to the certificate of the client named by `bind`."""
        if bind is not None:
            order["bind"] = self.pki.thumbprint(bind)
        return self.lab("/lab/token", order)["access_token"]

    def opaque(self, bind=None, **order):
        """An opaque token as ordered; `claims` are what introspection says."""
        return self.mint(bind, opaque=True, **order)

    def revoke(self, token, client=GATEWAY):
        """The revocation endpoint's status; over mutual TLS, as the resource server or as the client that the token is of."""
        form = urllib.parse.urlencode({"token": token, "client_id": client})
        return self.ask(self.mtls_address, self.pki.context(client), "POST", "/revoke", form, FORM)[0]

    def introspect(self, token, method="tls_client_auth", signed=False, client=GATEWAY, headers=None, **form):
        """What the introspection endpoint answers a resource server that authenticates so: status, headers, and JSON or text."""
        form = {"token": token, **form}
        headers = {"Content-Type": FORM, **({"Accept": SIGNED} if signed else {}), **(headers or {})}
        address, context = self.address, self.pki.context(None)
        if method == "tls_client_auth":
            address, context = self.mtls_address, self.pki.context(client)
            form.setdefault("client_id", client)
        elif method == "private_key_jwt":
            form = {"client_assertion_type": ASSERTION, "client_assertion": self.assertion(), **form}
        elif method == "client_secret_basic":
            headers.setdefault("Authorization", basic(client, Path(self.pki.path(f"{client}.secret")).read_text()))
        status, headers, body = self.request(address, context, "POST", "/introspect", urllib.parse.urlencode(form), headers)
        return status, headers, json.loads(body) if headers.get_content_type() == "application/json" else body.decode()

    def assertion(self, key=None, header=None, **changes):
        """The resource server's signed assertion (RFC 7523); a change to None takes a claim away."""
        if key is None:
            key = Key("ES256")
            key.private = serialization.load_pem_private_key(Path(self.pki.path(f"{GATEWAY}-assertion.key")).read_bytes(), None)
        claims = {"iss": GATEWAY, "sub": GATEWAY, "aud": self.url, "exp": int(time.time()) + 240, "jti": str(uuid.uuid4())}
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": key.algorithm, **(header or {})}, claims))
        return signed + "." + base64url(key.sign(signed.encode()))

    def introspection(self, method="tls_client_auth", **changes):
        """A section `introspection` by which a proxy asks this issuer; a change to None takes a key away."""
        path = self.pki.path
        credentials = {
            "tls_client_auth": {"certificate": path(f"{GATEWAY}.pem"), "private_key": path(f"{GATEWAY}.key")},
            "private_key_jwt": {"private_key": path(f"{GATEWAY}-assertion.key")},
            "client_secret_basic": {"client_secret_file": path(f"{GATEWAY}.secret")},
        }
        return merged({"authentication": method, "client_id": GATEWAY, **credentials[method]}, changes)

    def fault(self, **faults):
        self.lab("/lab/faults", faults)

    @contextlib.contextmanager
    def failing(self, **faults):
        """These faults for as long as the block runs."""
        self.fault(**faults)
        try:
            yield
        finally:
            self.fault(**dict.fromkeys(faults, "none"))

    def rotate(self, drop_old=False):
        self.tokens.clear()
        self.lab("/lab/rotate" + ("?drop=old" if drop_old else ""), {})

    def visits(self, name):
        return self.lab("/lab/counts").get(name, 0)

    def last(self, name):
        """The endpoint's last request: method, path, query, headers (pairs) and body; None before the first."""
        return self.lab("/lab/last?" + name)

    def end(self):
        self.process.end()


def basic(client, secret):
    """Basic credentials, each half encoded first (RFC 6749 section 2.3.1)."""
    pair = ":".join(urllib.parse.quote_plus(half) for half in (client, secret))
    return "Basic " + base64.b64encode(pair.encode()).decode()
