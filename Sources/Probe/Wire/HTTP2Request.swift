/// A request as the first one of a connection of HTTP/2 (RFC 9113): the preface, settings, and one header block without Huffman and tables.
package struct HTTP2Request: Sendable {
    private let fields: [(name: String, value: String)]
    private let body: String

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Nil where HTTP/2 has no way to spell it: it has no lines.
    package init?(_ request: RawRequest) {
        guard request.version == "HTTP/1.1" else { return nil }
        var authority = ""
        var fields: [(name: String, value: String)] = []
        for line in request.lines where line != "Connection: close" {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = line[..<colon].lowercased()
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            guard !value.isEmpty, line.unicodeScalars.allSatisfy({ 0x20...0x7e ~= $0.value }), !name.contains(" "),
                !["connection", "transfer-encoding", "trailer"].contains(name)
            else { return nil }
            if name == "host" { authority = value } else { fields.append((name, value)) }
        }
        self.fields = [(":method", request.method), (":scheme", "https"), (":authority", authority), (":path", request.target)] + fields
        body = request.body
    }

    package var octets: [UInt8] {
        var block: [UInt8] = []
        for field in fields {
            // A literal without indexing, its name and its value as they are (RFC 7541 section 6.2.2).
            block.append(0)
            Self.write(field.name, to: &block)
            Self.write(field.value, to: &block)
        }
        var octets = Self.preface + Self.frame(4, 0, stream: 0, [])
        let data = Array(body.utf8)
        var rest = block[...]
        var kind: UInt8 = 1
        repeat {
            let part = rest.prefix(16_384)
            rest = rest.dropFirst(part.count)
            let ends: UInt8 = kind == 1 && data.isEmpty ? 1 : 0
            octets += Self.frame(kind, ends | (rest.isEmpty ? 4 : 0), stream: 1, Array(part))
            kind = 9
        } while !rest.isEmpty
        return octets + (data.isEmpty ? [] : Self.frame(0, 1, stream: 1, data))
    }

    static func frame(_ kind: UInt8, _ flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16 & 0xff), UInt8(count >> 8 & 0xff), UInt8(count & 0xff), kind, flags, 0, 0, 0, stream] + payload
    }

    /// A string of RFC 7541 section 5.2, its length in the integers of section 5.1.
    private static func write(_ text: String, to block: inout [UInt8]) {
        let octets = Array(text.utf8)
        if octets.count < 127 {
            block.append(UInt8(octets.count))
        } else {
            block.append(127)
            var rest = octets.count - 127
            while rest >= 128 {
                block.append(UInt8(rest & 127) | 128)
                rest >>= 7
            }
            block.append(UInt8(rest))
        }
        block += octets
    }
}
