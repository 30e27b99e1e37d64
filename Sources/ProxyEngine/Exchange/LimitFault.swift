/// What a client has too much of, on one event loop. The raw value is the reason code.
package enum LimitFault: String, Hashable, Sendable, CaseIterable {
    /// Requests a second.
    case rate = "rate_exceeded"
    /// Requests under way at once.
    case requests = "requests_exceeded"

    /// One sentence, without a character that JSON would have to escape.
    package var explanation: String {
        switch self {
        case .rate: "This client sends more requests a second than it may."
        case .requests: "This client has as many requests under way as it may."
        }
    }
}

/// The bounds of each client: a certificate, or an address where none was shown. Each event loop counts for itself.
package struct ClientLimits: Equatable, Sendable {
    package enum Subject: Equatable, Sendable {
        case certificate
        /// Of a request's token; one without counts for its certificate.
        case clientID
    }

    /// Connections at once; nil for any number, as in the others.
    package var connections: Int?
    /// Requests under way at once.
    package var requests: Int?
    package var rate: RequestAllowance.Rate?
    package var subject = Subject.certificate

    package init() {}

    package static let none = ClientLimits()
}
