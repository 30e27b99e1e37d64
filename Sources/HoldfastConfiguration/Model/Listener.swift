package import HTTPWire

extension HoldfastConfiguration {
    /// The one listener: TLS, a client certificate asked for in each handshake.
    package struct Listener: Equatable, Sendable {
        package let address: NetworkAddress
        /// Whether other processes of the same user may listen on our addresses too (SO_REUSEPORT).
        package let reusePort: Bool
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
        /// Octets of a request's body where its route does not say; nil for any number.
        package let maxBody: Int?
        /// The hosts that are served, as a `Host` field has them: in lower case, without ports, IPv6 in brackets, `*.` before a
        /// name for all with one label more; empty for whatever is asked for (RFC 9110 section 7.4).
        package let hosts: [String]
        /// Certificates of further hosts. Where there are any, `hosts` are those of the listener's own, and no host stands twice.
        package let identities: [Identity]
        /// TLS 1.2 with RSA certificates only (FAPI 1.0 Advanced section 8.5).
        package let onlyRSASuites: Bool
        /// Whether TLS sessions may be resumed.
        package let resumption: Bool
        /// What clients may choose, in our order; at least one.
        package let protocols: [ApplicationProtocol]
        package let http2: HTTP2
        /// After which a connection ends with its next answer; nil for never.
        package let maxConnectionAge: Duration?
        /// Requests of a connection; nil for any number.
        package let maxConnectionRequests: Int?
        /// Who begins connections with a PROXY header, as addresses or ranges; empty for nobody.
        package let proxyPeers: [AddressRange]
    }

    /// What a client may ask of a connection of HTTP/2.
    package struct HTTP2: Equatable, Sendable {
        /// Requests at once.
        package let maxStreams: Int
        /// Requests that it gives up, within `interval`.
        package let maxResets: Int
        /// Streams on which it breaks a rule, within `interval`.
        package let maxStreamErrors: Int
        /// CONTINUATION frames of one head.
        package let maxContinuations: Int
        /// Frames that carry nothing, within `interval`.
        package let maxGlitches: Int
        package let interval: Duration
        /// Octets of a stream's body on their way to the upstream.
        package let streamWindow: Int
        /// Of all streams' together.
        package let connectionWindow: Int
    }

    /// A certificate chain and its private key, both PEM; the leaf stands first.
    package struct KeyPair: Equatable, Sendable {
        package let certificate: LocatedPath
        package let privateKey: LocatedPath
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
        /// Of its own clients' paths.
        package let maxIntermediates: Int
        /// Of its own; without `clientTrust` the listener's.
        package let clients: [RegisteredClient]
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
}
