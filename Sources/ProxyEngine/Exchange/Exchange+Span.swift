import AccessControl
import BindingPolicy
import HTTPWire
import NIOCore
import Telemetry

/// What is kept of a request until it is over, where its trace may be recorded.
struct RequestSpan {
    /// What the client said of its trace.
    var sent: TraceContext?
    /// Both empty for something that could not be read as a request.
    var method: [UInt8] = []
    var path: [UInt8] = []
    var route = ""
}

/// The trace that a request is a part of, and its spans.
extension Exchange {
    /// Before it is judged, so that those have a span too that are refused. Whether they are recorded is known later.
    func beginSpan(_ octets: UnsafeRawBufferPointer) {
        guard let sampling = generation.settings.spans else { return }
        let sent = generation.requestHead.traceContext(octets)
        // Nothing is kept for a trace that is not recorded anyway.
        if sampling != .always, sent?.isSampled == false, client.peer.thumbprint != nil { return }
        record.span = RequestSpan(
            sent: sent, method: Array(octets.slice(generation.requestHead.methodRange).prefix(32)),
            path: Array(octets.slice(generation.requestHead.path).prefix(AccessLog.pathLimit)))
    }

    /// Continues the client's trace, or begins one. Whether it is recorded only those say who have shown who they are: others could make the
    /// API record whatever they send.
    func takeTrace(_ octets: UnsafeRawBufferPointer, of permit: Permit) {
        let trace = loop.makeTrace(
            generation.requestHead.traceContext(octets), isKnown: permit.token != nil || client.peer.thumbprint != nil,
            generation.settings.spans ?? .parent)
        record.trace = trace
        record.span?.route = permit.routeName
    }

    /// The trace of a request that goes nowhere. Refusals of those are recorded too who have not shown who they are, but in no trace of theirs.
    func ownTrace() -> TraceContext? {
        guard let span = record.span, let sampling = generation.settings.spans else { return nil }
        if client.peer.thumbprint == nil { record.span?.sent = nil }
        return loop.makeTrace(client.peer.thumbprint == nil ? nil : span.sent, isKnown: true, sampling)
    }

    /// Once: what comes later is another request's.
    func endSpan(_ ending: Ending) {
        guard let span = record.span else { return }
        record.span = nil
        guard let trace = record.trace, trace.isSampled else { return }
        if loop.spans.add(finished(span, of: trace, ending), isKnown: client.peer.thumbprint != nil) { loop.onSpans() }
    }

    private func finished(_ span: RequestSpan, of trace: TraceContext, _ ending: Ending) -> FinishedRequest {
        let elapsed = (loop.clock.now() - record.began).nanoseconds
        let end = UInt64(max(0, loop.clock.seconds()) * 1e9)
        let start = end &- min(end, UInt64(max(0, elapsed)))
        // The API of a front is told of the check as what its own part is below.
        let isCheck = request.front != nil
        var finished = FinishedRequest(
            traceID: trace.traceID, parentID: span.sent?.parentID, spanID: isCheck ? .told(trace.parentID) : .number(.random(in: 1 ... .max)),
            began: start, ended: end, method: span.method, path: span.path)
        finished.route = span.route
        finished.status = record.status
        finished.front = request.front?.rawValue
        if !isCheck {
            finished.isHTTP2 = request.isHTTP2
            finished.server = generation.settings.spanServer
        }
        finished.tlsVersion = client.session.version
        finished.isResumed = client.session.isResumed
        finished.client = client.address
        finished.reason = ending.reason
        if let sent = record.sent, let address {
            var upstream = FinishedRequest.Upstream(
                spanID: trace.parentID, sent: start &+ UInt64(max(0, (sent - record.began).nanoseconds)), address: address)
            upstream.status = record.answered == nil ? 0 : record.status
            upstream.isHTTP2 = seat?.upstream.pool.limits.protocol.isHTTP2 ?? false
            finished.upstream = upstream
        }
        return finished
    }
}
