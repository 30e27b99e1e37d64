extension HoldfastConfiguration {
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
        /// What it may do wrong in its responses; none twice.
        package let tolerated: [Tolerated]

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
