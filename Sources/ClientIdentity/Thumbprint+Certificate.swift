package import BindingPolicy
import Crypto

extension Thumbprint {
    /// The SHA-256 of a whole certificate as it was received, not re-encoded (RFC 8705 section 3.1).
    package init(ofCertificate der: [UInt8]) {
        var hash = SHA256()
        der.withUnsafeBytes { hash.update(bufferPointer: $0) }
        self.init(ofSHA256: hash.finalize())
    }
}
