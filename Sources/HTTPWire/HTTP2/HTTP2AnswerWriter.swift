package import NIOCore

/// Header blocks of answers (RFC 9113 section 8.3.2). Each stands for itself: our side of the compression has no state, and a client may
/// bound its table as it likes.
package enum HTTP2AnswerWriter {
    /// The client's table is made as small as any that it may allow (RFC 7541 section 6.3).
    static func writeEmptyTable(to buffer: inout ByteBuffer) { buffer.writeInteger(UInt8(0x20)) }

    /// - Parameters:
    ///   - status: 100 to 999.
    ///   - fields: whole lines in HTTP/1.1's form, each ended by CR LF.
    package static func writeBlock(status: Int, fields: [UInt8] = [], to buffer: inout ByteBuffer) {
        buffer.writeWithHeadWriter(room: HeadWriter.hpackRoom(fields.count)) { writer in
            writer.put(status: status)
            fields.withUnsafeBytes { writer.put(hpackLines: $0) }
        }
    }

    /// An answer of our own, from HTTP/1.1's form of it: what is of the connection is left out.
    /// - Parameter answer: status line, lines, an empty line and the body.
    /// - Returns: octets of its head, which the body follows; nil where it has none.
    package static func writeBlock(of answer: ByteBuffer, to buffer: inout ByteBuffer) -> Int? {
        answer.withUnsafeReadableBytes { octets in
            guard let reader = OctetReader(octets), let status = reader.decimal(9..<12) else { return nil }
            var position = 12
            while position < reader.count, reader.octetOrZero(position) != Octet.lf { position += 1 }
            guard position < reader.count else { return nil }
            let lines = reader.octets(position + 1..<reader.count)
            guard let end = endOfLines(lines) else { return nil }
            buffer.writeWithHeadWriter(room: HeadWriter.hpackRoom(end)) { writer in
                writer.put(status: status)
                writer.put(hpackLines: UnsafeRawBufferPointer(rebasing: lines[..<end]))
            }
            return position + 1 + end + 2
        }
    }

    /// Where the empty line begins.
    private static func endOfLines(_ lines: UnsafeRawBufferPointer) -> Int? {
        guard let reader = OctetReader(lines) else { return nil }
        var parser = FieldLines(reader)
        while parser.next() != nil {}
        let end = parser.position
        return reader.octetOrZero(end) == Octet.cr && reader.octetOrZero(end + 1) == Octet.lf ? end : nil
    }
}

extension ResponseHead {
    /// Writes the response anew for a client of HTTP/2: `:status`, the fields that survive in lower case, `content-length` where it is known,
    /// `extra`. What is of the upstream's connection, or named by its Connection, is left out (requirements H2-22).
    ///
    /// - Parameters:
    ///   - octets: those this head was parsed from.
    ///   - extra: whole field lines of our own in HTTP/1.1's form, each ended by CR LF.
    ///   - opensTunnel: it is a 101, which is a 200 here without what proves to have read a key (RFC 8441 section 5).
    package borrowing func writeBlock(
        from octets: UnsafeRawBufferPointer, to buffer: inout ByteBuffer, opensTunnel: Bool = false, extra: [UInt8] = []
    ) {
        guard octets.count >= length, let reader = OctetReader(octets, limit: length) else { return }
        let room = HeadWriter.hpackRoom(extra.count) + length + 8 * fieldCount
        buffer.writeWithHeadWriter(room: room) { writer in
            writer.put(status: opensTunnel ? 200 : status)
            eachForwarded(reader) { field, isAny in
                if opensTunnel, reader.matches(field.name, "sec-websocket-accept") { return }
                writer.put(hpackName: field.name, from: reader)
                if isAny {
                    writer.put("\u{1}*")
                } else {
                    writer.put(hpackValue: field.value, from: reader)
                }
            }
            if case .length(let octets) = declaredToClient(framing) { writer.put(hpackContentLength: octets) }
            extra.withUnsafeBytes { writer.put(hpackLines: $0) }
        }
    }

    package borrowing func writeBlock(from source: ByteBuffer, to buffer: inout ByteBuffer, opensTunnel: Bool = false, extra: [UInt8] = []) {
        source.withUnsafeReadableBytes { writeBlock(from: $0, to: &buffer, opensTunnel: opensTunnel, extra: extra) }
    }

    /// Writes what may pass of an upstream's trailer section (RFC 9110 section 6.5). It has nothing to do with the head at hand.
    /// - Parameter lines: as ``BodyReader`` gives them.
    /// - Returns: whether anything passes; else nothing is written.
    package borrowing func writeTrailerBlock(_ lines: [UInt8], to buffer: inout ByteBuffer) -> Bool {
        guard !lines.isEmpty else { return false }
        var isAny = false
        buffer.writeWithHeadWriter(room: HeadWriter.hpackRoom(lines.count)) { writer in
            lines.withUnsafeBytes { octets in
                writer.put(hpackLines: octets) { reader, name in
                    let role = names.verdict(on: FoldedName(reader, name)).role
                    let passes = FieldRoles.forwardedInTrailers.contains(role) && !HPACKNames.isForbiddenInTrailers(reader, name)
                    isAny = isAny || passes
                    return passes
                }
            }
        }
        return isAny
    }
}

extension ByteBuffer {
    fileprivate mutating func writeWithHeadWriter(room: Int, _ write: (inout HeadWriter) -> Void) {
        _ = writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
            guard var writer = HeadWriter(memory) else { return 0 }
            write(&writer)
            return writer.finish()
        }
    }
}
