"""Tokens, key sets and answers in the shapes that real issuers give them: members, types, order and names as they come, values made up.

A shape's `header` and `claims` are the token's own; `entry` is what its issuer's entry in the file says beside `issuer`, `audience` and
`keys`; `keys` are the members of its published keys beside those of the key itself, by their algorithm, with keys for other uses among
them. `NOW` stands for the moment and `HOUR` for an hour later, `BOUND` for the `cnf` of a client's certificate.
"""
NOW, HOUR, BOUND = "<now>", "<hour>", "<bound>"
DER = ["MIIB0TCCATqgAwIBAgIUS3f0"]
ENTRA = "11111111-2222-3333-4444-555555555555"


class Shape:
    def __init__(self, name, issuer, audience, header, claims, keys, **entry):
        self.name, self.issuer, self.audience, self.header, self.claims, self.keys, self.entry = name, issuer, audience, header, claims, keys, entry

    def but(self, name, header=None, claims=None, **entry):
        """The same with changes; a change to None takes a member away."""
        changed = [{k: v for k, v in (old | (new or {})).items() if v is not None} for old, new in ((self.header, header), (self.claims, claims))]
        return Shape(name, self.issuer, self.audience, *changed, self.keys, **{k: v for k, v in (self.entry | entry).items() if v is not None})


