import Foundation
import X509

/// The authorities of a folder: certificates of authorities that have their keys beside them.
extension LabDirectory {
    struct NamedAuthority: Sendable {
        let name: String
        let authority: LabAuthority

        func didIssue(_ certificate: Certificate) -> Bool {
            let own = authority.identity.certificate
            return certificate.issuer == own.subject && own.publicKey.isValidSignature(certificate.signature, for: certificate)
        }
    }

    func authority(_ name: String) throws -> LabAuthority {
        guard has("\(name).pem"), has("\(name).key") else {
            let known = try names.filter { has("\($0).key") && (try? chain($0).certificate.isAuthority) == true }
            throw LabError("there is no authority \(name) in \(url.path), but \(known.isEmpty ? "none" : known.joined(separator: ", "))")
        }
        let authority = LabAuthority(identity: try read(name))
        guard authority.identity.certificate.isAuthority else { throw LabError("\(name) is not an authority: it may sign nothing") }
        return authority
    }

    /// Files that cannot be read are nobody's.
    var authorities: [NamedAuthority] {
        get throws { try names.compactMap { name in (try? authority(name)).map { NamedAuthority(name: name, authority: $0) } } }
    }

    /// Who signed it, by the signature: authorities may share a name.
    func issuer(of certificate: Certificate) throws -> NamedAuthority {
        guard let issuer = try authorities.first(where: { $0.didIssue(certificate) }) else {
            throw LabError("no authority in \(url.path) signed the certificate of \(certificate.subject)")
        }
        return issuer
    }

    /// Every certificate in the folder's files, once or more.
    var allCertificates: [Certificate] {
        get throws { try names.flatMap { (try? certificates("\($0).pem")) ?? [] } }
    }

    private var names: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: url.path).filter { $0.hasSuffix(".pem") }.map { String($0.dropLast(4)) }.sorted()
        }
    }
}
