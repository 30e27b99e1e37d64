package import NIOCore

/// How requests are written to the upstream, fixed by configuration.
package struct RequestRewrite: Sendable {
    /// Leave Authorization out; else it passes byte for byte (RFC 9110 section 11.6.2).
    package let removesAuthorization: Bool
    /// For requests in HTTP/1.0 that name no host, since HTTP/1.1 needs one, or for all.
    let defaultHost: [UInt8]
    let replacesHost: Bool
    private let via10: [UInt8]
    private let via11: [UInt8]
    private let via20: [UInt8]

    /// - Parameters:
    ///   - pseudonym: what Via calls us, a token (RFC 9110 section 7.6.3); nil for anything else.
    ///   - addsVia: false for upstreams that turn compression off where they see it. What others said in Via passes all the same.
    ///   - defaultHost: a valid Host.
    ///   - replacesHost: whether that is what every request is for.
    package init?(pseudonym: String, removesAuthorization: Bool, defaultHost: String = "localhost", replacesHost: Bool = false, addsVia: Bool = true)
    {
        guard !pseudonym.isEmpty, pseudonym.utf8.allSatisfy(Octet.isToken) else { return nil }
        self.removesAuthorization = removesAuthorization
        self.defaultHost = Array(defaultHost.utf8)
        self.replacesHost = replacesHost
        via10 = addsVia ? Array("Via: 1.0 \(pseudonym)\r\n".utf8) : []
        via11 = addsVia ? Array("Via: 1.1 \(pseudonym)\r\n".utf8) : []
        via20 = addsVia ? Array("Via: 2.0 \(pseudonym)\r\n".utf8) : []
    }

    /// The Via line, or none, for a message received in HTTP/1.`minorVersion`.
    func via(_ minorVersion: Int) -> [UInt8] { minorVersion == 0 ? via10 : via11 }
    /// For one received in HTTP/2.
    var viaHTTP2: [UInt8] { via20 }
}

extension RequestHead {
    /// Writes the request anew for the upstream, in HTTP/1.1 and with the bytes of path and query unchanged: Host, the fields
    /// that survive, the framing, Via, and last `trusted`.
    ///
    /// - Parameters:
    ///   - octets: those this head was parsed from.
    ///   - isHTTP2: it came over HTTP/2, and this is its form in HTTP/1.1.
    ///   - trusted: whole field lines of our own, each ended by CR LF.
    package borrowing func write(
        from octets: UnsafeRawBufferPointer, to buffer: inout ByteBuffer, _ rewrite: RequestRewrite, isHTTP2: Bool = false, trusted: [UInt8]
    ) {
        guard octets.count >= length, let reader = OctetReader(octets, limit: length) else { return }
        let via = isHTTP2 ? rewrite.viaHTTP2 : rewrite.via(minorVersion)
        // Each field grows by one SP at most; what we add besides is counted here.
        let bound = length + fieldCount + via.count + trusted.count + rewrite.defaultHost.count + HeadWriter.slack
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { memory in
            guard var writer = HeadWriter(memory) else { return 0 }
            writeTarget(reader, to: &writer, rewrite)
            writeFields(reader, to: &writer, removesAuthorization: rewrite.removesAuthorization)
            writer.put(framing: framing)
            writer.put(via)
            writer.put(trusted)
            writer.put("\r\n")
            return writer.finish()
        }
    }

    package borrowing func write(
        from source: ByteBuffer, to buffer: inout ByteBuffer, _ rewrite: RequestRewrite, trusted: [UInt8]
    ) {
        source.withUnsafeReadableBytes { write(from: $0, to: &buffer, rewrite, trusted: trusted) }
    }

    @inline(__always)
    private borrowing func writeTarget(_ reader: OctetReader, to writer: inout HeadWriter, _ rewrite: RequestRewrite) {
        writer.put(reader.octets(methodRange))
        writer.put(Octet.space)
        if form == .absolute {
            if path.isEmpty { writer.put(Octet.slash) }
            writer.put(reader.octets(path.lowerBound..<target.upperBound))
        } else {
            writer.put(reader.octets(target))
        }
        writer.put(" HTTP/1.1\r\nHost: ")
        if host.isEmpty || rewrite.replacesHost { writer.put(rewrite.defaultHost) } else { writer.put(reader.octets(host)) }
        writer.put("\r\n")
    }

    @inline(__always)
    private borrowing func writeFields(_ reader: OctetReader, to writer: inout HeadWriter, removesAuthorization: Bool) {
        // Without a trace that it belongs to, a state means nothing.
        let passesTraceState = section.seen.contains(.traceState) && hasTrace(reader)
        var index = 0
        while index < section.count {
            let field = section[index]
            index += 1
            if field.isNominated { continue }
            guard FieldRoles.forwardedInRequests.contains(field.role) || field.role == .traceState && passesTraceState else { continue }
            if field.role == .authorization, removesAuthorization { continue }
            if field.role == .maxForwards, maxForwards != nil { continue }
            writer.put(field: field, from: reader)
        }
        if let maxForwards {
            writer.put("Max-Forwards: ")
            writer.put(decimal: max(0, maxForwards - 1))
            writer.put("\r\n")
        }
    }
}

extension RequestHead {
    private borrowing func hasTrace(_ reader: OctetReader) -> Bool { traceContext(reader.octets(0..<length)) != nil }
}

extension HeadWriter {
    mutating func put(framing: BodyFraming) {
        switch framing {
        case .none, .untilClose: break
        case .chunked: put("Transfer-Encoding: chunked\r\n")
        case .length(let octets):
            put("Content-Length: ")
            put(decimal: octets)
            put("\r\n")
        }
    }
}
