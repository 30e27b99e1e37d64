import BindingPolicy

/// A certificate that we show or trust, as far as its end is concerned.
struct HeldCertificate: Equatable, Sendable {
    /// Of the configuration, that names its file.
    let key: String
    let thumbprint: Thumbprint
    let subject: String
    /// Seconds since 1970.
    let notAfter: Double
}

/// Of which certificates to warn, and when: once each when 30, 7 and 1 days are left, and when none is. What is first seen with less left is
/// told once, for where it stands; what has expired by then is told by others (`CredentialReview`).
struct ExpiryWatch: Sendable {
    enum Stage: Int, CaseIterable, Comparable, Sendable {
        case distant = 0, month, week, day, over

        init(secondsLeft: Double) {
            let days = secondsLeft / 86_400
            self = days < 0 ? .over : days <= 1 ? .day : days <= 7 ? .week : days <= 30 ? .month : .distant
        }

        static func < (one: Stage, other: Stage) -> Bool { one.rawValue < other.rawValue }
    }

    struct Warning: Equatable, Sendable {
        let certificate: HeldCertificate
        let stage: Stage
    }

    private struct Known: Hashable {
        let key: String
        let thumbprint: Thumbprint
    }

    private var stages: [Known: Stage] = [:]

    /// - Parameters:
    ///   - held: all there are; what is not among them any more is forgotten.
    ///   - now: seconds since 1970.
    /// - Returns: what is to be said now, the next to end first.
    mutating func look(at held: [HeldCertificate], now: Double) -> [Warning] {
        var next: [Known: Stage] = [:]
        var warnings: [Warning] = []
        for certificate in held {
            let known = Known(key: certificate.key, thumbprint: certificate.thumbprint)
            guard next[known] == nil else { continue }
            let stage = Stage(secondsLeft: certificate.notAfter - now)
            let before = stages[known]
            // A clock that was set back makes nothing new.
            next[known] = max(stage, before ?? stage)
            if stage > before ?? .distant, before != nil || stage != .over { warnings.append(Warning(certificate: certificate, stage: stage)) }
        }
        stages = next
        return warnings.sorted { $0.certificate.notAfter < $1.certificate.notAfter }
    }
}
