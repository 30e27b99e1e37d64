"""An authorization server that shares no code with Holdfast or its lab: Authlib's grants, tokens, client authentication and
introspection, joserfc's signatures and key sets, Python's TLS."""
import http.server
import json
import ssl
import threading
import time
import urllib.parse
from types import SimpleNamespace

from authlib.common.security import generate_token
from authlib.oauth2 import rfc6749, rfc6750, rfc7009, rfc7523, rfc7662, rfc8414, rfc9068
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from joserfc import jwk, jwt

from .forge import AUDIENCE, LIFETIME
from .pki import base64url

SECRET = "secret:with+and%and/"  # without a space: Authlib does not read `+` as one (RFC 6749 appendix B)
SIGNED = "application/token-introspection+jwt"
KINDS = {"ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"), "EdDSA": ("OKP", "Ed25519")}


def new_key(algorithm, **parameters):
    """A key pair as joserfc makes it, with the thumbprint as its `kid`."""
    kind, size = KINDS.get(algorithm, ("RSA", 2048))
    return jwk.generate_key(kind, size, {"alg": algorithm, "use": "sig"} | parameters, private=True, auto_kid=True)


class Client(rfc6749.ClientMixin):
    """Whoever it is: may be granted tokens if it is not a resource server, and may ask about them if it is."""

    def __init__(self, client_id, secret, methods, public_key=None):
        self.client_id, self.secret, self.methods, self.public_key = client_id, secret, methods, public_key

    def get_client_id(self):
        return self.client_id

    def get_allowed_scope(self, scope):
        return scope or "accounts:read"

    def check_client_secret(self, secret):
        return secret == self.secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method in self.methods

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


class Token(rfc6749.TokenMixin):
    def __init__(self, client, thumbprint, token):
        self.client, self.thumbprint, self.token = client, thumbprint, token
        self.issued_at, self.revoked, self.claims = int(time.time()), False, {}

    def check_client(self, client):
        return client.client_id == self.client.client_id

    def get_scope(self):
        return self.token["scope"]

    def get_expires_in(self):
        return self.token["expires_in"]

    def is_expired(self):
        return time.time() >= self.issued_at + self.get_expires_in()

    def is_revoked(self):
        return self.revoked


class Request(rfc6749.OAuth2Request):
    def __init__(self, web):
        super().__init__("POST", web.url, headers=web.headers)
        self.web = web
        self.payload = rfc6749.requests.BasicOAuth2Payload(web.form)

    @property
    def form(self):
        return self.web.form

    @property
    def args(self):
        return {}


class Assertion(rfc7523.JWTBearerClientAssertion):
    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, audience, algorithms):
        super().__init__(leeway=0)
        self.audience, self.algorithms, self.seen = audience, algorithms, set()

    def get_audiences(self):
        return [self.audience]

    def resolve_client_public_key(self, client):
        return client.public_key

    def validate_jti(self, claims, jti):
        return jti not in self.seen and not self.seen.add(jti)

    def process_assertion_claims(self, assertion, resolve_key):
        """As Authlib does it, but by more than its default algorithms."""
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=self.algorithms)
        except Exception as error:
            raise rfc6749.InvalidClientError(description=str(error)) from error
        self.verify_claims(token.claims)
        return token.claims


