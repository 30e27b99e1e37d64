package import BindingPolicy
package import HTTPWire

/// All that one `holdfast.yaml` says, checked and with every default filled in. Immutable: a reload makes another one.
package struct HoldfastConfiguration: Equatable, Sendable {
    /// The file it was read from, as it was named to us.
    package let file: String
    /// As it was read.
    package let text: String
    package let listener: Listener
    package let clientTrust: ClientTrust
    /// Files (PEM) of certificates between clients and their CAs, lent to clients that do not send them.
    package let intermediates: [LocatedPath]
    /// The only ones that are let in; empty for all whose certificates are accepted. No id twice.
    package let clients: [RegisteredClient]
    /// Certificates that are let in no more; nil for none.
    package let denyList: LocatedPath?
    /// At least one; no issuer twice.
    package let tokens: [TokenIssuer]
    /// What this API says of itself (RFC 9728); nil where the file does not say.
    package let resource: Resource?
    /// The rules of an ecosystem, already worked into everything else here; nil for none.
    package let profile: Profile?
    package let upstream: Upstream
    package let forward: Forward
    package let routes: [Route]
    /// Where the file has them: `routes`, or `routes.list`.
    package let routesKey: String
    /// Its fallback has `reportOnly` where the whole file has; each route then has it too.
    package let routeTable: RouteTable
    /// The claims that routes compare or that are forwarded, each once.
    package let claimNames: [ClaimName]
    /// Where `/livez`, `/readyz` and `/metrics` are served in clear; nil for nowhere.
    package let admin: NetworkAddress?
    package let log: Log
    package let shutdown: Shutdown
    /// Event loops; nil for one per core that this process may use.
    package let threads: Int?
    /// Verified tokens remembered per loop; 0 for none.
    package let verificationCache: Int
}

extension HoldfastConfiguration {
    /// A certificate chain and its private key, both PEM; the leaf stands first.
    package struct KeyPair: Equatable, Sendable {
        package let certificate: LocatedPath
        package let privateKey: LocatedPath
    }

    package enum TLSVersion: String, CaseIterable, Sendable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    package enum KeyExchange: String, CaseIterable, Sendable {
        /// X25519MLKEM768, X25519, P-256 or P-384, as the client prefers.
        case any = "default"
        /// X25519MLKEM768.
        case postQuantumOnly = "post-quantum-only"
    }

    /// What the listener shows to clients that ask for some hosts, and whom it lets in there.
    package struct Identity: Equatable, Sendable {
        /// As in `Listener.hosts`; at least one.
        package let hosts: [String]
        package let pair: KeyPair
        /// Nil for the same clients as everywhere.
        package let clientTrust: ClientTrust?
        /// Of its own clients' certificates.
        package let intermediates: [LocatedPath]
        /// Of its own; without `clientTrust` the listener's.
        package let clients: [RegisteredClient]
    }

    /// The one listener: TLS, a client certificate asked for in each handshake.
    package struct Listener: Equatable, Sendable {
        package let address: NetworkAddress
        package let identity: KeyPair
        package let minimumTLS: TLSVersion
        package let keyExchange: KeyExchange
        /// From the accepted connection to the end of its handshake.
        package let handshakeTimeout: Duration
        /// From the first octet of a request head to its last.
        package let headTimeout: Duration
        /// Between two requests of a connection.
        package let idleTimeout: Duration
        /// Without any progress of a request body.
        package let bodyTimeout: Duration
        /// Octets per second by which a body must at least advance while the client is waited for; 0 for no such bound.
        package let minimumBodyRate: Int
        /// Client connections at once, over all loops.
        package let maxConnections: Int
        /// Of those, the ones whose handshake is not done; beyond it one of them is closed.
        package let maxHandshakes: Int
        /// Octets of a request head.
        package let maxHead: Int
        /// Octets of a request's target; at most `maxHead`.
        package let maxTarget: Int
        /// Fields of a request.
        package let maxFields: Int
        /// The hosts that are served, as a `Host` field has them: in lower case, without ports, IPv6 in brackets; empty for
        /// whatever is asked for (RFC 9110 section 7.4).
        package let hosts: [String]
        /// Certificates of further hosts. Where there are any, `hosts` are those of the listener's own, and no host stands twice.
        package let identities: [Identity]
        /// TLS 1.2 with RSA certificates only (FAPI 1.0 Advanced section 8.5).
        package let onlyRSASuites: Bool
        /// Whether TLS sessions may be resumed.
        package let resumption: Bool
    }

