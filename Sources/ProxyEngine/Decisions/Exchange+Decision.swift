import AccessControl
import BindingPolicy
import DecisionWire
import HTTPWire
import NIOCore
import Telemetry

/// A request that somebody else forwards: judged, limited, counted and logged like any other, and answered with the decision.
extension Exchange {
    /// - Parameter octets: of the head.
    func permit(_ octets: UnsafeRawBufferPointer, _ permit: Permit) {
        guard !isRefusedByLimit(of: permit) else { return }
        guard askedUpgrade == .none || askedUpgrade == .webSocket && permit.upgrade == .webSocket else { return refuseCheck(.upgradeRefused) }
        // Envoy removes what it is told to. Others would pass it on.
        if request.front != .envoy, generation.settings.refusesClaimedIdentity, generation.requestHead.identityFields > 0 {
            for name in generation.requestHead.identityFieldNames() { loop.counters.countStripped(name) }
            return refuseCheck(.identityClaimed)
        }
        notePassing(permit)
        let fields = trustedFields(for: permit, octets, credentials: [])
        give(.permitted(PermittedRequest(fields: fields, removed: generation.requestHead.identityFieldSpellings(octets))))
    }

    /// The front's question is none.
    func refuseCheck(_ fault: CheckFault) {
        refuseByJudgement(Refusal(status: fault.status, reason: fault.rawValue, detail: fault.explanation), .check(fault))
    }

    /// Judges what a front asks about. Its head takes the place of the front's own in the generation's storage.
    func begin(_ question: CheckQuestion) {
        loop.counters.countCheck(request.front?.rawValue ?? "")
        askedUpgrade = question.upgrade
        switch generation.requestHead.parse(question.head) {
        case .complete(let length):
            guard length == question.head.readableBytes else { return refuseCheck(.malformed) }
            question.head.withUnsafeReadableBytes { begin($0) }
        case .refused(let fault): refuseUnread(Refusal(fault), .refused(.form(fault)))
        case .incomplete: refuseCheck(.malformed)
        }
    }
}

extension CheckFault {
    fileprivate var status: Int {
        switch self {
        case .malformed, .incomplete: 400
        case .identityClaimed, .upgradeRefused, .frontRefused: 403
        }
    }
}

extension OwnAnswer {
    /// For a front that takes every 2xx for leave to pass: nothing else than that has such a status.
    var forFrontOfHTTP: OwnAnswer {
        if case .permitted = self { return self }
        guard (200..<300).contains(status) else { return self }
        return .refusal(
            Refusal(status: 403, reason: "not_a_decision", detail: "This is answered by Holdfast itself, and not through a decision."), .problem, nil,
            0)
    }
}
