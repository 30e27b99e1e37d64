import HTTPWire
import NIOCore
import Telemetry

/// An answer of Holdfast's own, as a value that each front prints.
enum OwnAnswer {
    /// - Parameters: what the body is made of: its form, the interaction id, and seconds since 1970.
    case refusal(Refusal, ErrorBody, InteractionID?, Int)
    /// To a client of gRPC, whose status of HTTP is 200; what it stands for is in the log and in the metrics.
    case grpcRefusal(Refusal)
    /// `OPTIONS` with `Max-Forwards: 0` is meant for us (RFC 9110 section 7.6.2).
    case options
    case page(OwnPage)
    /// To a front, which forwards the request.
    case permitted(PermittedRequest)

    var status: Int {
        switch self {
        case .refusal(let refusal, _, _, _), .grpcRefusal(let refusal): refusal.status
        case .options: 204
        case .page, .permitted: 200
        }
    }

    /// The connection cannot go on, whatever its protocol.
    var closes: Bool {
        switch self {
        case .refusal(let refusal, _, _, _), .grpcRefusal(let refusal): refusal.closes
        case .options, .page, .permitted: false
        }
    }

    /// For HTTP/1.1.
    /// - Parameter fields: whole lines that go before its own.
    func write(into out: inout ByteBuffer, fields: [UInt8], isHead: Bool, closing: Bool) {
        switch self {
        case .refusal(let refusal, let form, let id, let time):
            return refusal.write(into: &out, fields: fields, as: form, interactionID: id, time: time, isHead: isHead, closing: closing)
        case .grpcRefusal(let refusal):
            out.writeString("HTTP/1.1 200 OK\r\n")
            out.writeBytes(fields)
            out.writeBytes(GRPCRefusal(refusal).fields)
        case .options:
            out.writeString("HTTP/1.1 204 No Content\r\n")
            out.writeBytes(fields)
            out.writeString("Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n")
        case .permitted(let request):
            out.writeString("HTTP/1.1 200 OK\r\n")
            out.writeBytes(fields)
            out.writeBytes(request.fields)
            out.writeString("Content-Length: 0\r\n")
        case .page(let page):
            out.writeString("HTTP/1.1 200 OK\r\n")
            out.writeBytes(fields)
            out.writeString("Content-Type: \(page.contentType)\r\nCache-Control: max-age=\(page.maximumAge)\r\nContent-Length: ")
            out.writeDecimal(page.body.count)
            out.writeString("\r\n")
        }
        out.writeString(closing ? "Connection: close\r\n\r\n" : "\r\n")
        if case .page(let page) = self, !isHead { out.writeBytes(page.body) }
    }
}