    /// Ecosystems that Holdfast knows the rules of.
    package enum Profile: String, CaseIterable, Sendable { case fapi2, fapi1, uk, brazil, cdr }

    /// What is done with `x-fapi-interaction-id`.
    package enum InteractionID: String, CaseIterable, Sendable {
        /// A field like any other.
        case pass
        /// Played back, and made where the client sent none that is a UUID (FAPI 1.0 Baseline section 6.2.1 (11)).
        case echo
        /// Played back, and a request without one refused (Open Finance Brasil).
        case require
    }

    /// The form of the bodies of our own answers.
    package enum ErrorBody: String, CaseIterable, Sendable { case problem, uk, brazil, cdr }

    /// Protected resource metadata (RFC 9728 section 2).
    package struct Resource: Equatable, Sendable {
        package let identifier: HTTPURL
        /// A TLS listener without client certificates that serves only the metadata; nil for none.
        package let metadataAddress: NetworkAddress?
        package let name: String?
        package let documentation: HTTPURL?
        package let policy: HTTPURL?
        package let terms: HTTPURL?
    }

    package enum ClientTrust: Equatable, Sendable {
        /// A path to one of the CAs in these files (PEM), and to no others. At least one file.
        case authorities([Authorities], usage: CertificateUsage)
        /// A certificate of a workload of this SPIFFE trust domain, with a path to a CA in its bundle.
        case spiffe(bundle: LocatedPath, trustDomain: String)
        /// Whatever certificate whose key the client proves; the binding of the token is then the only check.
        case any
    }

    /// What clients' certificates must have been issued for.
    package enum CertificateUsage: String, CaseIterable, Sendable {
        case client
        /// Whatever: servers, code, mail.
        case any
    }

    /// A file of CAs, and what is asked about the certificates that they issue.
    package struct Authorities: Equatable, Sendable {
        package let file: LocatedPath
        /// Nil where nobody asks whether they have been revoked.
        package let revocation: Revocation?
    }

    /// Revocation lists (RFC 5280 section 5), and what they are asked.
    package struct Revocation: Equatable, Sendable {
        package enum Scope: String, CaseIterable, Sendable { case leaf, chain }
        package enum Staleness: String, CaseIterable, Sendable { case refuse, accept }

        /// PEM or DER; at least one, of these or of `urls`.
        package let lists: [LocatedPath]
        /// From where lists are fetched.
        package let urls: [HTTPURL]
        /// Between two looks at those, at most.
        package let refresh: Duration
        /// Who is asked in place of lists; then there are none.
        package let responders: Responders?
        /// Whether only the client's own certificate is looked up, or also those between it and its CA.
        package let scope: Scope
        /// What a list means whose next update is due, or a responder that gives no answer.
        package let whenStale: Staleness
    }