KEYCLOAK = Shape(
    "Keycloak", "https://kc.example.com/realms/demo", "api",
    {"alg": "RS256", "typ": "JWT", "kid": "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE"},
    {
        "iat": NOW, "exp": HOUR, "jti": "onrtac:9458e3a6-b626-471f-bc9f-47fd436fe237", "iss": "https://kc.example.com/realms/demo",
        "aud": ["api", "account"], "sub": "5ce68cc3-b0b7-4195-8665-9e757d153f5a", "typ": "Bearer", "azp": "mtls-client",
        "sid": "ad07d98f-a1ca-4860-b41a-cb7ee1b90bc1", "acr": "1", "allowed-origins": ["https://www.keycloak.org"],
        "realm_access": {"roles": ["default-roles-demo", "offline_access", "uma_authorization"]},
        "resource_access": {"account": {"roles": ["manage-account", "manage-account-links", "view-profile"]}}, "cnf": BOUND,
        "scope": "profile email payments", "email_verified": True, "name": "Jörg Ünïcode", "preferred_username": "joerg",
    },
    [
        ("RS256", {"kid": "Xm7enc", "alg": "RSA-OAEP", "use": "enc", "x5c": DER, "x5t": "x", "x5t#S256": "y"}),
        ("RS256", {"kid": "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE", "alg": "RS256", "use": "sig", "x5c": DER, "x5t": "x", "x5t#S256": "y"}),
    ],
    algorithms=["RS256"], type="any",
)  # fmt: skip
ENTRA_V2 = Shape(
    "Entra v2", f"https://login.microsoftonline.com/{ENTRA}/v2.0", "66666666-7777-8888-9999-000000000000",
    {"typ": "JWT", "alg": "RS256", "kid": "-KI3Q9nNR7bRofxmeZoXqbHZGew"},
    {
        "aud": "66666666-7777-8888-9999-000000000000", "iss": f"https://login.microsoftonline.com/{ENTRA}/v2.0", "iat": NOW, "nbf": NOW, "exp": HOUR,
        "aio": "AXQAi/8IAAAA", "azp": "e6f1", "azpacr": "1", "name": "Abe", "oid": "cc2ff825-572a-4800-96d9-8aae4c8ce3d3",
        "preferred_username": "a@b", "rh": "I", "scp": "payments", "sub": "subject-value", "tid": ENTRA, "uti": "uti-value", "ver": "2.0",
        "cnf": BOUND, "xms_tbflags": 2,
    },
    [
        ("RS512", {"kid": "9GmnyFPkhc3hOuR22mvSvgnLo7Y", "alg": None, "use": "sig", "x5t": "x", "x5c": DER, "cloud_instance_name": "microsoftonline.com"}),
        ("RS256", {"kid": "-KI3Q9nNR7bRofxmeZoXqbHZGew", "alg": None, "use": "sig", "x5t": "x", "x5c": DER, "cloud_instance_name": "microsoftonline.com"}),
    ],
    algorithms=["RS256"], type="any", scopes_from=["scope", "scp"],
)  # fmt: skip
OKTA = Shape(
    "Okta", "https://dev-1.okta.com/oauth2/default", "api://default", {"kid": "iKqiD4cr7FZKm6f05K4r-GQOvjRqjOeFmOho9V7SAXYwCc", "alg": "RS256"},
    {
        "ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": "https://dev-1.okta.com/oauth2/default", "aud": "api://default",
        "iat": NOW, "exp": HOUR, "cid": "nmdP1fcyvdVO11AL7ECm", "uid": "00ulthapbErVUwVJy4x6", "scp": ["openid", "payments"], "auth_time": NOW,
        "sub": "a@b", "cnf": BOUND,
    },
    [("RS256", {"kid": "iKqiD4cr7FZKm6f05K4r-GQOvjRqjOeFmOho9V7SAXYwCc", "use": "sig", "status": "ACTIVE", "_links": {"self": {"href": "x"}}})],
    algorithms=["RS256"], type="any", scopes_from=["scp"],
)  # fmt: skip
PINGAM = Shape(
    "PingAM", "https://am.example.com:8443/am/oauth2/realms/root/realms/alpha", "myClient",
    {"typ": "JWT", "zip": "NONE", "kid": "wU3ifIIaLOUAReRB/FG6eM1P1QM=", "alg": "PS256"},
    {
        "sub": "(usr!demo)", "cts": "OAUTH2_STATELESS_GRANT", "auth_level": 0, "auditTrackingId": "x-1", "subname": "demo",
        "iss": "https://am.example.com:8443/am/oauth2/realms/root/realms/alpha", "tokenName": "access_token", "token_type": "Bearer",
        "authGrantId": "x", "aud": "myClient", "nbf": NOW, "grant_type": "authorization_code", "scope": ["openid", "payments"],
        "auth_time": NOW, "realm": "/alpha", "exp": HOUR, "iat": NOW, "expires_in": 3600, "jti": "x", "cnf": BOUND, "claims": "{}",
    },
    [
        ("ES256", {"kid": "I4x/IijvdDsUZMghwNq2gC/7pYQ=", "x5t": "x", "use": "sig", "x5c": DER}),
        ("PS256", {"kid": "wU3ifIIaLOUAReRB/FG6eM1P1QM=", "x5t": "x", "use": "sig", "x5c": DER}),
        ("PS256", {"kid": "DkKMPE7hFVEn77WWhVuzaoFp4O8=", "use": "enc", "alg": "RSA-OAEP", "x5t": "x"}),
    ],
    algorithms=["PS256", "ES256"], type="any",
)  # fmt: skip
ADFS = Shape(
    "AD FS", "https://adfs.example.com/adfs", "microsoft:identityserver:api",
    {"typ": "JWT", "alg": "RS256", "x5t": "x", "kid": "dU2Uf4lZ9tm1EgUx5OEQtmgmHEg"},
    {
        "aud": "microsoft:identityserver:api", "iss": "https://adfs.example.com/adfs", "iat": NOW, "nbf": NOW, "exp": HOUR, "apptype": "Confidential",
        "appid": "c", "authmethod": "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/tlsclient",
        "auth_time": "2026-11-26T04:10:05.116Z", "ver": "1.0", "scp": "openid payments", "sub": "x", "cnf": BOUND,
    },
    [("RS256", {"kid": "dU2Uf4lZ9tm1EgUx5OEQtmgmHEg", "use": "sig", "x5t": "x", "x5c": DER})],
    algorithms=["RS256"], type="any", scopes_from=["scope", "scp"],
)  # fmt: skip
DUENDE = Shape(
    "Duende", "https://ids.example.com", "api", {"alg": "PS256", "kid": "2C8BD9C3A7E0F6C9", "typ": "at+jwt"},
    {
        "iss": "https://ids.example.com", "nbf": NOW, "iat": NOW, "exp": HOUR, "aud": ["api"], "scope": ["openid", "payments"], "amr": ["pwd"],
        "client_id": "mtls", "sub": "1", "auth_time": NOW, "idp": "local", "cnf": BOUND, "sid": "x", "jti": "x",
    },
    [("PS256", {"kid": "2C8BD9C3A7E0F6C9", "use": "sig"})], algorithms=["PS256"],
)  # fmt: skip
SPRING = Shape(
    "Spring Authorization Server", "http://127.0.0.1:9000", "messaging-client", {"kid": "6ee6b0a1", "alg": "RS256"},
    {
        "sub": "messaging-client", "aud": "messaging-client", "nbf": NOW, "scope": ["message.read", "payments"], "iss": "http://127.0.0.1:9000",
        "exp": HOUR, "iat": NOW, "jti": "x", "cnf": BOUND,
    },
    [("RS256", {"kid": "6ee6b0a1", "use": None, "alg": None})], algorithms=["RS256"], type="any",
)  # fmt: skip
HYDRA = Shape(
    "Hydra", "https://hydra.example.com/", "api", {"alg": "RS256", "kid": "a2d6b0a1", "typ": "JWT"},
    {
        "aud": ["api"], "client_id": "mtls", "exp": HOUR, "ext": {}, "iat": NOW, "iss": "https://hydra.example.com/", "jti": "x", "nbf": NOW,
        "scp": ["openid", "payments"], "sub": "user", "cnf": BOUND,
    },
    [("RS256", {"kid": "a2d6b0a1", "use": "sig"})], algorithms=["RS256"], type="any", scopes_from=["scope", "scp"],
)  # fmt: skip
COGNITO = Shape(
    "Cognito with a resource server's audience", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example", "api", {"kid": "c7d8", "alg": "RS256"},
    {
        "sub": "aaaaaaaa-bbbb", "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example", "version": 2, "client_id": "mtls",
        "event_id": "64f513be", "token_use": "access", "scope": "openid payments", "auth_time": NOW, "exp": HOUR, "iat": NOW, "jti": "x",
        "username": "my-test-user", "aud": "api", "cnf": BOUND,
    },
    [("RS256", {"kid": "c7d8", "use": "sig"})], algorithms=["RS256"], type="any",
)  # fmt: skip

