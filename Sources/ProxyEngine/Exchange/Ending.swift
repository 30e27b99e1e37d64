package import AccessControl
package import BindingPolicy
package import DecisionWire
package import HTTPWire
package import Telemetry

/// How a request ended: the whole set. The access log, the metrics and the answer read it; nothing else says how one ended.
package enum Ending: Hashable, Sendable {
    /// The client has the whole of an answer, the upstream's or one of ours that refuses nothing.
    case answered
    /// We did not let it pass.
    case refused(RefusalCause)
    /// It was let pass, and its token or its client's certificate held no more before the client had the whole answer.
    case rightEnded(DenialReason)
    case upstreamFailed(UpstreamFault)
    case clientGone
    case clientSlow(Patience)
    /// What the client sent after its head cannot be read for certain, and an answer was under way.
    case clientMalformed(WireFault)
    /// The connection of HTTP/2 that it ran on: the client broke a rule of it, or asked for too much.
    case connectionFailed(HTTP2Fault)
    case drained(Drain)
    /// A case that cannot be. Fails closed.
    case aborted

    /// What a client took too long over. The raw value is the reason code.
    package enum Patience: String, Hashable, Sendable, CaseIterable {
        case head = "head_timeout"
        case body = "body_timeout"
        case reading = "read_timeout"
        /// A tunnel through which neither side sent anything.
        case idle = "tunnel_idle"
    }

    /// What our own end cut short. The raw value is the reason code.
    package enum Drain: String, Hashable, Sendable, CaseIterable {
        /// A head that had begun and did not arrive in time.
        case unfinishedHead = "draining"
        case timedOut = "drain_timeout"
        /// A tunnel, which would not have ended by itself.
        case tunnel = "tunnel_drained"
    }

    /// Who ended it, as the access log has it.
    package var outcome: Outcome {
        switch self {
        case .answered: .answered
        case .refused, .rightEnded: .refused
        case .upstreamFailed: .upstream
        case .clientGone, .clientSlow, .clientMalformed, .connectionFailed, .aborted: .client
        case .drained: .drained
        }
    }

    /// The reason code; nil where nothing went wrong.
    package var reason: String? {
        switch self {
        case .answered: nil
        case .refused(let cause): cause.code
        case .rightEnded: "right_ended"
        case .upstreamFailed(let fault): fault.reason
        case .clientGone: "client_gone"
        case .clientSlow(let patience): patience.rawValue
        case .clientMalformed(let fault): fault.rawValue
        case .connectionFailed(let fault): fault.rawValue
        case .drained(let drain): drain.rawValue
        case .aborted: "aborted"
        }
    }

    /// The client has been waited for long enough already, or nobody can or may wait for it.
    var hasWaited: Bool {
        switch self {
        case .clientSlow, .drained, .clientGone, .connectionFailed, .rightEnded: true
        case .answered, .refused, .upstreamFailed, .clientMalformed, .aborted: false
        }
    }

    /// Of an upstream's fault, and of a right that ended, more precisely than its reason.
    package var cause: String? {
        switch self {
        case .upstreamFailed(let fault): fault.cause
        case .rightEnded(let reason): reason.rawValue
        case .answered, .refused, .clientGone, .clientSlow, .clientMalformed, .connectionFailed, .drained, .aborted: nil
        }
    }
}

/// Why a request did not pass: its form, what it asks for, or who asks.
package enum RefusalCause: Hashable, Sendable {
    case form(WireFault)
    case request(RequestFault)
    case denial(DenialReason)
    case limit(LimitFault)
    /// A front's question could not be read.
    case check(CheckFault)

    package var code: String {
        switch self {
        case .form(let fault): fault.rawValue
        case .request(let fault): fault.code
        case .denial(let reason): reason.rawValue
        case .limit(let fault): fault.rawValue
        case .check(let fault): fault.rawValue
        }
    }

    /// Each code that there is: a counter that is there before its first event shows that event.
    package static let codes: [String] =
        (WireFault.allCases.map(RefusalCause.form) + RequestFault.allCases.map(RefusalCause.request)
        + DenialReason.allCases.map(RefusalCause.denial) + LimitFault.allCases.map(RefusalCause.limit)).map(\.code)
}
