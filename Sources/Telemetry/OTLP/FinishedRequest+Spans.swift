import NIOCore
import ProtocolBuffers

extension FinishedRequest {
    /// A span of ours and, where it went to an upstream, one of that. Names and values are those of the semantic conventions of HTTP and TLS.
    func writeSpans(to out: inout ByteBuffer) {
        let own = spanID.octets, trace = Self.binary(traceID)
        let method = Self.method(self.method)
        let name = method == Self.unknownMethod ? "HTTP" : method
        out.writeProtobuf(2) { span in
            span.writeProtobuf(1, octets: trace)
            span.writeProtobuf(2, octets: own)
            if let parentID { span.writeProtobuf(4, octets: Self.binary(parentID)) }
            span.writeProtobuf(5, text: route.isEmpty ? name : "\(name) \(route)")
            span.writeProtobuf(6, varint: 2)  // SERVER
            span.writeProtobuf(7, fixed64: began)
            span.writeProtobuf(8, fixed64: max(began, ended))
            span.writeAttribute(9, "http.request.method", method)
            if !route.isEmpty { span.writeAttribute(9, "http.route", route) }
            if status > 0 { span.writeAttribute(9, "http.response.status_code", status) }
            writeWay(to: &span)
            if let error = reason ?? (status >= 500 ? "\(status)" : nil) { span.writeAttribute(9, "error.type", error) }
            // What was answered 4xx is no error of the server.
            if status >= 500 || status == 0 && reason != nil { Self.writeError(to: &span) }
        }
        if let upstream { write(upstream, below: own, of: trace, name, method, to: &out) }
    }

    /// Where it came from, and how.
    private func writeWay(to span: inout ByteBuffer) {
        if !path.isEmpty { span.writeAttribute(9, "url.path", String(decoding: path.prefix(AccessLog.pathLimit), as: UTF8.self)) }
        if let isHTTP2 {
            span.writeAttribute(9, "url.scheme", "https")
            span.writeAttribute(9, "network.protocol.version", isHTTP2 ? "2" : "1.1")
        }
        if let front { span.writeAttribute(9, "holdfast.front", front) }
        if let server {
            span.writeAttribute(9, "server.address", server.host)
            span.writeAttribute(9, "server.port", server.port)
        }
        if !client.isEmpty { span.writeAttribute(9, "client.address", client) }
        if let tlsVersion { span.writeAttribute(9, "tls.protocol.version", tlsVersion.description) }
        if let isResumed { span.writeAttribute(9, "tls.resumed", isResumed) }
    }

    private func write(
        _ upstream: Upstream, below own: [UInt8], of trace: [UInt8], _ name: String, _ method: String, to out: inout ByteBuffer
    ) {
        out.writeProtobuf(2) { span in
            span.writeProtobuf(1, octets: trace)
            span.writeProtobuf(2, octets: Self.binary(upstream.spanID))
            span.writeProtobuf(4, octets: own)
            span.writeProtobuf(5, text: name)
            span.writeProtobuf(6, varint: 3)  // CLIENT
            span.writeProtobuf(7, fixed64: upstream.sent)
            span.writeProtobuf(8, fixed64: max(ended, upstream.sent))
            span.writeAttribute(9, "http.request.method", method)
            span.writeAttribute(9, "network.protocol.version", upstream.isHTTP2 ? "2" : "1.1")
            let (host, port) = Self.split(upstream.address)
            span.writeAttribute(9, "server.address", host)
            if let port { span.writeAttribute(9, "server.port", port) }
            if upstream.status > 0 { span.writeAttribute(9, "http.response.status_code", upstream.status) }
            guard let error = reason ?? (upstream.status >= 400 ? "\(upstream.status)" : nil) else { return }
            span.writeAttribute(9, "error.type", error)
            Self.writeError(to: &span)
        }
    }

    private static func writeError(to span: inout ByteBuffer) {
        span.writeProtobuf(15) { $0.writeProtobuf(3, varint: 2) }  // STATUS_CODE_ERROR
    }

    private static let methods: Set = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
    private static let unknownMethod = "_OTHER"

    /// Those that nobody knows have one name together, so that clients make no names of spans.
    private static func method(_ octets: [UInt8]) -> String {
        let text = String(decoding: octets, as: UTF8.self)
        return methods.contains(text) ? text : unknownMethod
    }

    /// `127.0.0.1:80`, `[::1]:80`, or the path of a socket.
    private static func split(_ address: String) -> (host: String, port: Int?) {
        guard !address.hasPrefix("/"), let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]) else {
            return (address, nil)
        }
        let host = address[..<colon]
        return (host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host), port)
    }

    fileprivate static func binary(_ digits: [UInt8]) -> [UInt8] {
        func value(_ digit: UInt8) -> UInt8 { digit <= UInt8(ascii: "9") ? digit & 15 : (digit & 15) &+ 9 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }
}

extension FinishedRequest.SpanID {
    fileprivate var octets: [UInt8] {
        switch self {
        case .number(let number): (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
        case .told(let digits): FinishedRequest.binary(digits)
        }
    }
}