# One of each issuer: they stand in one file. All have `payments` among their scopes, as the file says where.
SHAPES = [KEYCLOAK, ENTRA_V2, OKTA, PINGAM, ADFS, DUENDE, SPRING, HYDRA, COGNITO]

# The same issuers in another configuration of theirs, or another entry here.
VARIANTS = [
    KEYCLOAK.but("Keycloak with the header at+jwt, without client_id", {"typ": "at+jwt"}, type=None, required_claims=["sub", "iat", "jti"]),
    KEYCLOAK.but("Keycloak, client credentials", claims={"client_id": "c", "sid": None, "clientHost": "10.0.0.1", "clientAddress": "10.0.0.1"}),
    KEYCLOAK.but("Keycloak, lightweight, with an audience", claims={"sub": None, "sid": None, "acr": None}),
    ENTRA_V2.but("Entra v2, several scopes", claims={"scp": "Files.Read payments"}),
    PINGAM.but("PingAM, scope as a text, no zip", {"zip": None}, {"scope": "openid payments"}),
    ADFS.but("AD FS without auth_time", claims={"auth_time": None}),
    DUENDE.but("Duende, scopes as a text", claims={"scope": "openid payments"}),
    DUENDE.but("Duende, client credentials", claims={"sub": None, "auth_time": None, "idp": None, "sid": None, "amr": None, "iat": NOW}, required_claims=["client_id", "iat", "jti"]),
]  # fmt: skip

