import COpenSSL

/// What a certificate says of its holder and its issuer, read by OpenSSL. Whatever cannot be read is nil, never a guess.
package struct CertificateDetails: Sendable {
    package let subject: DistinguishedName
    package let issuer: DistinguishedName
    package let serial: SerialNumber?
    package let window: ValidityWindow?
    /// In the certificate's order, none where it has no such extension.
    package let alternativeNames: [AlternativeName]?
    /// Of the whole certificate: 20 octets, for those who know certificates by nothing better.
    package let sha1: [UInt8]?

    package init(_ certificate: OpenSSLCertificate) {
        defer { ERR_clear_error() }
        subject = DistinguishedName(X509_get_subject_name(certificate.pointer))
        issuer = DistinguishedName(X509_get_issuer_name(certificate.pointer))
        serial = SerialNumber(X509_get0_serialNumber(certificate.pointer))
        window = certificate.window
        alternativeNames = AlternativeName.all(of: certificate.pointer)
        sha1 = Self.sha1(of: certificate.pointer)
    }

    private static func sha1(of certificate: OpaquePointer) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(certificate, EVP_sha1(), &digest, &count) == 1, count == 20 else { return nil }
        return Array(digest.prefix(20))
    }
}

/// A subject or an issuer.
package struct DistinguishedName: Sendable, Equatable {
    package struct Attribute: Sendable, Equatable {
        /// As OpenSSL calls it for short (`CN`), or its number.
        package let type: String
        /// UTF-8, with whatever control characters it holds.
        package let value: [UInt8]

        package init(type: String, value: [UInt8]) {
            self.type = type
            self.value = value
        }
    }

    /// RFC 2253 text, the last attribute first, everything outside printable ASCII escaped.
    package let text: String?
    /// In the certificate's order. Nil where one is no text.
    package let attributes: [Attribute]?

    package init(text: String?, attributes: [Attribute]?) {
        self.text = text
        self.attributes = attributes
    }

    init(_ name: OpaquePointer?) {
        text = OpenSSLCertificate.rfc2253(name)
        let read = (0..<max(0, X509_NAME_entry_count(name))).map { Attribute(X509_NAME_get_entry(name, $0)) }
        attributes = read.contains { $0 == nil } ? nil : read.compactMap(\.self)
    }
}

extension DistinguishedName.Attribute {
    fileprivate init?(_ entry: OpaquePointer?) {
        guard let entry, let object = X509_NAME_ENTRY_get_object(entry), let data = X509_NAME_ENTRY_get_data(entry) else { return nil }
        var octets: UnsafeMutablePointer<UInt8>?
        let count = Int(ASN1_STRING_to_UTF8(&octets, data))
        defer { CRYPTO_free(octets, nil, 0) }
        guard count >= 0, let name = Self.name(of: object) else { return nil }
        self.init(type: name, value: Array(UnsafeBufferPointer(start: octets, count: octets == nil ? 0 : count)))
    }

    private static func name(of object: OpaquePointer) -> String? {
        if let short = OBJ_nid2sn(OBJ_obj2nid(object)), OBJ_obj2nid(object) != NID_undef { return String(cString: short) }
        var text = [CChar](repeating: 0, count: 128)
        let count = Int(OBJ_obj2txt(&text, Int32(text.count), object, 1))
        guard count > 0, count < text.count else { return nil }
        return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

package struct SerialNumber: Sendable, Equatable {
    /// Upper-case digits of whole octets, with `-` before a negative one.
    package let hex: String
    package let decimal: String

    package init(hex: String, decimal: String) {
        self.hex = hex
        self.decimal = decimal
    }

    init?(_ integer: UnsafePointer<ASN1_INTEGER>?) {
        guard let integer, let number = ASN1_INTEGER_to_BN(integer, nil) else { return nil }
        defer { BN_free(number) }
        guard let hex = BN_bn2hex(number) else { return nil }
        defer { CRYPTO_free(hex, nil, 0) }
        guard let decimal = BN_bn2dec(number) else { return nil }
        defer { CRYPTO_free(decimal, nil, 0) }
        let digits = String(cString: hex)
        self.init(hex: digits == "0" ? "00" : digits, decimal: String(cString: decimal))
    }
}

/// An entry of subjectAltName (RFC 5280 section 4.2.1.6), its octets as they stand there.
package enum AlternativeName: Sendable, Equatable {
    case dns([UInt8])
    case email([UInt8])
    case uri([UInt8])
    /// 4 or 16 octets, where its issuer kept to the RFC.
    case address([UInt8])
    /// `otherName`, `directoryName` and the rest.
    case other

    fileprivate static func all(of certificate: OpaquePointer) -> [AlternativeName]? {
        var found: Int32 = 0
        guard let names = holdfast_alternative_names(certificate, &found) else { return found == -1 ? [] : nil }
        defer { GENERAL_NAMES_free(names) }
        return (0..<max(0, holdfast_general_names_count(names))).map { AlternativeName(names, at: $0) }
    }

    private init(_ names: OpaquePointer, at index: Int32) {
        var octets: UnsafePointer<UInt8>?
        var count: Int32 = 0
        let kind = holdfast_general_name(names, index, &octets, &count)
        let value = Array(UnsafeBufferPointer(start: octets, count: octets == nil ? 0 : max(0, Int(count))))
        switch kind {
        case GEN_DNS: self = .dns(value)
        case GEN_EMAIL: self = .email(value)
        case GEN_URI: self = .uri(value)
        case GEN_IPADD: self = .address(value)
        default: self = .other
        }
    }
}
