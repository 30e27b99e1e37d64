import COpenSSL

/// One key, owned: OpenSSL's `EVP_PKEY` and nothing else.
final class OpenSSLKey {
    let pointer: OpaquePointer

    /// - Parameter der: exactly one private key, not encrypted, as PKCS #8 (RFC 5208), PKCS #1 (RFC 8017 appendix A.1.2) or SEC 1
    ///   (RFC 5915); nil for anything else.
    init?(privateKey der: [UInt8]) {
        guard let key = OpenSSLDER.value(in: der, free: EVP_PKEY_free, { d2i_AutoPrivateKey(nil, $0, $1) }) else { return nil }
        pointer = key
    }

    /// - Parameter spki: a `SubjectPublicKeyInfo`.
    init?(publicKey spki: [UInt8]) {
        guard let key = OpenSSLDER.value(in: spki, free: EVP_PKEY_free, { d2i_PUBKEY(nil, $0, $1) }) else { return nil }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

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
        return OpenSSLDER.octets { i2d_PKCS8_PRIV_KEY_INFO(info, $0) }
    }

    /// `SubjectPublicKeyInfo` in DER.
    var spki: [UInt8]? {
        defer { ERR_clear_error() }
        return OpenSSLDER.octets { i2d_PUBKEY(pointer, $0) }
    }
}
