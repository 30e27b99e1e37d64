package import NIOCore
import ProtocolBuffers

/// What Envoy is answered: `envoy.service.auth.v3.CheckResponse`.
package enum EnvoyCheckResponse {
    /// - Parameters:
    ///   - set: whole lines that take the place of what the client sent.
    ///   - remove: names of fields that must not reach the API. Envoy removes after it sets, so none that is set may be among them.
    ///   - answer: whole lines for the client.
    package static func permitted(set: [UInt8], remove: [[UInt8]], answer: [UInt8]) -> ByteBuffer {
        let lines = FieldLines(set)
        let names = lines.map { $0.name.map(lowered) }
        var out = ByteBuffer()
        out.writeProtobuf(1) { _ in }
        out.writeProtobuf(3) { ok in
            for line in lines { writeOption(2, line, to: &ok) }
            for name in remove where !names.contains(name.map(lowered)) { ok.writeProtobuf(5, octets: name) }
            for line in FieldLines(answer) { writeOption(6, line, to: &ok) }
        }
        return out
    }

    /// - Parameters:
    ///   - status: of HTTP, one that Envoy knows.
    ///   - lines: whole lines for the client, without the body's length.
    package static func refused(status: Int, lines: [UInt8], body: some Collection<UInt8>) -> ByteBuffer {
        var out = ByteBuffer()
        // `google.rpc.Code`: UNAUTHENTICATED or PERMISSION_DENIED; Envoy takes whatever is not 0 for no.
        out.writeProtobuf(1) { $0.writeProtobuf(1, varint: status == 401 ? 16 : 7) }
        out.writeProtobuf(2) { denied in
            denied.writeProtobuf(1) { $0.writeProtobuf(1, varint: UInt64(max(0, status))) }
            for line in FieldLines(lines) { writeOption(2, line, to: &denied) }
            denied.writeProtobuf(3, octets: body)
        }
        return out
    }

    /// `HeaderValueOption` with `OVERWRITE_IF_EXISTS_OR_ADD`.
    private static func writeOption(_ field: Int, _ line: FieldLines.Line, to out: inout ByteBuffer) {
        out.writeProtobuf(field) { option in
            option.writeProtobuf(1) { header in
                header.writeProtobuf(1, octets: line.name)
                header.writeProtobuf(2, octets: line.value)
            }
            option.writeProtobuf(3, varint: 2)
        }
    }
}

/// Whole field lines of ours, taken apart.
package struct FieldLines: Sequence, IteratorProtocol {
    package struct Line: Equatable {
        package let name: ArraySlice<UInt8>
        package let value: ArraySlice<UInt8>
    }

    private var rest: ArraySlice<UInt8>

    package init(_ lines: [UInt8]) { rest = lines[...] }

    package mutating func next() -> Line? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\r")) else { return nil }
        let line = rest[..<end]
        rest = rest[end...].dropFirst(2)
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return next() }
        return Line(name: line[..<colon], value: line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") })
    }
}
