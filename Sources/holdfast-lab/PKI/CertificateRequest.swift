import Foundation
import SwiftASN1
import X509

/// A certificate signing request (RFC 2986) whose signature has been checked: whoever made it holds the key.
struct CertificateRequest {
    let subject: DistinguishedName
    let publicKey: Certificate.PublicKey
    /// The only thing of those it asks for that it can get: to be an authority, or of another use, is not for it to say.
    let alternativeNames: [GeneralName]

    /// - Parameter path: a file in PEM or DER.
    init(_ path: String) throws {
        let octets = try Data(contentsOf: URL(fileURLWithPath: path))
        let request: CertificateSigningRequest
        do {
            request = try CertificateSigningRequest(derEncoded: Self.der(octets))
            alternativeNames = try request.attributes.extensionRequest?.extensions.subjectAlternativeNames.map(Array.init) ?? []
        } catch {
            throw LabError("\(path) is not a certificate request that can be read: \(error)")
        }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw LabError("\(path) is not signed by the key that it names")
        }
        subject = request.subject
        publicKey = request.publicKey
    }

    private static func der(_ octets: Data) throws -> [UInt8] {
        guard let text = String(data: octets, encoding: .utf8), text.contains("-----BEGIN") else { return [UInt8](octets) }
        let block = try PEMDocument(pemString: text)
        guard ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"].contains(block.discriminator) else {
            throw LabError("it is a \(block.discriminator)")
        }
        return block.derBytes
    }
}
