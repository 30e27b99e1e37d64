/// Frames of a connection → what came of its one request. Of a header block the status alone is read: it comes first.
package struct HTTP2AnswerReader {
    package enum Outcome: Sendable, Equatable {
        case answered(Answer)
        /// The stream, or the connection, was ended without an answer.
        case refused(String)
    }

    private var octets: [UInt8] = []
    private var answer: Answer?
    /// Nil until it is known.
    package private(set) var outcome: Outcome?

    package init() {}

    package var isEmpty: Bool { octets.isEmpty && answer == nil }

    /// What there is where the connection has ended.
    package var atTheEnd: Outcome { outcome ?? answer.map(Outcome.answered) ?? .refused("closed without an answer") }

    /// - Returns: what is to be sent for it.
    package mutating func take(_ more: [UInt8]) -> [UInt8] {
        octets += more
        var replies: [UInt8] = []
        while octets.count >= 9, outcome == nil {
            let length = Int(octets[0]) << 16 | Int(octets[1]) << 8 | Int(octets[2])
            guard length <= 1 << 20 else {
                outcome = .refused("a frame beyond all measure")
                return replies
            }
            guard octets.count >= 9 + length else { break }
            let (kind, flags, stream) = (octets[3], octets[4], octets[8])
            let payload = Array(octets[9..<(9 + length)])
            octets.removeFirst(9 + length)
            if kind == 4, flags & 1 == 0 { replies += HTTP2Request.frame(4, 1, stream: 0, []) }
            received(kind, flags, stream, payload)
        }
        return replies
    }

    private mutating func received(_ kind: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) {
        switch kind {
        case 7: if answer == nil, code(payload.dropFirst(4)) != 0 { outcome = .refused("GOAWAY, error \(code(payload.dropFirst(4)))") }
        case 3 where stream == 1: if answer == nil { outcome = .refused("RST_STREAM, error \(code(payload[...]))") }
        case 1 where stream == 1:
            // Trailers have none.
            if answer == nil, let status = Self.status(of: Self.unpadded(payload, flags, hasPriority: flags & 0x20 != 0)), status >= 200 {
                answer = Answer(status: status)
            }
            if flags & 1 != 0 { end() }
        case 0 where stream == 1:
            var body = String.UnicodeScalarView()
            for octet in Self.unpadded(payload, flags, hasPriority: false) { body.append(Unicode.Scalar(octet)) }
            answer?.body += String(body)
            if flags & 1 != 0 { end() }
        default: break
        }
    }

    private mutating func end() { outcome = answer.map(Outcome.answered) ?? .refused("an end without a status") }

    private func code(_ octets: ArraySlice<UInt8>) -> Int { octets.prefix(4).reduce(0) { $0 << 8 | Int($1) } }

    private static func unpadded(_ payload: [UInt8], _ flags: UInt8, hasPriority: Bool) -> ArraySlice<UInt8> {
        var rest = payload[...]
        if flags & 8 != 0, let padding = rest.popFirst() { rest = rest.dropLast(Int(padding)) }
        return hasPriority ? rest.dropFirst(5) : rest
    }

    /// `:status` is the block's first field, by the static table's entries 8 to 14 (RFC 7541 appendix A).
    private static func status(of block: ArraySlice<UInt8>) -> Int? {
        var rest = block
        // Updates of the table's size.
        while let first = rest.first, first & 0xe0 == 0x20 {
            rest = rest.dropFirst()
            if first & 0x1f == 0x1f {
                while let next = rest.popFirst(), next & 0x80 != 0 {}
            }
        }
        guard let first = rest.popFirst() else { return nil }
        let table = [200, 204, 206, 304, 400, 404, 500]
        if first & 0x80 != 0 { return (8...14).contains(first & 0x7f) ? table[Int(first & 0x7f) - 8] : nil }
        let index = first & 0x40 != 0 ? first & 0x3f : first & 0x0f
        guard (8...14).contains(index), let length = rest.popFirst(), length & 0x7f <= 8 else { return nil }
        let text = rest.prefix(Int(length & 0x7f))
        return Int(length & 0x80 == 0 ? String(decoding: text, as: UTF8.self) : digits(text))
    }

    /// The digits of Huffman's code (RFC 7541 appendix B): five bits for 0 to 2, six for the others.
    private static func digits(_ octets: ArraySlice<UInt8>) -> String {
        var bits = 0
        var count = 0
        var text = ""
        for octet in octets {
            bits = bits << 8 | Int(octet)
            count += 8
            while count >= 5 {
                let five = bits >> (count - 5) & 31
                if five <= 2 {
                    text.append(String(five))
                    count -= 5
                } else if count >= 6, case let six = bits >> (count - 6) & 63, (25...31).contains(six) {
                    text.append(String(six - 22))
                    count -= 6
                } else {
                    break
                }
            }
            bits &= (1 << count) - 1
        }
        return text
    }
}
