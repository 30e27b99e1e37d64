package import NIOCore
import ProtocolBuffers

/// What Envoy asks of an external authorizer: `envoy.service.auth.v3.CheckRequest`, of which only what judgement needs is read. By Envoy's
/// own definition unknown fields are passed over, and of a field that comes twice the last one counts; of a request's fields both do.
package enum EnvoyCheckRequest {
    /// The path of the call.
    package static let path = "/envoy.service.auth.v3.Authorization/Check"

    package static func read(_ message: ByteBuffer) throws(CheckFault) -> CheckQuestion {
        var parts = Parts()
        do throws(ProtobufReader.Malformed) {
            try parts.readCheck(message)
        } catch {
            throw .malformed
        }
        var head = CheckedHead(
            method: parts.method.readableBytesView, target: parts.path.readableBytesView, host: parts.host.readableBytesView)
        for (name, value) in parts.fields where name.readableBytesView.first != UInt8(ascii: ":") {
            head.add(field: name.readableBytesView, value.readableBytesView)
        }
        head.end()
        guard !head.isMalformed else { throw .malformed }
        return CheckQuestion(
            head: head.octets, host: Array(parts.host.readableBytesView), certificate: Array(parts.certificate.readableBytesView),
            address: Array(parts.address.readableBytesView), upgrade: head.upgrade)
    }

    private struct Parts {
        var method = ByteBuffer()
        var path = ByteBuffer()
        var host = ByteBuffer()
        var certificate = ByteBuffer()
        var address = ByteBuffer()
        var fields: [(ByteBuffer, ByteBuffer)] = []
        /// `encode_raw_headers`: they come apart, not joined by commas.
        var rawFields: [(ByteBuffer, ByteBuffer)] = []

        mutating func readCheck(_ message: ByteBuffer) throws(ProtobufReader.Malformed) {
            try each(of: message) { part, field, value throws(ProtobufReader.Malformed) in
                if field == 1 { try part.readAttributes(value) }
            }
            if !rawFields.isEmpty { fields = rawFields }
        }

        private mutating func readAttributes(_ message: ByteBuffer) throws(ProtobufReader.Malformed) {
            try each(of: message) { part, field, value throws(ProtobufReader.Malformed) in
                switch field {
                case 1: try part.readSource(value)
                case 4: try part.readRequest(value)
                default: break
                }
            }
        }

        private mutating func readSource(_ message: ByteBuffer) throws(ProtobufReader.Malformed) {
            try each(of: message) { part, field, value throws(ProtobufReader.Malformed) in
                switch field {
                case 1:
                    try part.each(of: value) { part, field, value throws(ProtobufReader.Malformed) in
                        if field == 1 { try part.readSocketAddress(value) }
                    }
                case 5: part.certificate = value
                default: break
                }
            }
        }

        private mutating func readSocketAddress(_ message: ByteBuffer) throws(ProtobufReader.Malformed) {
            try each(of: message) { part, field, value throws(ProtobufReader.Malformed) in
                if field == 2 { part.address = value }
            }
        }

        private mutating func readRequest(_ message: ByteBuffer) throws(ProtobufReader.Malformed) {
            try each(of: message) { part, field, value throws(ProtobufReader.Malformed) in
                if field == 2 { try part.readHTTP(value) }
            }
        }

        private mutating func readHTTP(_ message: ByteBuffer) throws(ProtobufReader.Malformed) {
            try each(of: message) { part, field, value throws(ProtobufReader.Malformed) in
                switch field {
                case 2: part.method = value
                case 3: part.fields.append(try Self.readPair(value, value: 2))
                case 4: part.path = value
                case 5: part.host = value
                case 13:
                    try part.each(of: value) { part, field, value throws(ProtobufReader.Malformed) in
                        // `raw_value` where the octets are no text.
                        if field == 1 { part.rawFields.append(try Self.readPair(value, value: 2, raw: 3)) }
                    }
                default: break
                }
            }
        }

        private static func readPair(
            _ message: ByteBuffer, value: Int, raw: Int = 0
        ) throws(ProtobufReader.Malformed) -> (ByteBuffer, ByteBuffer) {
            var reader = ProtobufReader(message)
            var pair = (ByteBuffer(), ByteBuffer())
            while let part = try reader.next() {
                guard case .octets(let octets) = part.value else { continue }
                if part.field == 1 { pair.0 = octets }
                if part.field == value || part.field == raw && octets.readableBytes > 0 { pair.1 = octets }
            }
            return pair
        }

        /// Each field that has octets.
        private mutating func each(
            of message: ByteBuffer, _ body: (inout Parts, Int, ByteBuffer) throws(ProtobufReader.Malformed) -> Void
        ) throws(ProtobufReader.Malformed) {
            var reader = ProtobufReader(message)
            while let part = try reader.next() { if case .octets(let octets) = part.value { try body(&self, part.field, octets) } }
        }
    }
}
