import COpenSSL
import Credentials

/// Every path that leads from a certificate to an authority, where names alone do not tell which: a CA that was given a new key under its
/// old name, two intermediates of one name. OpenSSL follows the first issuer that fits by name and never turns back.
///
/// A link is there where the names match and the issuer's key verifies the signature, OpenSSL's verdict both; whether the path is good is
/// for OpenSSL to say, of each by itself. Bounded in signatures looked at and in paths, so that nobody can ask for much work.
struct PathSearch {
    /// From the leaf to one authority.
    struct Path {
        let leaf: OpenSSLCertificate
        let intermediates: [OpenSSLCertificate]
        let anchor: OpenSSLCertificate
    }

    private static let signatures = 32
    private static let paths = 8

    private let anchors: AnchorIndex
    private let others: [OpenSSLCertificate]
    /// Intermediates of a path.
    private let depth: Int
    private var signaturesLeft = Self.signatures
    private(set) var found: [Path] = []

    private init(_ anchors: AnchorIndex, _ others: [OpenSSLCertificate], depth: Int) {
        self.anchors = anchors
        self.depth = depth
        self.others = others
    }

    /// Empty where names tell: then OpenSSL's own search has seen what there is.
    static func paths(from leaf: OpenSSLCertificate, _ others: [OpenSSLCertificate], to anchors: AnchorIndex, depth: Int) -> [Path] {
        guard anchors.hasNamesakes(beside: others) else { return [] }
        var search = PathSearch(anchors, others, depth: depth)
        search.follow(leaf, [], leaf)
        ERR_clear_error()
        return search.found
    }

    /// Whether there is a path at all, good or not.
    static func leads(_ certificate: OpenSSLCertificate, by others: [OpenSSLCertificate], to anchors: AnchorIndex) -> Bool {
        var search = PathSearch(anchors, others, depth: PresentedChain.othersLimit)
        search.follow(certificate, [], certificate)
        ERR_clear_error()
        return !search.found.isEmpty
    }

    private mutating func follow(_ leaf: OpenSSLCertificate, _ intermediates: [OpenSSLCertificate], _ last: OpenSSLCertificate) {
        for anchor in anchors.issuers(of: last) where found.count < Self.paths && isSigned(last, by: anchor) {
            found.append(Path(leaf: leaf, intermediates: intermediates, anchor: anchor))
        }
        guard intermediates.count < depth else { return }
        for other in others where other !== last && !intermediates.contains(where: { $0 === other }) {
            guard X509_check_issued(other.pointer, last.pointer) == X509_V_OK, isSigned(last, by: other) else { continue }
            follow(leaf, intermediates + [other], other)
        }
    }

    private mutating func isSigned(_ certificate: OpenSSLCertificate, by issuer: OpenSSLCertificate) -> Bool {
        guard signaturesLeft > 0, let key = X509_get0_pubkey(issuer.pointer) else { return false }
        signaturesLeft -= 1
        return X509_verify(certificate.pointer, key) == 1
    }
}

/// The configured authorities by subject.
///
/// May be used by several threads at once: OpenSSL guards what it computes lazily.
struct AnchorIndex: @unchecked Sendable {
    private let bySubject: [UInt: [OpenSSLCertificate]]
    private let hasTwins: Bool

    init(_ anchors: [OpenSSLCertificate]) {
        bySubject = Dictionary(grouping: anchors) { X509_subject_name_hash($0.pointer) }
        hasTwins = bySubject.values.contains { $0.count > 1 }
    }

    func issuers(of certificate: OpenSSLCertificate) -> [OpenSSLCertificate] {
        (bySubject[X509_issuer_name_hash(certificate.pointer)] ?? []).filter { X509_check_issued($0.pointer, certificate.pointer) == X509_V_OK }
    }

    /// Whether two of the authorities, or of what was sent, or one of each, have a name in common.
    func hasNamesakes(beside others: [OpenSSLCertificate]) -> Bool {
        if hasTwins { return true }
        let names = others.map { X509_subject_name_hash($0.pointer) }
        return Set(names).count < names.count || names.contains { bySubject[$0] != nil }
    }
}
