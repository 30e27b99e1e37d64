package import HTTPWire

extension HoldfastConfiguration {
    package struct TokenIssuer: Equatable, Sendable {
        package let issuer: IssuerIdentifier
        /// One of these must be in a token's `aud`, exactly.
        package let audiences: [String]
        package let algorithms: [Algorithm]
        package let keys: KeySource
        /// What the servers of its key set and metadata may call them.
        package let keysMediaType: MediaType
        package let type: TokenType
        /// Of each JWT, beside `iss`, `exp` and `aud`, which every one must have.
        package let requiredClaims: [String]
        /// The claims whose scopes count: one text with spaces between them, or a list.
        package let scopesFrom: [String]
        /// How long after its `exp` a token is still taken.
        package let leeway: Duration
        /// CAs for fetching keys and metadata, in addition to the system's.
        package let certificateAuthorities: LocatedPath?
        /// In this time, tokens with unknown keys cause at most one fetch.
        package let cooldown: Duration
        /// The greatest age of keys before they are looked at again, whatever the issuer's `Cache-Control` says: a key that was
        /// removed is refused from then on.
        package let refreshKeys: Duration
        /// How long the last good keys serve while the issuer cannot be reached.
        package let staleKeys: Duration
        /// Nil where its tokens are JWTs that are only verified.
        package let introspection: Introspection?
        /// Of answers about its tokens; without `introspection` of no meaning.
        package let audienceInAnswer: AnsweredAudience
        /// Whether its JWTs are verified here, before they are asked about where there is `introspection`. Where not, `keys`
        /// serve for signed answers only.
        package let verifiesJWTs: Bool
    }

    /// Signature algorithms a token may use (RFC 7518, RFC 8037). HMAC and `none` have no place here.
    package enum Algorithm: String, CaseIterable, Sendable {
        case es256 = "ES256"
        case es384 = "ES384"
        case es512 = "ES512"
        case ps256 = "PS256"
        case ps384 = "PS384"
        case ps512 = "PS512"
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        /// On the curve Ed25519; written `Ed25519` (RFC 9864) it is the same.
        case edDSA = "EdDSA"
    }

    package enum TokenType: String, CaseIterable, Sendable {
        /// `typ` is `at+jwt` (RFC 9068).
        case accessToken = "at+jwt"
        /// Also `JWT` or no `typ`.
        case any = "any"

        /// What a token must have beside `iss`, `exp` and `aud` where the file does not say.
        package var requiredClaims: [String] {
            switch self {
            case .accessToken: ["sub", "client_id", "iat", "jti"]
            case .any: []
            }
        }
    }

    package enum KeySource: Equatable, Sendable {
        case url(HTTPURL)
        /// A JSON Web Key Set.
        case file(LocatedPath)
        /// By the metadata of the issuer with this URL (RFC 8414).
        case discovered(from: HTTPURL)
        /// Its tokens are never verified here: each is looked up by introspection.
        case none
    }

    /// What a server may call a document that keys come from.
    package enum MediaType: String, CaseIterable, Sendable {
        /// `application/json`, and for key sets `application/jwk-set+json` (RFC 7517 section 8.5, RFC 8414 section 3.2).
        case json
        /// Whatever it likes.
        case any
    }
}
