import SwiftASN1
import X509

/// The scopes that are left to a certificate and to those below it: an extension that Holdfast narrows its clients by. It has the identifier and
/// the form that Holdfast's README gives.
struct ScopeLimit: CertificateExtensionConvertible {
    static let type: ASN1ObjectIdentifier = [2, 25, 1_470_839_792, 1]

    let scopes: [String]

    func makeCertificateExtension() throws -> Certificate.Extension {
        var serializer = DER.Serializer()
        try serializer.serializeSequenceOf(scopes.map { ASN1UTF8String(contentBytes: ArraySlice($0.utf8)) })
        return Certificate.Extension(oid: Self.type, critical: false, value: serializer.serializedBytes[...])
    }
}
