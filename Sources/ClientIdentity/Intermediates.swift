import COpenSSL
package import Credentials

/// Certificates between clients and authorities, lent to clients that do not send them. They end no path.
package struct Intermediates: Sendable {
    /// In the file's order; at least one.
    package let certificates: [Certificate]

    /// Refuses a file that is missing, empty, damaged or without a certificate, and one that holds a certificate which could never
    /// stand in a path: not an authority, or with a key that is not taken.
    package init(file path: String) throws(CredentialFault) {
        certificates = try AuthorityFile.read(path) { X509_check_ca($0.pointer) == 1 }
    }
}

/// The configured intermediates by subject.
///
/// May be used by several threads at once: OpenSSL guards what it computes lazily.
struct IntermediateIndex: @unchecked Sendable {
    /// More than any path has, several of one name included.
    private static let limit = 16

    private let bySubject: [UInt: [OpenSSLCertificate]]

    init(_ certificates: [Certificate]) {
        bySubject = Dictionary(grouping: certificates.compactMap(\.parsed)) { X509_subject_name_hash($0.pointer) }
    }

    /// What may be missing between these certificates and an authority, by name. None that is among them already: the same
    /// certificate twice would look like two of one name.
    func above(_ certificates: [OpenSSLCertificate]) -> [OpenSSLCertificate] {
        guard !bySubject.isEmpty else { return [] }
        var lent: [OpenSSLCertificate] = []
        var position = 0
        while position < certificates.count + lent.count, lent.count < Self.limit {
            let below = position < certificates.count ? certificates[position] : lent[position - certificates.count]
            position += 1
            for issuer in bySubject[X509_issuer_name_hash(below.pointer)] ?? [] where lent.count < Self.limit {
                if !(certificates + lent).contains(where: { X509_cmp($0.pointer, issuer.pointer) == 0 }) { lent.append(issuer) }
            }
        }
        return lent
    }
}
