/// A refusal as a client of gRPC reads it: HTTP 200 and a status in fields that are head and trailers in one ("Trailers-Only", gRPC over
/// HTTP/2). By HTTP's status it would have to guess.
package struct GRPCRefusal: Equatable, Sendable {
    package let status: Status
    /// Percent-encoded, as `grpc-message` has to be.
    package let message: String

    /// Those that refusals come to. The raw value is what goes into `grpc-status`.
    package enum Status: Int, Sendable {
        case unknown = 2
        case permissionDenied = 7
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case unauthenticated = 16
    }

    package init(_ refusal: Refusal) {
        status = Status(http: refusal.status)
        message = Self.encoded("\(refusal.reason): \(refusal.detail)")
    }

    /// Whole lines, names in lower case as HTTP/2 wants them.
    package var fields: [UInt8] {
        Array("content-type: application/grpc\r\ngrpc-status: \(status.rawValue)\r\ngrpc-message: \(message)\r\n".utf8)
    }

    /// Whether a request with this Content-Type is gRPC's: `application/grpc`, with a form of messages behind `+` or parameters. Not gRPC-Web,
    /// which has its status in the body.
    package static func isAnswer(to contentType: UnsafeRawBufferPointer) -> Bool {
        let type = Array("application/grpc".utf8)
        guard contentType.count >= type.count, zip(contentType, type).allSatisfy({ lowered($0) == $1 }) else { return false }
        guard contentType.count > type.count else { return true }
        return [UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(contentType[type.count])
    }

    private static func lowered(_ octet: UInt8) -> UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet | 0x20 : octet }

    private static func encoded(_ text: String) -> String {
        var message = ""
        for octet in text.utf8 {
            if (0x20...0x7e).contains(octet), octet != UInt8(ascii: "%") {
                message.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                let digits = String(octet, radix: 16, uppercase: true)
                message += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return message
    }
}

extension GRPCRefusal.Status {
    /// The mapping of gRPC's own document on statuses of HTTP, so that a client which reads either comes to the same.
    init(http status: Int) {
        self =
            switch status {
            case 400: .internal
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .unimplemented
            case 429, 502, 503, 504: .unavailable
            default: .unknown
            }
    }
}
