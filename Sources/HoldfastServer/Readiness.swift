/// Whether a load balancer should send requests here, and if not, why.
struct Readiness: Equatable, Sendable {
    /// By issuer, whether its keys are there.
    var keys: [(issuer: String, available: Bool)]
    /// By issuer, whether it is known where to ask about tokens.
    var introspection: [(issuer: String, available: Bool)] = []
    var upstreamReachable: Bool
    var draining: Bool

    var isReady: Bool { problems.isEmpty }

    /// In plain words, none of them secret.
    var problems: [String] {
        (draining ? ["draining"] : []) + (upstreamReachable ? [] : ["upstream unreachable"])
            + keys.filter { !$0.available }.map { "no keys of \($0.issuer)" }
            + introspection.filter { !$0.available }.map { "no introspection endpoint of \($0.issuer)" }
    }

    static func == (left: Readiness, right: Readiness) -> Bool { left.problems == right.problems }
}
