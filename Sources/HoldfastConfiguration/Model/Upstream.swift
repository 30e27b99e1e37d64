package import BindingPolicy
package import HTTPWire

extension HoldfastConfiguration {
    package struct Upstream: Equatable, Sendable {
        package enum Destination: Equatable, Sendable {
            case tcp(host: String, port: Int)
            /// The path of a Unix domain socket.
            case unix(String)

            /// Nil for a socket.
            package var host: String? { if case .tcp(let host, _) = self { host } else { nil } }
        }

        package struct TLS: Equatable, Sendable {
            /// Nil for the CAs this system trusts.
            package let certificateAuthorities: LocatedPath?
            /// What we show to an upstream that asks for a certificate.
            package let identity: KeyPair?
            /// The name in SNI and the one the certificate must be for; the first of `hosts`, where there are any.
            package let serverName: String
            /// It is the host of each request, and these are possible; empty where it is always the same.
            package let hosts: [String]
            package let minimumVersion: Version
            package let suites: Suites
            package let renegotiation: Renegotiation

            package enum Version: String, CaseIterable, Sendable {
                case tls10 = "1.0"
                case tls11 = "1.1"
                case tls12 = "1.2"
                case tls13 = "1.3"
            }

            /// Of TLS 1.2 and before it.
            package enum Suites: String, CaseIterable, Sendable {
                /// With forward secrecy and authenticated encryption (RFC 9325 section 4.2).
                case modern
                /// CBC, RSA key exchange and SHA-1 too.
                case legacy
            }

            /// Whether a server may begin another handshake, as old ones do to ask for a certificate for one location.
            package enum Renegotiation: String, CaseIterable, Sendable { case never, once, always }
        }

        package let name: UpstreamName
        /// Where the file has it: `upstream`, or `upstreams.NAME`.
        package let keyPath: String

        /// Where connections go, in the place of what the URL says.
        package struct Address: Equatable, Sendable {
            package let host: String
            package let port: Int
            package let weight: Int
        }

        package enum Balance: String, CaseIterable, Sendable {
            case leastConnections = "least-connections"
            case roundRobin = "round-robin"
        }

        /// When an address is left alone.
        package struct Health: Equatable, Sendable {
            /// In a row, of connections or before an answer.
            package let failures: Int
            /// For how long at first.
            package let rest: Duration
            /// Nil where only a connection is opened.
            package let check: Check?
        }

        /// What each address is asked now and then.
        package struct Check: Equatable, Sendable {
            package let path: String
            package let interval: Duration
            package let timeout: Duration
            /// That count as good.
            package let statuses: [Int]
        }

        package let url: String
        package let destination: Destination
        /// Empty for that of the URL alone.
        package let addresses: [Address]
        /// How often the addresses of the URL's name are looked up, each of which is then one; nil where they are not.
        package let resolveEvery: Duration?
        package let balance: Balance
        package let health: Health
        /// In how long an address that is back gets its whole share.
        package let slowStart: Duration
        /// Nil for cleartext.
        package let tls: TLS?
        package let connectTimeout: Duration
        /// Without progress of the response, once its first octet has come.
        package let responseTimeout: Duration
        /// From the last octet of the request to the first of the answer.
        package let firstOctetTimeout: Duration
        /// How long an unused connection is kept.
        package let idleTimeout: Duration
        /// Connections at once per loop.
        package let maxConnections: Int
        /// Of those, how many may serve one client certificate.
        package let maxConnectionsPerClient: Int
        /// What is spoken with it.
        package let `protocol`: Protocol
        package enum `Protocol`: String, CaseIterable, Sendable {
            case http1 = "http/1.1"
            /// Agreed by ALPN.
            case h2
            /// In clear, known beforehand.
            case h2c
        }

        package enum Isolation: String, CaseIterable, Sendable { case none, certificate }

        /// Whom connections serve one after the other: whomever, or one client alone.
        package let isolation: Isolation
        /// How long a request waits for a connection where all are in use.
        package let queueTimeout: Duration
        /// User and password by which the upstream can be sure of us; nil for none.
        package let credentialsFile: LocatedPath?
        /// What it may do wrong in its responses; none twice.
        package let tolerated: [Tolerated]
        /// Nil where its answers go out as they come.
        package let compression: CompressionTerms?

        /// Mistakes in responses that are understood by a word in the file only.
        package enum Tolerated: String, CaseIterable, Sendable {
            case repeatedChunked = "repeated_chunked"
            case lengthBesideChunked = "length_beside_chunked"
            case chunkedInHTTP10 = "chunked_in_http10"
            case bareLF = "bare_lf"
            case controlCharacters = "control_characters"
        }
    }
}
