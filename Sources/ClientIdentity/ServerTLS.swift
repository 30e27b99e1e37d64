import Credentials
package import HTTPWire
import NIOCore
package import NIOSSL

/// The listener's side of TLS: a value that contexts are made from.
package struct ServerTLS: Sendable {
    let configuration: TLSConfiguration
    /// Whether sessions may be resumed. NIOSSL cannot turn that off, so where they may not each connection has a context of its
    /// own, whose tickets no other can read. Measured (release build, one authority named): 8 % more CPU per full handshake and
    /// 4 kB more per connection; with a hundred authorities named, making the context takes 260 µs and 22 kB.
    let resumption: Bool
    package let certificateIsOptional: Bool
    /// TLS 1.3 where the certificate has a key that the suites for 1.2 cannot be spoken with.
    package var minimumVersion: TLSVersion { configuration.minimumTLSVersion }

    /// - Parameters:
    ///   - anchors: named to clients in the request for their certificate, so that they choose the right one; nil under
    ///     `trust: any`. Paths are not validated against them here: that is `ClientAuthenticator`'s.
    ///   - minimumVersion: TLS 1.2 or 1.3.
    ///   - certificateIsOptional: a client without a certificate is let in, as nobody; one that is shown is judged all the same.
    ///   - onlyRSASuites: TLS 1.2 with the two suites of FAPI 1.0 Advanced section 8.5 only. A certificate with another kind of key
    ///     has none of them, so TLS 1.3 is then the minimum, and clients are told so instead of that nothing was agreed.
    ///   - protocols: in our order.
    ///   - onlyPostQuantum: TLS 1.3 with X25519MLKEM768 only. Otherwise a client that lists X25519 before it gets X25519: BoringSSL
    ///     follows the client's order, and NIOSSL cannot tell it to follow ours.
    package init(
        _ credentials: ServerCredentials, anchors: TrustAnchors?, minimumVersion: TLSVersion = .tlsv12, certificateIsOptional: Bool = false,
        onlyRSASuites: Bool = false, onlyPostQuantum: Bool = false, resumption: Bool = true,
        protocols: [ApplicationProtocol] = ApplicationProtocol.allCases
    ) {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: credentials.chain.map { .certificate($0) }, privateKey: .privateKey(credentials.key))
        configuration.minimumTLSVersion = minimumVersion
        TLSPolicy.apply(to: &configuration)
        if onlyRSASuites {
            TLSPolicy.restrictToRSASuites(&configuration)
            if !credentials.hasRSAKey { configuration.minimumTLSVersion = .tlsv13 }
        }
        if onlyPostQuantum { TLSPolicy.restrictToPostQuantum(&configuration) }
        // The suites of TLS 1.2 above are all that HTTP/2 allows (RFC 9113 section 9.2.2).
        configuration.applicationProtocols = protocols.map(\.rawValue)
        // How long a client's close_notify is waited for after ours. NIOSSL holds a connection (25 kB) for this long even
        // when it is reset meanwhile, so at 1,000 handshakes a second each second here costs 25 MB.
        configuration.shutdownTimeout = .seconds(1)
        // A certificate is asked for and required (MTLS-01); who is let in is decided by the verification callback, which
        // replaces BoringSSL's path validation and nothing else: CertificateVerify is checked after it (handshake.cc,
        // tls13_server.cc). An empty list, not `.default`, or each context would load the system's authorities.
        configuration.certificateVerification = certificateIsOptional ? .optionalVerification : .noHostnameVerification
        configuration.trustRoots = .certificates([])
        if let names = anchors?.namesForClients {
            configuration.trustRoots = .certificates(names)
            configuration.sendCANameList = true
        }
        self.configuration = configuration
        self.resumption = resumption
        self.certificateIsOptional = certificateIsOptional
    }

    /// For a listener that asks nobody for a certificate, with the same certificate and versions of its own.
    package var withoutClientCertificates: ServerTLS { ServerTLS(publicFormOf: self) }

    private init(publicFormOf other: ServerTLS) {
        var configuration = other.configuration
        configuration.certificateVerification = .none
        configuration.applicationProtocols = [ApplicationProtocol.http1.rawValue]
        configuration.sendCANameList = false
        configuration.trustRoots = .certificates([])
        self.configuration = configuration
        resumption = other.resumption
        certificateIsOptional = true
    }
}

extension TrustAnchors {
    /// Beyond this the request for a certificate would grow past what clients take (a bundle of a country's authorities has
    /// hundreds), so none is named, and a client chooses by itself (RFC 8446 section 4.2.4).
    private static let nameLimit = 100

    fileprivate var namesForClients: [NIOSSLCertificate]? {
        guard certificates.count <= Self.nameLimit else { return nil }
        // A client that has no intermediate knows its authority by that one's name only.
        return forTLS + intermediates.prefix(Self.nameLimit - certificates.count).map(\.forTLS)
    }
}
