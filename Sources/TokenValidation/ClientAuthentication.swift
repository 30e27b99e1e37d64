package import NIOSSL

/// How we show an issuer who asks (RFC 7662 section 2.1). Holds secrets, and never shows them.
package struct ClientAuthentication: Sendable, CustomStringConvertible {
    package enum Fault: Error, Equatable, Sendable {
        case unreadable
        /// Not PEM, encrypted, or a kind of key that is not supported: P-256, Ed25519 and RSA from 2048 bits are.
        case keyUnusable
        case certificateUnusable
        /// The private key is not the certificate's.
        case keyOfAnotherCertificate
        /// The file of the secret holds nothing, or more than one line.
        case secretUnusable
    }

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

    /// By certificate (RFC 8705 section 2): PEM files, the certificate's leaf first.
    package static func tlsClientAuth(certificateFile: String, keyFile: String) throws(Fault) -> ClientAuthentication {
        let (certificateText, keyText) = (try content(certificateFile), try content(keyFile))
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificateText), !chain.isEmpty else { throw .certificateUnusable }
        guard let key = try? NIOSSLPrivateKey(bytes: keyText, format: .pem) else { throw .keyUnusable }
        return try tlsClientAuth(chain: chain, key: key)
    }

    package static func tlsClientAuth(chain: [NIOSSLCertificate], key: NIOSSLPrivateKey) throws(Fault) -> ClientAuthentication {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateChain = chain.map { .certificate($0) }
        tls.privateKey = .privateKey(key)
        guard (try? NIOSSLContext(configuration: tls)) != nil else { throw .keyOfAnotherCertificate }
        return ClientAuthentication(method: .tlsClientAuth(tls))
    }

    /// By a signed assertion (RFC 7523 section 2.2).
    package static func privateKeyJWT(keyFile: String, keyID: String?) throws(Fault) -> ClientAuthentication {
        guard let signer = AssertionSigner(pem: String(decoding: try content(keyFile), as: UTF8.self), keyID: keyID) else {
            throw .keyUnusable
        }
        return ClientAuthentication(method: .privateKeyJWT(signer))
    }

    /// By a secret (RFC 6749 section 2.3.1): the file's one line, without the line's end.
    package static func clientSecretBasic(secretFile: String) throws(Fault) -> ClientAuthentication {
        var octets = try content(secretFile)[...]
        while octets.last == UInt8(ascii: "\n") || octets.last == UInt8(ascii: "\r") { octets.removeLast() }
        // Appendix A.2: `VSCHAR`. Anything else is another file than was meant.
        guard !octets.isEmpty, octets.count <= 4096, octets.allSatisfy({ 0x20...0x7e ~= $0 }) else { throw .secretUnusable }
        return ClientAuthentication(method: .clientSecretBasic(String(decoding: octets, as: UTF8.self)))
    }

    private static func content(_ path: String) throws(Fault) -> [UInt8] {
        var file = KeySetFile(path: path)
        do throws(KeySetFile.Fault) { return try file.readIfChanged() ?? [] } catch { throw .unreadable }
    }
}
