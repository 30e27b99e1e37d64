import DecisionWire
import HTTPWire
import NIOCore

/// What a stream of HTTP/2 needs of a call of gRPC beside what it is: the call's message as it arrives, and the form of its answer.
struct EnvoyCall {
    enum Method {
        case check
        /// `grpc.health.v1.Health/Check`, by which Envoy looks whether we are there.
        case health
        case unknown
    }

    let method: Method
    /// When the whole of it must have arrived.
    let deadline: NIODeadline
    private var body = ByteBuffer()
    private let limit: Int
    private var isTooLong = false

    /// - Parameter limit: octets of the message.
    init(path: UnsafeRawBufferPointer, limit: Int, deadline: NIODeadline) {
        self.deadline = deadline
        method =
            path.elementsEqual(EnvoyCheckRequest.path.utf8) ? .check : path.elementsEqual("/grpc.health.v1.Health/Check".utf8) ? .health : .unknown
        self.limit = limit + GRPCMessage.prefix
    }

    mutating func received(_ data: ByteBuffer) {
        guard body.readableBytes + data.readableBytes <= limit else {
            isTooLong = true
            return body.clear()
        }
        body.writeImmutableBuffer(data)
    }

    func question() throws(CheckFault) -> CheckQuestion {
        guard !isTooLong, let message = GRPCMessage.read(body) else { throw .malformed }
        return try EnvoyCheckRequest.read(message)
    }

    /// - Parameters:
    ///   - answer: which `fields`, whole lines, are added to.
    ///   - text: the same as HTTP/1.1 would have it.
    static func response(_ answer: OwnAnswer, fields: [UInt8], as text: ByteBuffer) -> ByteBuffer {
        if case .permitted(let request) = answer {
            return EnvoyCheckResponse.permitted(set: request.fields, remove: request.removed, answer: forClient(fields))
        }
        let octets = Array(text.readableBytesView)
        let end = headEnd(octets)
        // The status line and the length are Envoy's to write.
        let lines = octets[..<end].firstIndex(of: UInt8(ascii: "\n")).map { Array(octets[($0 + 1)..<end]) } ?? []
        return EnvoyCheckResponse.refused(status: answer.status, lines: forClient(lines), body: octets.dropFirst(end + 2))
    }

    /// After the last line's end.
    private static func headEnd(_ octets: [UInt8]) -> Int {
        let end = Array("\r\n\r\n".utf8)
        var index = 0
        while index + 4 <= octets.count {
            if octets[index..<index + 4].elementsEqual(end) { return index + 2 }
            index += 1
        }
        return octets.count
    }

    private static func forClient(_ lines: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        for line in FieldLines(lines) where !["Date", "Content-Length", "Connection"].contains(where: { line.name.elementsEqual($0.utf8) }) {
            kept += line.name + Array(": ".utf8) + line.value + Array("\r\n".utf8)
        }
        return kept
    }
}
