package import BindingPolicy
import Crypto

extension Thumbprint {
    /// The SHA-256 of a whole certificate as it was received, not re-encoded (RFC 8705 section 3.1).
    package init(ofCertificate der: [UInt8]) {
        var hash = SHA256()
        der.withUnsafeBytes { hash.update(bufferPointer: $0) }
        guard let thumbprint = hash.finalize().withUnsafeBytes({ Thumbprint(digest: $0) }) else {
            preconditionFailure("a SHA-256 digest has 32 octets")
        }
        self = thumbprint
    }
}
