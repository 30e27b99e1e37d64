/// One thing that is tried: how to connect, what to send, and what would be a finding.
package struct ProbeCase: Sendable {
    package enum Group: String, CaseIterable, Sendable {
        case baseline, certificates, sessions, tokens, places, fields, messages, paths
    }

    /// Stable, in snake case: for scripts.
    package let id: String
    package let group: Group
    package let title: String
    package let approach: Approach
    package let request: RawRequest
    package let expectation: Expectation

    package init(_ id: String, _ group: Group, _ title: String, _ approach: Approach, _ request: RawRequest, _ expectation: Expectation) {
        self.id = id
        self.group = group
        self.title = title
        self.approach = approach
        self.request = request
        self.expectation = expectation
    }
}

extension ProbeCase {
    /// Whether HTTP/2 has a way to spell it.
    package var canBeAskedOverHTTP2: Bool {
        if case .oneRequest = expectation { return false }
        return HTTP2Request(request) != nil
    }
}

/// How a case connects.
package struct Approach: Sendable, Equatable {
    package enum Identity: String, Sendable {
        /// The client's own certificate, which the good token is bound to.
        case own
        case other
        /// The names of the client's certificate over another key, signed by itself.
        case copy
        case none
    }

    package enum Version: String, Sendable, CaseIterable { case tls12 = "TLS 1.2", tls13 = "TLS 1.3" }

    package enum ServerName: Sendable, Equatable {
        case usual, absent
        case named(String)
    }

    /// A session that an earlier connection leaves: of whom, and under which server name.
    package struct Earlier: Sendable, Equatable {
        package var identity: Identity
        package var serverName: ServerName = .usual
    }

    package var identity: Identity
    package var serverName: ServerName = .usual
    /// Nil: whatever both sides like best.
    package var version: Version?
    /// Resumed by this connection.
    package var earlier: Earlier?

    package static let own = Approach(identity: .own)
}

/// When a case is a finding.
package enum Expectation: Sendable, Equatable {
    /// The good request: else nothing can be told.
    case passes
    /// Whatever passes is one.
    case refused
    /// A connection that resumes the other's session, and passes.
    case refusedIfResumed
    /// It may pass, but the API must not see these values, each with the field it stood in.
    case hidden([ForgedField])
    /// It may pass, but then as the client that the good request passes as.
    case sameIdentity
    /// It may pass as one request with one way to tell its length, and the request hidden in its body must not be answered.
    case oneRequest(hidden: String)
}

/// A field with a value that is found again wherever it turns up.
package struct ForgedField: Sendable, Equatable {
    package let name: String
    package let mark: String
}
