import COpenSSL

/// One parsed certificate, owned: OpenSSL's `X509` and nothing else.
///
/// Immutable after its making, and OpenSSL guards the little it computes lazily with its own locks.
package final class OpenSSLCertificate {
    package let pointer: OpaquePointer

    /// - Parameter der: exactly one certificate; nil for anything else, trailing octets included.
    package init?(der: [UInt8]) {
        guard let parsed = OpenSSLDER.value(in: der, free: X509_free, { d2i_X509(nil, $0, $1) }) else { return nil }
        pointer = parsed
    }

    deinit { X509_free(pointer) }

    /// As it was read; nil where there is no memory for it.
    package static func der(of certificate: OpaquePointer) -> [UInt8]? { OpenSSLDER.octets { i2d_X509(certificate, $0) } }

    /// Whether its key usage, if it has one, includes digitalSignature.
    package var maySign: Bool { X509_get_key_usage(pointer) & UInt32(X509v3_KU_DIGITAL_SIGNATURE) != 0 }

    /// Its extended key usage has serverAuth and not clientAuth.
    package var isForServersOnly: Bool {
        let usage = X509_get_extended_key_usage(pointer)
        return usage != UInt32.max && usage & UInt32(XKU_SSL_SERVER) != 0 && usage & UInt32(XKU_SSL_CLIENT) == 0
    }

    /// Nil where its key cannot be read.
    package var keyKind: KeyKind? {
        defer { ERR_clear_error() }
        return X509_get0_pubkey(pointer).map { KeyKind($0) } ?? unknownKeyKind
    }

    /// Of an algorithm that OpenSSL does not know, such as one that is newer.
    private var unknownKeyKind: KeyKind? {
        var algorithm: OpaquePointer?
        guard X509_PUBKEY_get0_param(&algorithm, nil, nil, nil, X509_get_X509_PUBKEY(pointer)) == 1, let algorithm else { return nil }
        let known = [NID_rsaEncryption, NID_X9_62_id_ecPublicKey, EVP_PKEY_ED25519]
        guard !known.contains(OBJ_obj2nid(algorithm)) else { return nil }
        var text = [CChar](repeating: 0, count: 80)
        let count = Int(OBJ_obj2txt(&text, Int32(text.count), algorithm, 0))
        guard count > 0, count < text.count else { return nil }
        return .other(String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// Nil where a date cannot be read.
    package var window: ValidityWindow? { Self.window(of: pointer) }

    package static func window(of certificate: OpaquePointer) -> ValidityWindow? {
        guard let notBefore = seconds(X509_get0_notBefore(certificate)), let notAfter = seconds(X509_get0_notAfter(certificate))
        else { return nil }
        return ValidityWindow(notBefore: notBefore, notAfter: notAfter)
    }

    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Double? {
        guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        return Double(days) * 86_400 + Double(seconds)
    }

    /// The subject as RFC 2253 text; everything outside printable ASCII is escaped.
    package var subject: String { Self.text(of: X509_get_subject_name(pointer)) }

    /// Likewise.
    package var issuer: String { Self.text(of: X509_get_issuer_name(pointer)) }

    /// Hexadecimal digits; nil where there is no memory for them.
    package var serial: String? {
        guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(pointer), nil) else { return nil }
        defer { BN_free(number) }
        guard let digits = BN_bn2hex(number) else { return nil }
        defer { CRYPTO_free(digits, nil, 0) }
        return String(cString: digits)
    }

    /// DER of its SubjectPublicKeyInfo, as written; nil where it cannot be had.
    package var publicKeyDER: [UInt8]? { OpenSSLDER.octets { i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pointer), $0) } }

    static func text(of name: OpaquePointer?) -> String { rfc2253(name) ?? "" }

    /// Nil where a value in it cannot be read.
    static func rfc2253(_ name: OpaquePointer?) -> String? {
        guard let name, let out = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(out) }
        guard holdfast_print_name(out, name) >= 0 else {
            ERR_clear_error()
            return nil
        }
        var text: UnsafeMutablePointer<CChar>?
        let count = holdfast_memory_contents(out, &text)
        guard let text, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self)
    }
}
