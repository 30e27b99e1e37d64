import BindingPolicy
import HTTPWire
import NIOCore

/// What is noted of a running exchange for its log line and its metrics. No octet of a request's fields or body.
struct ExchangeRecord {
    var isOpen = false
    var began = NIODeadline.distantPast
    var status = 0
    /// Of an upstream's fault, more precisely than its reason.
    var cause: String?
    var bytesIn = 0
    var bytesOut = 0
    /// Where Holdfast manages it.
    var interactionID: InteractionID?
    /// Why it would have been refused, where its route only reports.
    var wouldRefuse: DenialReason?
    /// The beginning of the log line; empty where there is no access log.
    var line = ByteBuffer()
}
