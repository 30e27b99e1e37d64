import HTTPWire
import NIOCore
import Testing

@Suite("Header blocks that swift-nio-http2 writes")
struct HPACKAgreementTests {
    /// Names and values that come again and again, so that both tables are used, and some that do not fit.
    private static let names = [
        "accept", "accept-encoding", "user-agent", "referer", "cache-control", "x-request-id", "traceparent", "x",
        "a-name-that-is-rather-long-for-a-name", "if-match",
    ]

    @Test("Requests of a connection read as they were written, whatever was indexed, coded, put out of the table or resized", arguments: 0..<24)
    func requests(_ seed: UInt64) throws {
        var random = Numbers(seed: seed)
        var writer = NIOCoding.Connection(huffman: seed % 2 == 0)
        var reading = HTTP2Reading()
        for _ in 0..<60 {
            if random.below(10) == 0 { try writer.resize(random.below(4097)) }
            let path = "/" + random.text(below: 30)
            let fields = (0..<random.below(12)).map { _ in
                (Self.names[random.below(Self.names.count)], random.text(below: random.below(8) == 0 ? 3000 : 20))
            }
            let pseudo = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", path)]
            let block = try writer.block(pseudo + fields) { random.below(4) }
            let lines = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
            #expect(reading.request(block) == "GET \(path) HTTP/1.1\r\nhost: a\r\n\(lines)\r\n")
        }
    }
}

/// Steele, Lea and Flood's generator, so that a failure can be seen again.
private struct Numbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return Int((z ^ z >> 31) % UInt64(max(1, bound)))
    }

    /// Visible octets without `#`, which no path may have.
    mutating func text(below bound: Int) -> String {
        String(decoding: (0..<below(bound)).map { _ in UInt8(0x24 + below(0x5a)) }, as: UTF8.self)
    }
}
