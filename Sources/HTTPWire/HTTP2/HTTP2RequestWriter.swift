package import NIOCore

/// Header blocks of requests to an upstream (RFC 9113 section 8.3.1). Each stands for itself, as those of answers do: see
/// ``HTTP2AnswerWriter``.
package enum HTTP2RequestWriter {
    /// What HTTP/1.1's form of a request does not tell of it.
    package struct Terms: Equatable, Sendable {
        package var isEncrypted: Bool
        /// Trailers of the answer find their way to the client (RFC 9110 section 10.1.4). Servers of gRPC insist on hearing it.
        package var takesTrailers: Bool

        package init(isEncrypted: Bool, takesTrailers: Bool) {
            self.isEncrypted = isEncrypted
            self.takesTrailers = takesTrailers
        }
    }

    /// A request as it is written for HTTP/1.1: what is of the connection is left out, Host becomes `:authority`.
    /// - Parameter request: request line, Host, the other lines, an empty line, and perhaps a body.
    /// - Returns: octets of its head, which the body follows; nil where it has none, and then nothing is written.
    package static func writeBlock(of request: ByteBuffer, _ terms: Terms, to buffer: inout ByteBuffer) -> Int? {
        request.withUnsafeReadableBytes { octets in
            guard let reader = OctetReader(octets), let line = line(reader) else { return nil }
            var parser = FieldLines(reader, from: line.end)
            guard let (first, authority) = parser.next(), reader.matches(first, "host") else { return nil }
            var length: Int?
            _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: HeadWriter.hpackRoom(octets.count)) { memory in
                guard var writer = HeadWriter(memory) else { return 0 }
                writer.put(hpackMethod: line.method, from: reader)
                writer.put(terms.isEncrypted ? 0x87 : 0x86)
                writer.put(integer: 4, prefix: 4)
                writer.put(hpackValue: line.target, from: reader)
                writer.put(integer: 1, prefix: 4)
                writer.put(hpackValue: authority, from: reader)
                while let (name, value) = parser.next() {
                    guard !HPACKNames.isConnectionSpecific(reader, name) else { continue }
                    writer.put(hpackRequestName: name, from: reader)
                    writer.put(hpackValue: value, from: reader)
                }
                guard reader.octetOrZero(parser.position) == Octet.cr, reader.octetOrZero(parser.position + 1) == Octet.lf else { return 0 }
                if terms.takesTrailers { writer.put("\u{0}\u{2}te\u{8}trailers") }
                length = parser.position + 2
                return writer.finish()
            }
            return length
        }
    }

    private static func line(_ reader: OctetReader) -> (method: Range<Int>, target: Range<Int>, end: Int)? {
        var position = 0
        while Octet.isToken(reader.octetOrZero(position)) { position += 1 }
        let method = 0..<position
        guard !method.isEmpty, reader.octetOrZero(position) == Octet.space else { return nil }
        let start = position + 1
        position = start
        while RequestLine.isInTarget(reader.octetOrZero(position)) { position += 1 }
        let version: StaticString = " HTTP/1.1\r\n"
        let end = position + version.utf8CodeUnitCount
        guard position > start, end <= reader.count, reader.equals(position..<end, version) else { return nil }
        return (method, start..<position, end)
    }
}

extension HeadWriter {
    fileprivate mutating func put(hpackMethod method: Range<Int>, from reader: OctetReader) {
        if reader.equals(method, "GET") { return put(0x82) }
        if reader.equals(method, "POST") { return put(0x83) }
        put(integer: 2, prefix: 4)
        put(hpackValue: method, from: reader)
    }

    /// A secret is marked so that nobody on the way keeps it in a table (RFC 7541 section 7.1.3).
    fileprivate mutating func put(hpackRequestName name: Range<Int>, from reader: OctetReader) {
        let (index, isSecret) = HPACKNames.requestIndex(reader, name)
        guard index > 0 else { return put(hpackName: name, from: reader) }
        put(integer: index, prefix: 4, first: isSecret ? 0x10 : 0)
    }
}

extension HPACKNames {
    /// The name's place in the static table, of those that requests have and answers do not; 0 for others.
    fileprivate static func requestIndex(_ reader: OctetReader, _ name: Range<Int>) -> (index: Int, isSecret: Bool) {
        func matches(_ text: StaticString) -> Bool { reader.matches(name, text) }
        switch name.count {
        case 5: return (matches("range") ? 50 : 0, false)
        case 6 where matches("cookie"): return (32, true)
        case 6: return (matches("accept") ? 19 : matches("expect") ? 35 : 0, false)
        case 7: return (matches("referer") ? 51 : 0, false)
        case 8: return (matches("if-match") ? 39 : matches("if-range") ? 42 : 0, false)
        case 10: return (matches("user-agent") ? 58 : 0, false)
        case 12: return (matches("max-forwards") ? 47 : 0, false)
        case 13 where matches("authorization"): return (23, true)
        case 13: return (matches("if-none-match") ? 41 : 0, false)
        case 15: return (matches("accept-encoding") ? 16 : matches("accept-language") ? 17 : 0, false)
        case 17: return (matches("if-modified-since") ? 40 : 0, false)
        default: return (0, false)
        }
    }
}