class Introspection(rfc7662.IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = ["client_secret_basic", "private_key_jwt", "tls_client_auth"]

    def query_token(self, token_string, token_type_hint):
        return self.server.tokens.get(token_string)

    def check_permission(self, token, client, request):
        return client.client_id == "api-gateway"

    def introspect_token(self, token):
        return {
            "client_id": token.client.client_id, "token_type": "Bearer", "scope": token.get_scope(), "sub": token.client.client_id,
            "aud": AUDIENCE, "iss": self.server.issuer, "exp": token.issued_at + token.get_expires_in(), "iat": token.issued_at,
            "cnf": {"x5t#S256": token.thumbprint},
        } | token.claims  # fmt: skip


class JWTIntrospection(rfc9068.JWTIntrospectionEndpoint):
    """Authlib's own, which says nothing of `cnf`."""

    CLIENT_AUTH_METHODS = Introspection.CLIENT_AUTH_METHODS

    def get_jwks(self):
        return self.server.keys

    def check_permission(self, token, client, request):
        return client.client_id == "api-gateway"


class Revocation(rfc7009.RevocationEndpoint):
    def query_token(self, token_string, token_type_hint):
        return self.server.tokens.get(token_string)

    def revoke_token(self, token, request):
        token.revoked = True


class JWTGenerator(rfc9068.JWTBearerTokenGenerator):
    def __init__(self, server, algorithm):
        super().__init__(issuer=server.issuer, alg=algorithm, expires_generator=LIFETIME)
        self.server = server

    def get_jwks(self):
        return self.server.signing_key

    def get_audiences(self, client, user, scope):
        return AUDIENCE

    def get_extra_claims(self, client, grant_type, user, scope):
        return {"cnf": {"x5t#S256": self.server.here.thumbprint}}


class Independent(rfc6749.AuthorizationServer):
    """`opaque` says which tokens it grants, `algorithm` how it signs; `methods` and `public_key` are how the resource server says who it
    is. One of its two listeners asks for a certificate, the one of `.issuer` does not."""

    def __init__(self, pki, opaque=False, algorithm="ES256", path="", methods=("client_secret_basic",), public_key=None):
        super().__init__()
        self.pki = pki
        self.here = threading.local()
        self.asked = []
        self.signed_wrong = {}
        self.published = None  # in place of `keys`
        self.tokens = {}
        self.web, self.mutual_web = self.listen(False), self.listen(True)
        self.issuer = self.web.url + path
        self.algorithm = algorithm
        self.signing_key = new_key(algorithm)
        self.keys = jwk.KeySet([self.signing_key])
        self.clients = {name: (SECRET, ("client_secret_basic",), None) for name in ("client-a", "client-b")}
        self.clients["api-gateway"] = (SECRET, methods, public_key)
        self.register_client_auth_method("private_key_jwt", Assertion(self.issuer, ["ES256", "PS256", "EdDSA"]))
        self.register_client_auth_method("tls_client_auth", self.by_certificate)
        self.register_grant(rfc6749.grants.ClientCredentialsGrant)
        # One of the two: where Authlib tries one after the other, each looks at the assertion, and the second finds its `jti` used.
        self.register_endpoint(Introspection if opaque else JWTIntrospection(self.issuer))
        self.register_endpoint(Revocation)
        bearer = rfc6750.BearerTokenGenerator(lambda *_, **__: generate_token(40) + "~+/.-_==", expires_generator=LIFETIME)
        self.register_token_generator("default", bearer if opaque else JWTGenerator(self, algorithm))

    # What Authlib leaves to a framework

    def query_client(self, client_id):
        return Client(client_id, *self.clients[client_id]) if client_id in self.clients else None

    def save_token(self, token, request):
        self.tokens[token["access_token"]] = Token(request.client, self.here.thumbprint, token)

    def create_oauth2_request(self, request):
        return request if isinstance(request, Request) else Request(request)

    def handle_response(self, status, body, headers):
        return status, dict(headers), json.dumps(body).encode()

    def send_signal(self, name, *args, **kwargs):
        pass

    def by_certificate(self, query_client, request):
        """RFC 8705 section 2.1, which Authlib does not have: Python's TLS has verified the chain."""
        client_id, certificate = request.form.get("client_id"), request.web.certificate
        subject = certificate and certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return query_client(client_id) if subject and [name.value for name in subject] == [client_id] else None

    # Keys and documents

    def rotate(self, drop_old=False):
        """Signs with a new key from now on; publishes the old ones too unless told otherwise."""
        self.signing_key = new_key(self.algorithm)
        self.keys = jwk.KeySet(([] if drop_old else list(self.keys.keys)) + [self.signing_key])

    def metadata(self):
        mutual = self.mutual_web.url
        document = rfc8414.AuthorizationServerMetadata({
            "issuer": self.issuer, "jwks_uri": self.web.url + "/keys", "token_endpoint": self.web.url + "/token",
            "introspection_endpoint": self.web.url + "/introspect", "response_types_supported": ["token"], "grant_types_supported": ["client_credentials"],
            "authorization_endpoint": self.web.url + "/authorize",
            "mtls_endpoint_aliases": {"token_endpoint": mutual + "/token", "introspection_endpoint": mutual + "/introspect"},
        })  # fmt: skip
        document.validate()
        return document

    def answer(self, web):
        """Status, headers and octets."""
        self.here.thumbprint = web.certificate and base64url(web.certificate.fingerprint(hashes.SHA256()))
        if web.path == rfc8414.get_well_known_url(self.issuer):
            return 200, {"Content-Type": "application/json"}, json.dumps(self.metadata()).encode()
        if web.path == "/keys":
            self.asked.append("keys")
            return 200, {"Content-Type": "application/json"}, json.dumps(self.published or self.keys.as_dict(private=False)).encode()
        if web.path == "/token":
            return self.create_token_response(web)
        if web.path == "/revoke":
            return self.create_endpoint_response("revocation", web)
        if web.path == "/introspect":
            request = Request(web)
            answer = self.create_endpoint_response("introspection", request)
            self.asked.append(SimpleNamespace(method=request.auth_method, status=answer[0], mutual=web.certificate is not None))
            return self.signed(request.client, answer) if answer[0] == 200 and web.headers["Accept"] == SIGNED else answer
        return 404, {}, b""

    def signed(self, client, answer):
        """RFC 9701, by joserfc; `signed_wrong` is written over header and claims."""
        header = {"alg": self.algorithm, "typ": "token-introspection+jwt", "kid": self.signing_key.kid} | self.signed_wrong.get("header", {})
        claims = {"iss": self.issuer, "aud": client.client_id, "iat": int(time.time()), "token_introspection": json.loads(answer[2])}
        text = jwt.encode(header, claims | self.signed_wrong.get("claims", {}), self.signed_wrong.get("key", self.signing_key), algorithms=[header["alg"]])
        return 200, {"Content-Type": SIGNED}, text.encode()

    def sign(self, key=None, header=None, **changes):
        """An access token (RFC 9068) by joserfc; a change to None takes a claim away."""
        key, now = key or self.signing_key, int(time.time())
        header = {"typ": "at+jwt", "alg": key.alg, "kid": key.kid} | (header or {})
        claims = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": "someone", "client_id": "someone", "iat": now, "exp": now + LIFETIME, "jti": generate_token(16),
            "scope": "accounts:read", "cnf": {"x5t#S256": self.pki.thumbprint("client-a")},
        } | changes  # fmt: skip
        header, claims = ({name: value for name, value in part.items() if value is not None} for part in (header, claims))
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])

    # The web

    def listen(self, mutual):
        answer, path = self.answer, self.pki.path
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path("server.pem"), path("server.key"))
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.load_verify_locations(path("clients-ca.pem"))

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def respond(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                der = self.connection.getpeercert(binary_form=True) if mutual else None
                pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True) if body else []
                assert len({name for name, _ in pairs}) == len(pairs), "a field is there twice"
                status, headers, octets = answer(
                    SimpleNamespace(
                        path=self.path, url=f"https://{self.headers['Host']}{self.path}", headers=self.headers, form=dict(pairs),
                        certificate=der and x509.load_der_x509_certificate(der),
                    )
                )  # fmt: skip
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(octets))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(octets)

            do_GET = do_POST = respond

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # connections that end are no news
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.url = "https://127.0.0.1:%d" % server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def end(self):
        for server in (self.web, self.mutual_web):
            server.shutdown()
            server.server_close()
