import ClientIdentity
import Credentials
import HoldfastConfiguration
import NIOSSL
import TokenValidation

/// How one issuer will be asked about tokens, with every file for it read and understood.
struct IntrospectionPlan: Sendable {
    let settings: IntrospectionSettings
    let authentication: ClientAuthentication
    /// CAs trusted besides the system's.
    let authorities: [NIOSSLCertificate]
    /// Whether it does not matter what the issuer's server calls its metadata.
    let anyMediaType: Bool

    /// Nil where a file cannot be used, which is noted among the mistakes.
    ///
    /// - Parameter maxConcurrent: questions at once, as configured or as many as there are descriptors for.
    init?(
        _ introspection: HoldfastConfiguration.Introspection, authorities: [NIOSSLCertificate], anyMediaType: Bool, maxConcurrent: Int,
        _ mistakes: inout MistakeCollector
    ) {
        guard let authentication = Self.authentication(introspection.authentication, &mistakes) else { return nil }
        self.authentication = authentication
        self.authorities = authorities
        self.anyMediaType = anyMediaType
        settings = IntrospectionSettings(
            endpoint: .init(introspection.endpoint), clientID: introspection.clientID,
            cache: introspection.cache.seconds, timeout: introspection.timeout.seconds, maxConcurrent: maxConcurrent,
            signedResponse: introspection.signedResponse,
            responseAlgorithms: introspection.responseAlgorithms.compactMap(SignatureAlgorithm.init))
    }

    private static func authentication(
        _ method: HoldfastConfiguration.Introspection.Authentication, _ mistakes: inout MistakeCollector
    ) -> ClientAuthentication? {
        switch method {
        case .tlsClientAuth(let pair):
            return mistakes.load(pair, shownFor: nil).map { .tlsClientAuth($0.identity) }
        case .privateKeyJWT(let key, let keyID):
            return mistakes.loadSecret(key) { () throws(CredentialFault) in try .privateKeyJWT(keyFile: key.path, keyID: keyID) }
        case .clientSecretBasic(let file):
            return mistakes.loadSecret(file) { () throws(CredentialFault) in try .clientSecretBasic(secretFile: file.path) }
        }
    }
}

extension IntrospectionSettings.Endpoint {
    fileprivate init(_ endpoint: HoldfastConfiguration.Introspection.Endpoint) {
        switch endpoint {
        case .url(let url): self = .url(url)
        case .discovered(let issuer): self = .discovered(from: issuer)
        }
    }
}
