import ArgumentParser
import SwiftASN1
import X509

/// The extended key usage of a leaf (RFC 5280 section 4.2.1.12).
enum CertificateUsage: String, CaseIterable, ExpressibleByArgument, Sendable {
    case client
    case server
    /// Signs an authority's OCSP answers in its place (RFC 6960 section 4.2.2.2).
    case ocsp
    /// No extension at all, which restricts nothing.
    case none

    var extensions: [any CertificateExtensionConvertible] {
        get throws {
            switch self {
            case .client: [try ExtendedKeyUsage([.clientAuth])]
            case .server: [try ExtendedKeyUsage([.serverAuth])]
            case .ocsp:
                [
                    try ExtendedKeyUsage([.ocspSigning]),
                    // id-pkix-ocsp-nocheck: whoever reads its answers need not ask about it.
                    Certificate.Extension(oid: [1, 3, 6, 1, 5, 5, 7, 48, 1, 5], critical: false, value: [0x05, 0x00]),
                ]
            case .none: []
            }
        }
    }
}
