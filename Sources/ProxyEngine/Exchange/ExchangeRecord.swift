import BindingPolicy
import HTTPWire
import NIOCore
import Telemetry

/// What is noted of an exchange for its log line and its metrics. No octet of a request's fields or body.
struct ExchangeRecord {
    let began: NIODeadline
    var status = 0
    var bytesIn = 0
    var bytesOut = 0
    /// Where Holdfast manages it.
    var interactionID: InteractionID?
    /// As the upstream is told of it, where Holdfast continues traces.
    var trace: TraceContext?
    /// Why it would have been refused, where its route only reports.
    var wouldRefuse: DenialReason?
    /// When the upstream was handed it, lately, and when its answer began.
    var sent: NIODeadline?
    var answered: NIODeadline?
    /// Where its trace is recorded, and somebody wants to see it.
    var span: RequestSpan?
    private var isOpen = true
    /// The beginning of the log line; empty where there is no access log.
    private var line = ByteBuffer()
    /// What it was judged by, for the line.
    private var basis: (token: VerifiedToken?, route: String) = (nil, "")

    init(began: NIODeadline) { self.began = began }

    mutating func begin(_ octets: UnsafeRawBufferPointer, _ head: borrowing RequestHead, _ request: RequestFacts, _ form: AccessForm) {
        form.write(.method, octets: UnsafeRawBufferPointer(rebasing: octets[head.methodRange].prefix(32)), to: &line)
        form.write(.path, octets: UnsafeRawBufferPointer(rebasing: octets[head.path].prefix(AccessLog.pathLimit)), to: &line)
        form.write(isHTTP2: request.isHTTP2, front: request.front?.rawValue, to: &line)
    }

    mutating func note(_ permit: Permit) { basis = (permit.token ?? permit.refusedToken, permit.routeName) }
    mutating func note(_ denial: Denial) { basis = (denial.token, denial.routeName) }

    /// Once: what comes later is another request's.
    mutating func close(_ ending: Ending, on exchange: Exchange) {
        guard isOpen else { return }
        isOpen = false
        let loop = exchange.loop
        let elapsed = (loop.clock.now() - began).nanoseconds
        loop.counters.metrics.requestBodyOctets &+= bytesIn
        loop.counters.metrics.responseBodyOctets &+= bytesOut
        if status > 0 {
            loop.counters.countResponse(
                status: status, seconds: Double(elapsed) / 1e9, traceID: trace.flatMap { $0.isSampled ? $0.traceID : nil },
                now: loop.clock.seconds())
        }
        guard let form = exchange.generation.settings.accessLog else { return }
        loop.logAccess { log in
            log.write(
                form, milliseconds: Int(loop.clock.seconds() * 1000), traceID: trace?.traceID, outcome: ending.outcome
            ) { write(form, ending, exchange, microseconds: Int(elapsed / 1000), to: &$0) }
        }
        line = ByteBuffer()
    }

    private func write(_ form: AccessForm, _ ending: Ending, _ exchange: Exchange, microseconds: Int, to out: inout ByteBuffer) {
        out.writeImmutableBuffer(exchange.client.record(form, under: exchange.generation.number))
        out.writeImmutableBuffer(line)
        if !basis.route.isEmpty { form.write(.route, text: basis.route, to: &out) }
        if let token = basis.token {
            out.writeImmutableBuffer(exchange.client.record(token, form, under: exchange.generation.number))
            if ending.isMismatch || wouldRefuse == .confirmationMismatch, case .certificate(let bound) = token.confirmation {
                form.write(.boundThumbprint, plain: bound.base64url.utf8, to: &out)
            }
        }
        if let id = interactionID { form.write(.interactionID, plain: id.octets, to: &out) }
        if let seat = exchange.seat, exchange.generation.upstreams.count > 1 { form.write(.upstream, text: seat.upstream.name.text, to: &out) }
        if let address = exchange.address { form.write(.upstreamAddress, text: address, to: &out) }
        if let sent, let answered { form.write(.upstreamTime, Int((answered - sent).nanoseconds / 1000), to: &out) }
        if let cause = ending.cause { form.write(.cause, plain: cause.utf8, to: &out) }
        if let reason = wouldRefuse { form.write(.wouldRefuse, plain: reason.rawValue.utf8, to: &out) }
        form.write(.status, status, to: &out)
        form.write(.outcome, plain: ending.outcome.rawValue.utf8, to: &out)
        if let reason = ending.reason { form.write(.reason, plain: reason.utf8, to: &out) }
        form.write(microseconds: microseconds, to: &out)
        form.write(.bytesIn, bytesIn, to: &out)
        form.write(.bytesOut, bytesOut, to: &out)
    }
}

extension Ending {
    /// A token was shown with another certificate than its own.
    fileprivate var isMismatch: Bool {
        switch self {
        case .refused(.denial(.confirmationMismatch)), .refused(.denial(.certificateRenewed)): true
        default: false
        }
    }
}
