import Foundation
import X509

/// Answers for the authorities of a folder, from what is in it at the time: `AUTHORITY.revoked`, and the certificates.
///
/// A certificate is good if it is in one of the folder's files, unknown if it is in none. Of an authority that is not there, nothing is said.
struct StatusResponder: Sendable {
    let directory: LabDirectory
    /// The name of a certificate that authorities delegated their answers to; whoever did not sign it answers itself.
    let delegate: String?
    /// Seconds until an answer is to be asked for again.
    let nextUpdate: TimeInterval

    func answer(_ der: [UInt8]) -> [UInt8] {
        guard let request = try? StatusRequest(der: der) else { return StatusResponse.refusal(.malformedRequest) }
        do {
            guard let authority = try authority(for: request) else { return StatusResponse.refusal(.unauthorized) }
            let revoked = try RevocationRegister(of: authority.name, in: directory)
            let certificates = try directory.allCertificates.filter { $0.issuer == authority.authority.identity.certificate.subject }
            let known = Set(certificates.filter(authority.didIssue).map(\.serialNumber))
            let answers = request.certificates.map { asked in
                let entry = revoked[asked.serial]
                let status: StatusResponse.Status =
                    entry.map { .revoked($0.date, $0.reason) } ?? (known.contains(asked.serial) ? .good : .unknown)
                return (asked, status)
            }
            return try StatusResponse.signed(
                answers, nonce: request.nonce, by: signer(for: authority), times: UpdateTimes(nextIn: nextUpdate))
        } catch {
            return StatusResponse.refusal(.internalError)
        }
    }

    /// The one whose certificates the request is about; nil where there is none, or where there are several: an answer has one signature.
    private func authority(for request: StatusRequest) throws -> LabDirectory.NamedAuthority? {
        try directory.authorities.first { candidate in
            try request.certificates.allSatisfy { try $0.names(candidate.authority.identity.certificate) }
        }
    }

    private func signer(for authority: LabDirectory.NamedAuthority) throws -> IssuedCertificate {
        guard let delegate else { return authority.authority.identity }
        let identity = try directory.read(delegate)
        return authority.didIssue(identity.certificate) ? identity : authority.authority.identity
    }
}
