package import NIOCore

/// Whether an answer is compressed.
package enum CompressionChoice: Equatable, Sendable {
    /// It passes as it is, whoever asks.
    case never
    /// It passes as it is, and may be compressed for somebody else: caches are told.
    /// - Parameter weakensTag: it confirms what the client has of an answer that was compressed, and its entity tag says so.
    case varies(weakensTag: Bool)
    case gzip
}

extension ResponseHead {
    /// What is known before the first octet of the body. Answers to HEAD are chosen as those to GET are, so that they say the same.
    /// - Parameter octets: those this head was parsed from.
    package borrowing func compressionChoice(
        _ octets: UnsafeRawBufferPointer, under terms: CompressionTerms, for wish: CompressionWish
    ) -> CompressionChoice {
        guard status >= 200, ![204, 205, 206].contains(status), let reader = OctetReader(octets, limit: length) else { return .never }
        if status != 304, case .length(let octets)? = declared, octets < terms.minimum { return .never }
        var types = 0
        for index in 0..<section.count {
            let line = section[index]
            switch line.role {
            case .contentType:
                guard terms.cover(reader.octets(line.value)) else { return .never }
                types += 1
            default:
                if reader.matches(line.name, "content-encoding") || reader.matches(line.name, "content-range") { return .never }
                if reader.matches(line.name, "cache-control"), reader.lists(line.value, "no-transform") { return .never }
            }
        }
        // What a 304 confirms need not be said again, its type included.
        if status == 304 { return types <= 1 ? .varies(weakensTag: wish.showsWeakTag) : .never }
        guard types == 1 else { return .never }
        return wish.acceptsGzip ? .gzip : .varies(weakensTag: false)
    }

    /// Whether caches know already that it depends on `Accept-Encoding`.
    package borrowing func variesByEncoding(_ octets: UnsafeRawBufferPointer) -> Bool {
        guard let reader = OctetReader(octets, limit: length) else { return false }
        for index in 0..<section.count where section[index].role == .vary && !section[index].isNominated {
            if reader.lists(section[index].value, "accept-encoding") || reader.lists(section[index].value, "*") { return true }
        }
        return false
    }

    /// The head that an upstream would have sent with its answer compressed, or, without that, one that only has a weak entity tag: to be
    /// parsed in the place of this one. What we add to it besides, `fields` says.
    ///
    /// Gone is what is no longer true of the octets: their number, their digests (RFC 9530), and that ranges of them can be had. A strong entity
    /// tag promises the same octets (RFC 9110 section 8.8.1); what is no entity tag cannot be made a weak one, and goes.
    /// - Parameter octets: those this head was parsed from.
    package borrowing func changed(_ octets: UnsafeRawBufferPointer, isCompressed: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        guard octets.count >= length, let reader = OctetReader(octets, limit: length) else { return buffer }
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length + fieldCount * 4 + HeadWriter.slack) { memory in
            guard var writer = HeadWriter(memory) else { return 0 }
            writer.put("HTTP/1.1 ")
            writer.put(decimal: status)
            writer.put(Octet.space)
            writer.put(reader.octets(reason))
            writer.put("\r\n")
            for index in 0..<section.count {
                let line = section[index]
                if line.role == .contentLength || line.role == .transferEncoding { continue }
                if isCompressed, Self.isOfTheOctets(reader, line.name) { continue }
                guard reader.matches(line.name, "etag") else {
                    writer.put(field: line, from: reader)
                    continue
                }
                writeWeak(line, reader, to: &writer)
            }
            if isCompressed { writer.put("Transfer-Encoding: chunked\r\n") } else if let declared { writer.put(framing: declared) }
            writer.put("\r\n")
            return writer.finish()
        }
        return buffer
    }

    private borrowing func writeWeak(_ line: FieldLine, _ reader: OctetReader, to writer: inout HeadWriter) {
        let isStrong = reader.octetOrZero(line.value.lowerBound) == Octet.quote
        guard isStrong || reader.octetOrZero(line.value.lowerBound) == UInt8(ascii: "W") && !line.value.isEmpty else { return }
        writer.put(isStrong ? "ETag: W/" : "ETag: ")
        writer.put(reader.octets(line.value))
        writer.put("\r\n")
    }

    /// Of a compressed answer.
    package static var gzipField: [UInt8] { Array("Content-Encoding: gzip\r\n".utf8) }
    package static var varyField: [UInt8] { Array("Vary: Accept-Encoding\r\n".utf8) }

    private static func isOfTheOctets(_ reader: OctetReader, _ name: Range<Int>) -> Bool {
        reader.matches(name, "accept-ranges") || reader.matches(name, "content-digest") || reader.matches(name, "content-md5")
            || reader.matches(name, "digest") || reader.matches(name, "repr-digest")
    }

    /// Of trailers, whole lines, those that are true of the compressed octets too.
    package static func compressedTrailers(_ lines: [UInt8]) -> [UInt8] {
        guard !lines.isEmpty else { return lines }
        return lines.withUnsafeBytes { octets in
            guard let reader = OctetReader(octets) else { return [] }
            var kept: [UInt8] = []
            var start = 0
            while start < reader.count {
                var colon = start, end = start
                while end < reader.count, reader.octetOrZero(end) != Octet.lf { end += 1 }
                end = min(end + 1, reader.count)
                while colon < end, reader.octetOrZero(colon) != Octet.colon { colon += 1 }
                if !isOfTheOctets(reader, start..<colon), !reader.matches(start..<colon, "etag") { kept += reader.octets(start..<end) }
                start = end
            }
            return kept
        }
    }
}
