package import NIOCore

extension ResponseHead {
    /// How the body goes to a client of HTTP/1.`minorVersion`: HTTP/1.0 knows no chunks (requirements H1-23).
    package func clientFraming(minorVersion: Int) -> BodyFraming {
        switch framing {
        case .none, .length: framing
        case .chunked, .untilClose: minorVersion == 0 ? .untilClose : .chunked
        }
    }

    /// Writes the response anew for the client: status line, the fields that survive, framing, `extra`.
    ///
    /// - Parameters:
    ///   - octets: those this head was parsed from.
    ///   - minorVersion: of the client's request; the status line says HTTP/1.1 whatever it is (RFC 9110 section 6.2).
    ///   - close: say that this response is the last one; implied where the body ends with the connection. Without
    ///     effect on an interim response.
    ///   - extra: whole field lines of our own, each ended by CR LF.
    /// - Returns: how the body is to be sent.
    @discardableResult
    package borrowing func write(
        from octets: UnsafeRawBufferPointer, to buffer: inout ByteBuffer, minorVersion: Int, close: Bool, extra: [UInt8] = []
    ) -> BodyFraming {
        let outgoing = clientFraming(minorVersion: minorVersion)
        guard octets.count >= length, let reader = OctetReader(octets, limit: length) else { return outgoing }
        // Each field grows by one SP at most, or becomes `Vary: *`.
        let bound = length + fieldCount * 2 + extra.count + HeadWriter.slack
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { memory in
            guard var writer = HeadWriter(memory) else { return 0 }
            writer.put("HTTP/1.1 ")
            writer.put(decimal: status)
            writer.put(Octet.space)
            writer.put(reader.octets(reason))
            writer.put("\r\n")
            writeFields(reader, to: &writer)
            writer.put(framing: declaredToClient(outgoing))
            if status >= 200, close || outgoing == .untilClose { writer.put("Connection: close\r\n") }
            writer.put(extra)
            writer.put("\r\n")
            return writer.finish()
        }
        return outgoing
    }

    @discardableResult
    package borrowing func write(
        from source: ByteBuffer, to buffer: inout ByteBuffer, minorVersion: Int, close: Bool, extra: [UInt8] = []
    ) -> BodyFraming {
        source.withUnsafeReadableBytes { write(from: $0, to: &buffer, minorVersion: minorVersion, close: close, extra: extra) }
    }

    /// Answers to HEAD and 304 tell the length that the body would have (RFC 9110 section 8.6).
    borrowing func declaredToClient(_ outgoing: BodyFraming) -> BodyFraming {
        guard outgoing == .none, status >= 200, status != 204, case .length(let octets)? = declared else { return outgoing }
        return .length(octets)
    }

    private borrowing func writeFields(_ reader: OctetReader, to writer: inout HeadWriter) {
        eachForwarded(reader) { field, isAny in
            if isAny { writer.put("Vary: *\r\n") } else { writer.put(field: field, from: reader) }
        }
    }

    /// The fields that survive.
    /// - Parameter body: with whether the field is a Vary that becomes `*`.
    @inline(__always)
    borrowing func eachForwarded(_ reader: OctetReader, _ body: (FieldLine, Bool) -> Void) {
        var index = 0
        while index < section.count {
            let field = section[index]
            index += 1
            guard FieldRoles.forwardedInResponses.contains(field.role), !field.isNominated else { continue }
            body(field, field.role == .vary && variesByCertificate(reader, field.value))
        }
    }

    /// A response chosen by a field that only we can set must not be reused for another client (RFC 9440 section 2.4).
    private borrowing func variesByCertificate(_ reader: OctetReader, _ value: Range<Int>) -> Bool {
        var members = ListValue(reader, value)
        while let member = members.next() {
            if names.verdict(on: FoldedName(reader, member)).role == .trusted { return true }
        }
        return false
    }
}
