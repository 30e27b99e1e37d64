import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate and those that lead from it to, but not including, the root.
struct CertificateChain: Sendable {
    let certificate: Certificate
    /// Issuers below the root, the nearest first.
    let intermediates: [Certificate]

    /// Leaf first, as servers and clients send it.
    var pem: String {
        get throws { try ([certificate] + intermediates).map { try $0.serializeAsPEM().pemString + "\n" }.joined() }
    }
}

/// A certificate with its key.
struct IssuedCertificate: Sendable {
    let chain: CertificateChain
    let key: Certificate.PrivateKey

    var certificate: Certificate { chain.certificate }

    var keyPEM: String {
        get throws { try key.serializeAsPEM().pemString + "\n" }
    }
}

extension Certificate {
    /// `x5t#S256`: the SHA-256 of the DER encoding in base64url (RFC 8705 section 3.1).
    var thumbprint: String {
        get throws { Data(SHA256.hash(data: try serializeAsPEM().derBytes)).base64url }
    }
}
