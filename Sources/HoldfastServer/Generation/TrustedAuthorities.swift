import ClientIdentity
import Credentials
import Timekeeping

/// What is said of a file of authorities at start and by `check`: how many there are, whose, and until when.
struct TrustedAuthorities: Equatable, Sendable {
    /// Of the configuration, that names the file.
    let key: String
    let count: Int
    /// The first of them.
    let subjects: [String]
    /// When the first that is valid now ends; of none, when the last one did. Seconds since 1970.
    let until: Double?

    private static let limit = 5

    init(key: String, _ certificates: [HeldCertificate], now: Double) {
        self.key = key
        count = certificates.count
        subjects = certificates.prefix(Self.limit).map { $0.subject.isEmpty ? "without a name" : String($0.subject.prefix(256)) }
        let ends = certificates.map(\.notAfter)
        until = ends.filter { $0 >= now }.min() ?? ends.max()
    }

    /// `CN=A; CN=B and 3 more`.
    var names: String { subjects.joined(separator: "; ") + (count > subjects.count ? " and \(count - subjects.count) more" : "") }

    var fact: String {
        let end = until.map { ", \(count == 1 ? "until" : "the first of them until") \(Timestamp.text($0))" } ?? ""
        return "\(key): \(count) \(count == 1 ? "authority" : "authorities"), \(names)\(end)."
    }
}

extension HeldCertificate {
    init?(_ certificate: Certificate, of key: String) {
        guard let summary = CertificateSummary(der: certificate.der), let window = summary.window else { return nil }
        self.init(key: key, thumbprint: summary.thumbprint, subject: summary.subject, notAfter: window.notAfter)
    }
}
