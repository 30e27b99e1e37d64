import COpenSSL

/// One key, owned: OpenSSL's `EVP_PKEY` and nothing else.
final class OpenSSLKey {
    let pointer: OpaquePointer

    /// - Parameter der: exactly one private key, not encrypted, as PKCS #8 (RFC 5208), PKCS #1 (RFC 8017 appendix A.1.2) or SEC 1
    ///   (RFC 5915); nil for anything else.
    init?(privateKey der: [UInt8]) {
        guard let key = Self.parse(der, { d2i_AutoPrivateKey(nil, $0, $1) }) else { return nil }
        pointer = key
    }

    /// - Parameter spki: a `SubjectPublicKeyInfo`.
    init?(publicKey spki: [UInt8]) {
        guard let key = Self.parse(spki, { d2i_PUBKEY(nil, $0, $1) }) else { return nil }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

    private static func parse(
        _ der: [UInt8], _ read: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
    ) -> OpaquePointer? {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { octets in
            var position = octets.baseAddress
            guard let key = read(&position, octets.count) else { return nil }
            guard let start = octets.baseAddress, let position, position - start == octets.count else {
                EVP_PKEY_free(key)
                return nil
            }
            return key
        }
    }

    /// Writes a curve by its name from now on, where the file wrote its parameters out.
    func nameItsCurve() {
        guard EVP_PKEY_get_base_id(pointer) == EVP_PKEY_EC else { return }
        EVP_PKEY_set_utf8_string_param(pointer, "encoding", "named_curve")
        ERR_clear_error()
    }

    /// PKCS #8 in DER (RFC 5208).
    var pkcs8: [UInt8]? {
        defer { ERR_clear_error() }
        guard let info = EVP_PKEY2PKCS8(pointer) else { return nil }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        return Self.der { i2d_PKCS8_PRIV_KEY_INFO(info, $0) }
    }

    /// `SubjectPublicKeyInfo` in DER.
    var spki: [UInt8]? {
        defer { ERR_clear_error() }
        return Self.der { i2d_PUBKEY(pointer, $0) }
    }

    private static func der(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> CInt) -> [UInt8]? {
        let count = Int(write(nil))
        guard count > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var position = buffer.baseAddress
            initialized = max(0, min(Int(write(&position)), count))
        }
    }
}