# Of the same issuers and as well signed, and no access tokens for this API: what is wrong, and the reason.
UNSUITABLE = [
    (KEYCLOAK.but("Keycloak, an ID token", claims={"typ": "ID", "aud": "api"}), "typ_not_accepted"),
    (KEYCLOAK.but("Keycloak, a refresh token", claims={"typ": "Refresh"}), "typ_not_accepted"),
    (KEYCLOAK.but("Keycloak, lightweight, without an audience mapper", claims={"aud": None, "sub": None}), "claim_missing"),
    (KEYCLOAK.but("Keycloak, its default audience alone", claims={"aud": "account"}), "aud_mismatch"),
    (KEYCLOAK.but("Keycloak, without a binding", claims={"cnf": None}), "cnf_missing"),
    (COGNITO.but("Cognito, an ID token", claims={"token_use": "id", "at_hash": "x"}), "typ_not_accepted"),
    (COGNITO.but("Cognito, an ID token without at_hash", claims={"token_use": "id"}), "typ_not_accepted"),
    (PINGAM.but("PingAM, an ID token", claims={"tokenName": "id_token"}), "typ_not_accepted"),
    (PINGAM.but("PingAM, compressed", {"zip": "DEF"}), "header_malformed"),
    (DUENDE.but("Duende, client credentials, where sub is required", claims={"sub": None}), "claim_missing"),
    (ENTRA_V2.but("Entra v2, another tenant", claims={"iss": "https://login.microsoftonline.com/other/v2.0"}), "iss_unknown"),
]  # fmt: skip

# What introspection endpoints say of an access token, beside `active`; `iss` and `aud` are those of the test, unless they are said here.
ANSWERS = {
    "Keycloak": {
        "exp": HOUR, "iat": NOW, "jti": "x", "sub": "s", "typ": "Bearer", "azp": "mtls", "acr": "1", "cnf": BOUND, "scope": "profile payments",
        "client_id": "mtls", "username": "joerg", "token_type": "Bearer", "active": True,
    },
    "Hydra": {
        "active": True, "scope": "openid payments", "client_id": "mtls", "sub": "user", "exp": HOUR, "iat": NOW, "nbf": NOW, "token_type": "Bearer",
        "token_use": "access_token", "ext": {}, "cnf": BOUND,
    },
    "Hydra, older": {"active": True, "scope": "payments", "client_id": "mtls", "exp": HOUR, "iat": NOW, "token_type": "access_token", "cnf": BOUND},
    "PingAM": {
        "active": True, "scope": "openid payments", "realm": "/alpha", "client_id": "mtls", "user_id": "demo", "username": "demo", "token_type": "Bearer",
        "exp": HOUR, "sub": "(usr!demo)", "subname": "demo", "auth_level": 0, "authGrantId": "x", "auditTrackingId": "x-1", "cnf": BOUND,
    },
    "Okta": {
        "active": True, "token_type": "Bearer", "scope": "openid payments", "client_id": "mtls", "username": "a@b", "exp": HOUR, "iat": NOW, "sub": "a@b",
        "jti": "AT.x", "uid": "00u", "cnf": BOUND,
    },
    "Curity": {"active": True, "sub": "joe", "purpose": "access_token", "token_type": "bearer", "client_id": "mtls", "scope": "payments", "nbf": NOW, "exp": HOUR, "cnf": BOUND},
    "Spring": {"active": True, "sub": "mtls", "nbf": NOW, "scope": "message.read payments", "exp": HOUR, "iat": NOW, "jti": "x", "client_id": "mtls", "token_type": "Bearer", "cnf": BOUND},
    "Duende": {"nbf": NOW, "exp": HOUR, "client_id": "mtls", "scope": "openid payments", "cnf": BOUND, "jti": "x", "active": True},
    "scopes as a list, and nulls for what is not there": {
        "active": True, "scope": ["openid", "payments"], "client_id": None, "username": None, "token_type": "Bearer", "exp": HOUR, "iat": NOW, "nbf": None,
        "sub": None, "jti": None, "acr": None, "auth_time": None, "cnf": {"x5t#S256": BOUND, "jkt": None},
    },
    "zero times of Go": {"active": True, "scope": "payments", "exp": HOUR, "iat": -62135596800, "nbf": -62135596800, "auth_time": -62135596800, "cnf": BOUND},
}  # fmt: skip
