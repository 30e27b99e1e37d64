package import NIOSSL

/// One certificate of a file, which both OpenSSL and BoringSSL can read.
package struct Certificate: Sendable {
    /// As written and not encoded anew.
    package let der: [UInt8]
    package let forTLS: NIOSSLCertificate

    /// - Parameter position: in its file, from 1 on.
    init(der: [UInt8], position: Int, of path: String) throws(CredentialFault) {
        guard OpenSSLCertificate(der: der) != nil else { throw CredentialFault(path, "certificate \(position) in it cannot be read") }
        do { forTLS = try NIOSSLCertificate(bytes: der, format: .der) } catch {
            throw CredentialFault(path, "certificate \(position) in it cannot be used for TLS")
        }
        self.der = der
    }

    package var parsed: OpenSSLCertificate? { OpenSSLCertificate(der: der) }
}
