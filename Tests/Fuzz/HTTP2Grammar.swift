/// Octets of frames and header blocks, right ones and wrong ones.
enum HTTP2Grammar {
    static func frame(_ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = [], length: Int? = nil) -> [UInt8] {
        let length = length ?? payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags] + octets(stream) + payload
    }

    static func octets(_ number: UInt32) -> [UInt8] { (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) } }

    static func settings(_ settings: [(UInt16, UInt32)]) -> [UInt8] {
        frame(4, 0, 0, settings.flatMap { [UInt8(truncatingIfNeeded: $0.0 >> 8), UInt8(truncatingIfNeeded: $0.0)] + octets($0.1) })
    }

    static func window(_ stream: UInt32, _ increment: UInt32) -> [UInt8] { frame(8, 0, stream, octets(increment)) }

    /// A field that nobody remembers.
    static func field(_ name: String, _ value: String, first: UInt8 = 0) -> [UInt8] {
        [first, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    /// GET and POST are 2 and 3 of the static table, https is 7.
    static func request(_ path: String, hasBody: Bool, _ fields: [UInt8] = []) -> [UInt8] {
        [hasBody ? 0x83 : 0x82, 0x87] + field(":authority", "api") + field(":path", path) + fields
    }

    /// HEADERS, with CONTINUATION where it is cut.
    static func headers(_ stream: UInt32, _ block: [UInt8], ends: Bool, cuts: Int = 0) -> [UInt8] {
        guard cuts > 0, block.count > cuts else { return frame(1, ends ? 5 : 4, stream, block) }
        let size = (block.count + cuts) / (cuts + 1)
        var out = frame(1, ends ? 1 : 0, stream, Array(block.prefix(size)))
        var position = size
        while position < block.count {
            let part = Array(block[position..<min(position + size, block.count)])
            position += part.count
            out += frame(9, position < block.count ? 0 : 4, stream, part)
        }
        return out
    }

    static func data(_ stream: UInt32, _ count: Int, ends: Bool, padding: Int? = nil) -> [UInt8] {
        let body = [UInt8](repeating: 0x61, count: count)
        guard let padding else { return frame(0, ends ? 1 : 0, stream, body) }
        return frame(0, ends ? 9 : 8, stream, [UInt8(padding)] + body + [UInt8](repeating: 0, count: padding))
    }

    /// Answers of an upstream, and whether each ends with its connection.
    static let answers: [(String, Bool)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + String(repeating: "a", count: 60_000), false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n", false),
        ("HTTP/1.1 204 No Content\r\n\r\n", false),
        ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!", false),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\nX: y\r\n\r\n" + String(repeating: "b", count: 3000), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", true),
        ("HTTP/1.1 200 OK\r\nX-Long: " + String(repeating: "c", count: 20_000) + "\r\nContent-Length: 1\r\n\r\nx", false),
        ("nonsense\r\n\r\n", true), ("", true),
    ]
}
