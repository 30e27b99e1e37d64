import COpenSSL
import Credentials

/// The content of one of a certificate's extensions, for those that OpenSSL does not read itself.
enum CertificateExtension: Equatable {
    case absent
    /// DER, as OpenSSL found it in the certificate.
    case content([UInt8])
    /// It is there more than once (RFC 5280 section 4.2 forbids that), and so says nothing.
    case repeated

    /// - Parameter type: its object identifier, with dots; numbers may have any size.
    init(_ type: String, of certificate: OpenSSLCertificate) { self.init(type, of: certificate.pointer) }

    init(_ type: String, of certificate: OpaquePointer) {
        defer { ERR_clear_error() }
        self = .absent
        guard let object = OBJ_txt2obj(type, 1) else { return }
        defer { ASN1_OBJECT_free(object) }
        let place = X509_get_ext_by_OBJ(certificate, object, -1)
        guard place >= 0, let found = X509_get_ext(certificate, place) else { return }
        guard X509_get_ext_by_OBJ(certificate, object, place) < 0 else {
            self = .repeated
            return
        }
        guard let text = X509_EXTENSION_get_data(found), let octets = ASN1_STRING_get0_data(text) else {
            self = .content([])
            return
        }
        self = .content(Array(UnsafeBufferPointer(start: octets, count: max(0, Int(ASN1_STRING_length(text))))))
    }
}
