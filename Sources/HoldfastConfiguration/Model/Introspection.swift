package import HTTPWire

extension HoldfastConfiguration {
    /// How an issuer is asked about tokens (RFC 7662).
    package struct Introspection: Equatable, Sendable {
        package enum Authentication: Equatable, Sendable {
            /// By certificate (RFC 8705 section 2), at the issuer's mutual-TLS alias where it has one.
            case tlsClientAuth(KeyPair)
            /// By a signed assertion (RFC 7523 section 2.2).
            case privateKeyJWT(key: LocatedPath, keyID: String?)
            /// By a secret in a file (RFC 6749 section 2.3.1).
            case clientSecretBasic(LocatedPath)
        }

        package enum Endpoint: Equatable, Sendable {
            case url(HTTPURL)
            /// By the metadata of the issuer with this URL; with a certificate to show, its mutual-TLS alias first (RFC 8705 section 5).
            case discovered(from: HTTPURL)
        }

        package let endpoint: Endpoint
        package let authentication: Authentication
        package let clientID: String
        /// The longest that an answer is remembered.
        package let cache: Duration
        /// For one answer.
        package let timeout: Duration
        /// Questions under way at once.
        package let maxConcurrent: Int
        /// Answers must be signed JWTs (RFC 9701).
        package let signedResponse: Bool
        /// Of signed answers.
        package let responseAlgorithms: [Algorithm]
        /// What the issuer's opaque tokens begin with; nil for all that no other issuer's fits. The longest that fits counts;
        /// no two are the same, and at most one is nil.
        package let tokenPrefix: String?
        package let tokens: IntrospectedTokens
    }

    /// Which of an issuer's tokens it is asked about.
    package enum IntrospectedTokens: String, CaseIterable, Sendable {
        /// Those that are no JWTs; JWTs are verified by its keys alone.
        case opaque
        /// Its JWTs too, after they were verified where there are `keys`.
        case all
    }

    /// Whether an issuer's answer about a token must name an audience.
    package enum AnsweredAudience: String, CaseIterable, Sendable { case required, optional }
}
