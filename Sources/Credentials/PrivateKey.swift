import COpenSSL

/// A private key of a kind that is taken here, whatever form its file had.
package struct PrivateKey: Sendable {
    package let kind: KeyKind
    /// In DER (RFC 5208), curves by their names: the one form that every library reads.
    package let pkcs8: [UInt8]
    private let publicKey: [UInt8]

    enum Fault: Error {
        case unreadable
        case kind(KeyKind)
    }

    /// - Parameter der: PKCS #8, PKCS #1 or SEC 1.
    init(der: [UInt8]) throws(Fault) {
        guard let key = OpenSSLKey(privateKey: der) else { throw .unreadable }
        key.nameItsCurve()
        kind = KeyKind(key.pointer)
        guard kind.isTaken else { throw .kind(kind) }
        guard let pkcs8 = key.pkcs8, let publicKey = key.spki else { throw .unreadable }
        self.pkcs8 = pkcs8
        self.publicKey = publicKey
    }

    /// Whether a certificate is for this key.
    package func belongs(to certificate: Certificate) -> Bool {
        defer { ERR_clear_error() }
        guard let own = OpenSSLKey(publicKey: publicKey), let parsed = certificate.parsed, let other = X509_get0_pubkey(parsed.pointer) else {
            return false
        }
        return EVP_PKEY_eq(own.pointer, other) == 1
    }
}
