import AccessControl
import BindingPolicy
import HTTPWire

/// What the proxy's parser and its checks before the token make of one request head.
struct HeadExamination {
    let outcome: Result<AccessControl.Admission, WireFault>
    /// The checks that did not end the list, in their order.
    let passed: [AccessCheck]
    /// Whether it has been through gateways before, ours or others.
    let hasVia: Bool
    /// Whether a permitted request is answered here and not forwarded.
    let endsHere: Bool
    /// Octets of its body, where it says how many.
    let bodyLength: Int?

    /// - Parameters:
    ///   - octets: the whole head, through its empty line.
    ///   - now: seconds since 1970.
    init(_ octets: [UInt8], by access: AccessControl, _ limits: WireLimits, _ strips: StripList, from peer: AuthenticatedPeer, now: Double) {
        var head = RequestHead(limits: limits, names: strips)
        var passed: [AccessCheck] = []
        outcome = octets.withUnsafeBytes { octets in
            switch head.parse(octets) {
            case .incomplete: .failure(.requestLineMalformed)  // Not reached by a head that ends with an empty line.
            case .refused(let fault): .failure(fault)
            case .complete: .success(access.admit(head, octets, from: peer, now: now) { passed.append($0) })
            }
        }
        self.passed = passed
        if case .failure = outcome {
            (hasVia, endsHere, bodyLength) = (false, false, nil)
        } else {
            (hasVia, endsHere) = (head.hasVia, head.endsHere)
            if case .length(let octets) = head.framing { bodyLength = octets } else { bodyLength = nil }
        }
    }
}