    /// Who is asked about single certificates (RFC 6960).
    package struct Responders: Equatable, Sendable {
        /// Nil where the certificate says whom to ask.
        package let responder: HTTPURL?
        /// `host` or `host:port`: those that a certificate may name.
        package let fromCertificate: [String]
        /// For which an answer is kept at most.
        package let cache: Duration
        /// For a question.
        package let timeout: Duration
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

    /// Which of an issuer's tokens it is asked about.
    package enum IntrospectedTokens: String, CaseIterable, Sendable {
        /// Those that are no JWTs; JWTs are verified by its keys alone.
        case opaque
        /// Its JWTs too, after they were verified where there are `keys`.
        case all
    }

    /// Whether an issuer's answer about a token must name an audience.
    package enum AnsweredAudience: String, CaseIterable, Sendable { case required, optional }

    /// What a server may call a document that keys come from.
    package enum MediaType: String, CaseIterable, Sendable {
        /// `application/json`, and for key sets `application/jwk-set+json` (RFC 7517 section 8.5, RFC 8414 section 3.2).
        case json
        /// Whatever it likes.
        case any
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

    package struct Upstream: Equatable, Sendable {
        package enum Destination: Equatable, Sendable {
            case tcp(host: String, port: Int)
            /// The path of a Unix domain socket.
            case unix(String)
        }

        package struct TLS: Equatable, Sendable {
            /// Nil for the CAs this system trusts.
            package let certificateAuthorities: LocatedPath?
            /// What we show to an upstream that asks for a certificate.
            package let identity: KeyPair?
            /// The name in SNI and the one the certificate must be for.
            package let serverName: String
        }

        package let url: String
        package let destination: Destination
        /// Nil for cleartext.
        package let tls: TLS?
        package let connectTimeout: Duration
        /// From the last octet of the request to the head of the response, and without progress after that.
        package let responseTimeout: Duration
        /// How long an unused connection is kept.
        package let idleTimeout: Duration
        /// Connections at once per loop.
        package let maxConnections: Int
        /// Of those, how many may serve one client certificate.
        package let maxConnectionsPerClient: Int
        /// How long a request waits for a connection where all are in use.
        package let queueTimeout: Duration
        /// User and password by which the upstream can be sure of us; nil for none.
        package let credentialsFile: LocatedPath?
    }

    package struct Forward: Equatable, Sendable {
        package enum Authorization: String, CaseIterable, Sendable { case keep, remove }
        package enum ClientAddress: String, CaseIterable, Sendable {
            /// `X-Forwarded-For` and `X-Forwarded-Proto`, from the socket alone.
            case xForwarded = "x-forwarded"
            case none
        }

        /// A claim of the token as a field for the upstream.
        package struct ForwardedClaim: Equatable, Sendable {
            package let claim: ClaimName
            package let header: String
        }

        /// What the signed field is called, and says of itself.
        package struct Context: Equatable, Sendable {
            package let header: String
            /// P-256 or Ed25519; nil for a key of this process alone.
            package let privateKey: LocatedPath?
            /// `iss`.
            package let issuer: String
            /// `aud`; nil for none.
            package let audience: String?
            /// From `iat` to `exp`, whole seconds.
            package let lifetime: Duration
        }

        /// What a certificate may say of its holder.
        package enum ClientFact: String, CaseIterable, Sendable {
            /// The registered client's.
            case id
            /// The subject's `organizationIdentifier`.
            case organization
            /// PSD2's, with commas between.
            case roles
            case spiffeID = "spiffe_id"
        }

        package struct ForwardedFact: Equatable, Sendable {
            package let fact: ClientFact
            package let header: String
        }

        /// The name of the field that carries the thumbprint, in base64url.
        package let thumbprintHeader: String
        package let authorization: Authorization
        /// Names removed in addition to those that always are, as written in the file.
        package let strip: [String]
        /// Names that are not removed although the built-in list has them or they are of the family of a field we set. None that we set.
        package let keep: [String]
        package let clientAddress: ClientAddress
        package let claims: [ForwardedClaim]
        /// In which words the upstream is told of the client's certificate, beside its thumbprint.
        package let certificate: [CertificateDialect]
        /// What it is told in fields of their own of what the certificate says.
        package let client: [ForwardedFact]
        /// A signed field by which it can tell a request that went past us; nil for none.
        package let context: Context?
        package let interactionID: InteractionID
        package let errorBody: ErrorBody
    }

    /// The way out after SIGTERM.
    package struct Shutdown: Equatable, Sendable {
        /// How long it goes on accepting and answering while it says that it is not ready: load balancers need a while to see that.
        package let delay: Duration
        /// How long requests may finish after that before they are cut.
        package let drainTimeout: Duration
    }

    package struct Log: Equatable, Sendable {
        package enum Level: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error, critical }

        package let level: Level
        /// A line per request on standard output.
        package let access: Bool
    }
}

extension HoldfastConfiguration {
    /// Whether no request passes without a token bound to its certificate, on any route and at any time: what the metadata may
    /// promise to clients (RFC 8705 section 3.3, RFC 9728 section 2).
    package var isBoundEverywhere: Bool {
        (routes.map(\.policy) + [routeTable.fallback]).allSatisfy { $0.requirement == .boundToken && $0.reportOnly == nil }
    }

    /// Whether clients may connect without a certificate, since there is a route that asks for none.
    package var isCertificateOptional: Bool { routes.contains { $0.policy.requirement == .nothing } }
}
