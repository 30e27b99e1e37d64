import BindingPolicy

/// Whether a load balancer should send requests here, and if not, why.
struct Readiness: Equatable, Sendable {
    /// By issuer, whether its keys are there.
    var keys: [(issuer: String, available: Bool)]
    /// By issuer, whether it is known where to ask about tokens.
    var introspection: [(issuer: String, available: Bool)] = []
    /// By URL, whether its revocation lists are there.
    var lists: [(url: String, available: Bool)] = []
    /// By upstream, whether requests would reach it.
    var upstreams: [(name: UpstreamName, finding: UpstreamProbe.Finding)]
    var draining: Bool

    var isReady: Bool { problems.isEmpty }

    /// In plain words, none of them secret.
    var problems: [String] {
        (draining ? ["draining"] : []) + upstreamProblems
            + keys.filter { !$0.available }.map { "no keys of \($0.issuer)" }
            + introspection.filter { !$0.available }.map { "no introspection endpoint of \($0.issuer)" }
            + lists.filter { !$0.available }.map { "no revocation lists from \($0.url)" }
    }

    private var upstreamProblems: [String] {
        upstreams.compactMap { name, finding in
            let which = name == .default ? "" : "`\(name.text)`: "
            return switch finding {
            case .reachable: nil
            case .untried: "\(which)upstream unreachable: not tried yet"
            case .failed(let fault): which + fault.sentence
            }
        }
    }

    static func == (left: Readiness, right: Readiness) -> Bool { left.problems == right.problems }
}
