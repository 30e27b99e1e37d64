/// What came of a case.
package enum Observation: Sendable, Equatable {
    /// No connection, or our own side failed: nothing about the target's judgement.
    case failed(String)
    /// The handshake, or what stands for it in TLS 1.3, ended without an answer: the alert's text.
    case refusedByTLS(String)
    /// The connection was closed without an answer.
    case closed
    /// Nothing came until patience ended.
    case silent
    case answered([Answer], isResumed: Bool)
}

package enum Verdict: String, Sendable, Codable, CaseIterable {
    /// Passed where it must, or may.
    case passed
    /// Refused where it must, or may.
    case refused
    /// PASSES and must not.
    case finding
    /// Cannot tell.
    case unclear
}

/// A case with what came of it.
package struct Finding: Sendable, Equatable {
    package let id: String
    package let group: ProbeCase.Group
    package let title: String
    package let verdict: Verdict
    /// What was seen, in a few words: never a token.
    package let detail: String
}
