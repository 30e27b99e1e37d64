import ArgumentParser
import X509

/// The extended key usage of a leaf (RFC 5280 section 4.2.1.12).
enum CertificateUsage: String, CaseIterable, ExpressibleByArgument, Sendable {
    case client
    case server
    /// No extension at all, which restricts nothing.
    case none

    var extendedKeyUsage: ExtendedKeyUsage? {
        get throws {
            switch self {
            case .client: try ExtendedKeyUsage([.clientAuth])
            case .server: try ExtendedKeyUsage([.serverAuth])
            case .none: nil
            }
        }
    }
}
