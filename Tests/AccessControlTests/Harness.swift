import AccessControl
import BindingPolicy
import HTTPWire
import Testing

let now = 1_800_000_000.0

/// A peer with a certificate that is valid for a day around `now`.
func peer(_ octet: UInt8 = 1) throws -> AuthenticatedPeer {
    AuthenticatedPeer(
        thumbprint: try #require(Thumbprint(digest: [UInt8](repeating: octet, count: 32))), validFrom: now - 86400, validUntil: now + 86400)
}

/// What the list says of a request, in a word: the code of the fault or the reason, `token`, `document`, `permit`, or the reason behind
/// `would:` where it is only reported.
func outcome(
    _ access: AccessControl, _ text: String, from peer: AuthenticatedPeer? = nil, at time: Double = now, passed: (AccessCheck) -> Void = { _ in }
) throws -> String {
    let octets = Array(text.utf8)
    let peer = try peer ?? AccessControlTests.peer()
    var head = RequestHead(names: try StripList(trustedHeader: "X-T", managesInteractionID: true))
    return octets.withUnsafeBytes { octets in
        switch head.parse(octets) {
        case .incomplete: return "incomplete"
        case .refused(let fault): return fault.rawValue
        case .complete: break
        }
        switch access.admit(head, octets, from: peer, now: time, passed: passed) {
        case .refused(let fault): return fault.code
        case .document: return "document"
        case .token: return "token"
        case .decided(.deny(let denial), _): return denial.reason.rawValue
        case .decided(.permit(let permit), _): return permit.wouldRefuse.map { "would:\($0.rawValue)" } ?? "permit"
        }
    }
}

/// A request without a body: fields beside Host one to a line.
func request(_ line: String, _ fields: String...) -> String { "\(line) HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" }

func table(_ routes: (String, [String], RoutePolicy)..., fallback: RoutePolicy = .boundToken) throws -> RouteTable {
    RouteTable(try routes.map { Route(pattern: try RoutePattern($0.0), methods: $0.1, policy: $0.2) }, fallback: fallback)
}
