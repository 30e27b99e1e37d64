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

    /// Nil where a file cannot be used, which is noted among the mistakes.
    ///
    /// - Parameter maxConcurrent: questions at once, as configured or as many as there are descriptors for.
    init?(
        _ introspection: HoldfastConfiguration.Introspection, authorities: [NIOSSLCertificate], maxConcurrent: Int,
        _ mistakes: inout MistakeCollector
    ) {
        guard let authentication = Self.authentication(introspection.authentication, &mistakes) else { return nil }
        self.authentication = authentication
        self.authorities = authorities
        settings = IntrospectionSettings(
            endpoint: introspection.endpoint.flatMap { FetchURL($0.text) }, clientID: introspection.clientID,
            cache: introspection.cache.seconds, timeout: introspection.timeout.seconds, maxConcurrent: maxConcurrent,
            signedResponse: introspection.signedResponse,
            responseAlgorithms: introspection.responseAlgorithms.compactMap(SignatureAlgorithm.init))
    }

    private static func authentication(
        _ method: HoldfastConfiguration.Introspection.Authentication, _ mistakes: inout MistakeCollector
    ) -> ClientAuthentication? {
        switch method {
        case .tlsClientAuth(let pair):
            return mistakes.load(pair).map { .tlsClientAuth($0.identity) }
        case .privateKeyJWT(let key, let keyID):
            return mistakes.load(key) { () throws(CredentialFault) in try .privateKeyJWT(keyFile: key.path, keyID: keyID) }
        case .clientSecretBasic(let file):
            return mistakes.load(file) { () throws(CredentialFault) in try .clientSecretBasic(secretFile: file.path) }
        }
    }
}
