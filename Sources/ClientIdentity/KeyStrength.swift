import COpenSSL
import Credentials

/// Which public keys are taken at all, looked at before any signature is checked with one.
enum KeyStrength {
    /// RFC 9325 section 4.5 for the lower bound. The upper one bounds the work that a stranger can ask for: checking one
    /// signature of a 16,384-bit key takes longer than a whole handshake.
    private static let rsaBits: ClosedRange<Int32> = 2048...8192
    private static let exponentBits: ClosedRange<Int32> = 2...33
    private static let curveBits: ClosedRange<Int32> = 224...640

    static func fault(of certificate: OpenSSLCertificate) -> PathFault? {
        guard let key = X509_get0_pubkey(certificate.pointer) else {
            ERR_clear_error()
            return .malformed
        }
        let bits = EVP_PKEY_get_bits(key)
        let taken =
            switch EVP_PKEY_get_base_id(key) {
            case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS: rsaBits.contains(bits) && isUsualRSA(key)
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

    /// BoringSSL takes no others in a handshake: a greater exponent would make each signature cost as much as a greater key.
    private static func isUsualRSA(_ key: OpaquePointer) -> Bool {
        var numbers: [OpaquePointer?] = [nil, nil]
        defer {
            for number in numbers { BN_free(number) }
            ERR_clear_error()
        }
        guard EVP_PKEY_get_bn_param(key, "n", &numbers[0]) == 1, EVP_PKEY_get_bn_param(key, "e", &numbers[1]) == 1 else { return false }
        return numbers.allSatisfy { BN_is_odd($0) == 1 } && exponentBits.contains(BN_num_bits(numbers[1]))
    }
}
