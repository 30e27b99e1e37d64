package import Credentials
import NIOSSL

/// How we show an issuer who asks (RFC 7662 section 2.1). Holds secrets, and never shows them.
package struct ClientAuthentication: Sendable, CustomStringConvertible {
    enum Method: Sendable {
        case tlsClientAuth(TLSConfiguration)
        case privateKeyJWT(AssertionSigner)
        case clientSecretBasic(String)
    }

    let method: Method

    package var description: String {
        switch method {
        case .tlsClientAuth: "tls_client_auth"
        case .privateKeyJWT: "private_key_jwt"
        case .clientSecretBasic: "client_secret_basic"
        }
    }

    var showsCertificate: Bool { if case .tlsClientAuth = method { true } else { false } }

    /// By certificate (RFC 8705 section 2).
    package static func tlsClientAuth(_ identity: TLSIdentity) -> ClientAuthentication {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateChain = identity.chain.map { .certificate($0) }
        tls.privateKey = .privateKey(identity.key)
        return ClientAuthentication(method: .tlsClientAuth(tls))
    }

    /// By a signed assertion (RFC 7523 section 2.2).
    package static func privateKeyJWT(keyFile: String, keyID: String?) throws(CredentialFault) -> ClientAuthentication {
        let key = try PrivateKeyFile.readOne(keyFile)
        guard let signer = AssertionSigner(key, keyID: keyID) else {
            throw CredentialFault(
                keyFile, "holds a key (\(key.kind)) that assertions are not signed with here: \(AssertionSigner.taken) are possible")
        }
        return ClientAuthentication(method: .privateKeyJWT(signer))
    }

    /// By a secret (RFC 6749 section 2.3.1): the file's one line, without the line's end.
    package static func clientSecretBasic(secretFile: String) throws(CredentialFault) -> ClientAuthentication {
        ClientAuthentication(method: .clientSecretBasic(try SecretFile.read(secretFile, kind: "the client's secret")))
    }
}
