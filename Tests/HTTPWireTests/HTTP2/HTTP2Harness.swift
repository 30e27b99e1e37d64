import HTTPWire
import NIOCore

/// Header blocks put together octet by octet, and outcomes as text, so that a test reads as a table.
enum Block {
    /// RFC 7541 section 5.1.
    static func integer(_ value: Int, prefix: Int, first: UInt8 = 0) -> [UInt8] {
        let mask = 1 << prefix - 1
        if value < mask { return [first | UInt8(value)] }
        var octets = [first | UInt8(mask)]
        var rest = value - mask
        while rest >= 128 {
            octets.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return octets + [UInt8(rest)]
    }

    static func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }
    static func string(_ octets: [UInt8]) -> [UInt8] { integer(octets.count, prefix: 7) + octets }

    enum Literal: UInt8 { case indexed = 0x40, plain = 0, neverIndexed = 0x10 }

    static func field(_ name: String, _ value: String, _ kind: Literal = .plain) -> [UInt8] {
        [kind.rawValue] + string(name) + string(value)
    }

    static func indexed(_ index: Int) -> [UInt8] { integer(index, prefix: 7, first: 0x80) }
    static func sizeUpdate(_ size: Int) -> [UInt8] { integer(size, prefix: 5, first: 0x20) }

    static let get: [(String, String)] = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")]

    static func of(_ fields: [(String, String)]) -> [UInt8] { fields.flatMap { field($0.0, $0.1) } }
}

/// The values of one connection.
struct HTTP2Reading: ~Copyable {
    var decoder = HPACKDecoder()
    var head = ByteBuffer()
    var limits = WireLimits.request

    /// HTTP/1.1's form, or why there is none.
    mutating func request(_ block: [UInt8], endsStream: Bool = true, offersWebSocket: Bool = false) -> String {
        let outcome = block.withUnsafeBytes {
            decoder.request($0, endsStream: endsStream, offersWebSocket: offersWebSocket, limits: limits, into: &head)
        }
        return switch outcome {
        case .request: String(buffer: head)
        case .malformed(let fault): "malformed \(fault.rawValue)"
        case .refused(let fault): "refused \(fault.rawValue)"
        case .undecodable(let fault): "undecodable \(fault.rawValue)"
        }
    }

    mutating func request(_ fields: [(String, String)], endsStream: Bool = true, offersWebSocket: Bool = false) -> String {
        request(Block.of(fields), endsStream: endsStream, offersWebSocket: offersWebSocket)
    }

    mutating func trailers(_ block: [UInt8]) -> String {
        let outcome = block.withUnsafeBytes { decoder.trailers($0, limits: limits, scratch: &head) }
        return switch outcome {
        case .trailers: "trailers"
        case .malformed(let fault): "malformed \(fault.rawValue)"
        case .refused(let fault): "refused \(fault.rawValue)"
        case .undecodable(let fault): "undecodable \(fault.rawValue)"
        }
    }
}
