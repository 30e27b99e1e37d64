import BindingPolicy
import Credentials
import SwiftASN1

/// The scopes that whoever issued a certificate leaves to it and to those below it: an extension of our own, `SEQUENCE OF UTF8String`, each a
/// scope (RFC 6749 section 3.3). It is not critical, so that nobody else is troubled by it.
///
/// Its identifier is below the arc of UUIDs (X.667), with a number of 31 bits: Go reads no certificate with larger ones, and Swift none beyond 63.
package struct ScopeLimit: Equatable, Sendable {
    package static let extensionType = "2.25.1470839792.1"
    /// Of scopes in one extension.
    static let limit = 256

    /// Nil where it has no such extension; none at all where that cannot be understood, or is there twice.
    let scopes: [String]?

    init(_ certificate: OpenSSLCertificate) { self.init(CertificateExtension(Self.extensionType, of: certificate)) }

    init(_ content: CertificateExtension) {
        switch content {
        case .absent: scopes = nil
        case .repeated: scopes = []
        case .content(let der): scopes = (try? Self.scopes(der)) ?? []
        }
    }

    private static func scopes(_ der: [UInt8]) throws -> [String] {
        let texts = try DER.sequence(of: ASN1UTF8String.self, identifier: .sequence, rootNode: DER.parse(der))
        guard texts.count <= limit, texts.allSatisfy({ isScope($0.bytes) }) else { return [] }
        return texts.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    private static func isScope(_ octets: ArraySlice<UInt8>) -> Bool {
        !octets.isEmpty && octets.allSatisfy { 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
}
