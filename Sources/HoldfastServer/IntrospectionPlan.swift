import ClientIdentity
import HoldfastConfiguration
import TokenValidation

/// How one issuer will be asked about tokens, with every file for it read and understood.
struct IntrospectionPlan: Sendable {
    let settings: IntrospectionSettings
    let authentication: ClientAuthentication
    /// CAs trusted besides the system's.
    let authorities: String?

    /// Nil where a file cannot be used, which is noted among the mistakes.
    init?(
        _ introspection: HoldfastConfiguration.Introspection, of issuer: HoldfastConfiguration.TokenIssuer, _ mistakes: inout MistakeCollector
    ) {
        guard let authentication = Self.authentication(introspection.authentication, &mistakes) else { return nil }
        self.authentication = authentication
        authorities = issuer.certificateAuthorities?.path
        settings = IntrospectionSettings(
            endpoint: introspection.endpoint.flatMap { FetchURL($0.text) }, clientID: introspection.clientID,
            cache: introspection.cache.seconds, timeout: introspection.timeout.seconds, maxConcurrent: introspection.maxConcurrent,
            signedResponse: introspection.signedResponse,
            responseAlgorithms: introspection.responseAlgorithms.compactMap(SignatureAlgorithm.init))
    }

    private static func authentication(
        _ method: HoldfastConfiguration.Introspection.Authentication, _ mistakes: inout MistakeCollector
    ) -> ClientAuthentication? {
        switch method {
        case .tlsClientAuth(let pair):
            // The same reading, and the same words about what is wrong, as for every other certificate with its key.
            guard mistakes.load(pair) != nil else { return nil }
            return load(pair.privateKey, &mistakes) { () throws(ClientAuthentication.Fault) in
                try .tlsClientAuth(certificateFile: pair.certificate.path, keyFile: pair.privateKey.path)
            }
        case .privateKeyJWT(let key, let keyID):
            return load(key, &mistakes) { () throws(ClientAuthentication.Fault) in try .privateKeyJWT(keyFile: key.path, keyID: keyID) }
        case .clientSecretBasic(let file):
            return load(file, &mistakes) { () throws(ClientAuthentication.Fault) in try .clientSecretBasic(secretFile: file.path) }
        }
    }

    private static func load(
        _ file: LocatedPath, _ mistakes: inout MistakeCollector, _ body: () throws(ClientAuthentication.Fault) -> ClientAuthentication
    ) -> ClientAuthentication? {
        do throws(ClientAuthentication.Fault) {
            return try body()
        } catch {
            mistakes.add(file, problem(error))
            return nil
        }
    }

    private static func problem(_ fault: ClientAuthentication.Fault) -> String {
        switch fault {
        case .unreadable: "cannot be read"
        case .keyUnusable: "holds no private key that can sign for us: PEM without a passphrase, P-256, Ed25519, or RSA from 2048 bits"
        case .certificateUnusable: "holds no certificate in PEM"
        case .keyOfAnotherCertificate: "is not the key of the certificate"
        case .secretUnusable: "does not hold one line of printable characters; write the client's secret into it and nothing else"
        }
    }
}
