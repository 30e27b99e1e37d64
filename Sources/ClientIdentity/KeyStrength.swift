import COpenSSL
import Credentials

/// Which public keys are taken at all, looked at before any signature is checked with one.
enum KeyStrength {
    /// RFC 9325 section 4.5 for the lower bound. The upper one bounds the work that a stranger can ask for: checking one
    /// signature of a 16,384-bit key takes longer than a whole handshake.
    private static let rsaBits: ClosedRange<Int32> = 2048...8192
    private static let curveBits: ClosedRange<Int32> = 224...640

    static func fault(of certificate: OpenSSLCertificate) -> PathFault? {
        guard let key = X509_get0_pubkey(certificate.pointer) else {
            ERR_clear_error()
            return .malformed
        }
        let bits = EVP_PKEY_get_bits(key)
        let taken =
            switch EVP_PKEY_get_base_id(key) {
            case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS: rsaBits.contains(bits)
            case EVP_PKEY_EC: curveBits.contains(bits)
            case EVP_PKEY_ED25519, EVP_PKEY_ED448: true
            default: false
            }
        return taken ? nil : .weak
    }

    /// Of the certificate whose key the client has to prove: a handshake takes fewer kinds than a path, and for the others it ends
    /// in BoringSSL, before anything here is asked.
    static func fault(ofLeaf certificate: OpenSSLCertificate) -> PathFault? {
        guard let kind = certificate.keyKind else { return .malformed }
        return kind.isTaken ? fault(of: certificate) : .keyUnsupported(kind)
    }

    /// For a leaf that is only the container of a key (RFC 8705 section 6.2): it can be read and its key is taken.
    static func fault(ofLeaf der: [UInt8]) -> PathFault? { OpenSSLCertificate(der: der).map { fault(ofLeaf: $0) } ?? .malformed }
}
