package import BindingPolicy
import COpenSSL
import Credentials
import Crypto

extension Thumbprint {
    /// Of an authority whatever its certificate: its name and its key, so that no cross-certificate makes another of it.
    ///
    /// - Parameter der: one of its certificates; nil where that cannot be read.
    package init?(ofAuthority der: [UInt8]) {
        guard let certificate = OpenSSLCertificate(der: der) else { return nil }
        self.init(ofAuthority: certificate.pointer)
    }

    init?(ofAuthority certificate: OpaquePointer) {
        defer { ERR_clear_error() }
        guard let name = OpenSSLDER.octets({ i2d_X509_NAME(X509_get_subject_name(certificate), $0) }),
            let key = OpenSSLDER.octets({ i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), $0) })
        else { return nil }
        // Each says its own length.
        self.init(ofSHA256: SHA256.hash(data: name + key))
    }
}
