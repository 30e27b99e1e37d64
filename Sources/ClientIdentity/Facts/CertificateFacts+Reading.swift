package import BindingPolicy
import COpenSSL
package import Credentials

extension CertificateFacts {
    package convenience init(_ certificate: OpenSSLCertificate) {
        let names = AlternativeNames.read(CertificateExtension(AlternativeNames.extensionType, of: certificate))
        self.init(
            subject: Self.subject(of: certificate), dns: names.dns, uris: names.uris, otherNames: names.others,
            roles: PaymentRoles.read(CertificateExtension(PaymentRoles.extensionType, of: certificate)))
    }

    /// None where one is no text.
    private static func subject(of certificate: OpenSSLCertificate) -> [Typed] {
        defer { ERR_clear_error() }
        let name = X509_get_subject_name(certificate.pointer)
        let read = (0..<max(0, X509_NAME_entry_count(name))).map { Typed(X509_NAME_get_entry(name, $0)) }
        return read.contains { $0 == nil } ? [] : read.compactMap(\.self)
    }
}

extension CertificateFacts.Typed {
    fileprivate init?(_ entry: OpaquePointer?) {
        guard let entry, let object = X509_NAME_ENTRY_get_object(entry), let data = X509_NAME_ENTRY_get_data(entry) else { return nil }
        var octets: UnsafeMutablePointer<UInt8>?
        let count = Int(ASN1_STRING_to_UTF8(&octets, data))
        defer { CRYPTO_free(octets, nil, 0) }
        guard count >= 0, let type = Self.type(of: object) else { return nil }
        self.init(type: type, value: Array(UnsafeBufferPointer(start: octets, count: octets == nil ? 0 : count)))
    }

    /// With dots, also where OpenSSL has a name for it.
    private static func type(of object: OpaquePointer) -> String? {
        var text = [CChar](repeating: 0, count: 128)
        let count = Int(OBJ_obj2txt(&text, Int32(text.count), object, 1))
        guard count > 0, count < text.count else { return nil }
        return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
