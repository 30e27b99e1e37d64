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
    private var isOpen = true
    /// The beginning of the log line; empty where there is no access log.
    private var line = ByteBuffer()

    init(began: NIODeadline) { self.began = began }

    mutating func begin(_ octets: UnsafeRawBufferPointer, _ head: borrowing RequestHead, _ request: RequestFacts, from client: ConnectedClient) {
        AccessLog.begin(
            &line, method: UnsafeRawBufferPointer(rebasing: octets[head.methodRange]), path: UnsafeRawBufferPointer(rebasing: octets[head.path]),
            peer: client.address, thumbprint: client.peer.thumbprint?.base64url ?? "")
        AccessLog.add("protocol", (request.front?.rawValue ?? (request.isHTTP2 ? ApplicationProtocol.http2 : .http1).rawValue).utf8, to: &line)
        if let registered = client.peer.client { AccessLog.add("registered_client", registered.id.utf8, to: &line) }
    }

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
        guard exchange.generation.settings.accessLog else { return }
        if let id = interactionID { AccessLog.add("interaction_id", id.octets, to: &line) }
        if exchange.generation.upstreams.count > 1, let name = exchange.seat?.upstream.name {
            AccessLog.add("upstream", name.text.utf8, to: &line)
        }
        if let trace { AccessLog.add("trace_id", trace.traceID, to: &line) }
        if let cause = ending.cause { AccessLog.add("cause", cause.utf8, to: &line) }
        if let reason = wouldRefuse { AccessLog.add("would_refuse", reason.rawValue.utf8, to: &line) }
        let (line, status, bytesIn, bytesOut) = (line, status, bytesIn, bytesOut)
        loop.logAccess {
            $0.end(
                line, milliseconds: Int(loop.clock.seconds() * 1000), status: status, outcome: ending.outcome, reason: ending.reason,
                microseconds: Int(elapsed / 1000), bytesIn: bytesIn, bytesOut: bytesOut)
        }
        self.line = ByteBuffer()
    }
}
