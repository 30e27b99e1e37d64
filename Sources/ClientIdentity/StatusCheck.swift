import COpenSSL
import Credentials

/// Whether anything on a path has been revoked.
enum RevocationVerdict {
    /// Until then, in seconds since 1970.
    case good(until: Double)
    case fault(PathFault)
    /// What has to be asked first; nothing where it only takes time to find out.
    case undecided([StatusInquiry])
}

/// Whether the certificates of a path that is good otherwise have been revoked, by what their authority's responders say (RFC 6960).
enum StatusCheck {
    /// Seconds after which a responder that gave no answer is asked again, where that is accepted.
    private static let retry = 30.0

    /// - Parameters:
    ///   - path: as found, the client's certificate first and the configured authority's last.
    ///   - mayAsk: whether what nobody has asked yet may be left undecided; else it counts as not to be had.
    ///   - now: seconds since 1970.
    static func verdict(on path: [OpaquePointer], by desk: StatusDesk, _ policy: RevocationPolicy, mayAsk: Bool, now: Double) -> RevocationVerdict {
        var inquiries: [StatusInquiry] = []
        var until = Double.infinity
        let looked = policy.scope == .chain ? path.count - 1 : min(1, path.count - 1)
        for (index, (certificate, issuer)) in zip(path, path.dropFirst()).prefix(max(0, looked)).enumerated() {
            // Nobody publishes anything about it (RFC 9608 section 4), but about its issuer somebody may.
            if index == 0, holdfast_has_no_revocation(certificate) == 1 { continue }
            guard let question = StatusQuestion(about: certificate, from: issuer) else { return .fault(.malformed) }
            switch desk.finding(question, now: now) {
            case .good(let end): until = min(until, end)
            case .revoked: return .fault(.revoked)
            case .unknown: return .fault(.statusUnknown)
            case .unasked where mayAsk: inquiries.append(StatusInquiry(desk: desk, question: question))
            case .unasked, .unreachable:
                guard policy.whenStale == .accept else { return .fault(.statusUnavailable) }
                until = min(until, now + retry)
            }
        }
        return inquiries.isEmpty ? .good(until: until) : .undecided(inquiries)
    }
}
