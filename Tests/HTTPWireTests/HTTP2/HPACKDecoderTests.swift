import HTTPWire
import NIOCore
import Testing

@Suite("Decoding of header blocks (RFC 7541)")
struct HPACKDecoderTests {
    private static let get = Block.of(Block.get)
    private static let head = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

    private func outcome(_ block: [UInt8]) -> String {
        var reading = HTTP2Reading()
        return reading.request(block)
    }

    @Test("A block that is cut anywhere inside of a field is a fault, and between two fields it is another request")
    func cuts() {
        let fields = Block.get + [("x", String(repeating: "v", count: 300))]
        let block = Block.of(fields)
        let ends = Set(fields.indices.map { Block.of(Array(fields[...$0])).count })
        for length in 1..<block.count {
            let outcome = outcome(Array(block[..<length]))
            #expect((outcome == "undecodable hpack_truncated") == !ends.contains(length), "\(length): \(outcome)")
        }
    }

    @Test("An integer is taken in four more octets, and refused with a fifth, whatever its value (5.1)")
    func integers() {
        let padded: [UInt8] = [0x0f, 0x81, 0x80, 0x80, 0x00]
        // Index 16, accept-encoding, in five octets where two would do.
        #expect(outcome(Self.get + padded + Block.string("x")) == "GET / HTTP/1.1\r\nhost: a\r\naccept-encoding: x\r\n\r\n")
        #expect(outcome(Self.get + [0x0f, 0x81, 0x80, 0x80, 0x80, 0x00] + Block.string("x")) == "undecodable hpack_integer_too_large")
        for first: UInt8 in [0xff, 0x7f, 0x0f, 0x1f] {
            let endless = [first] + [UInt8](repeating: 0xff, count: 40)
            #expect(outcome(Self.get + endless) == "undecodable hpack_integer_too_large")
            #expect(outcome(Self.get + endless.prefix(4)) == "undecodable hpack_truncated")
        }
        #expect(outcome([0x3f] + [UInt8](repeating: 0xff, count: 40)) == "undecodable hpack_integer_too_large")
        // A string longer than the block by far.
        #expect(outcome([0x00, 0x7f, 0xff, 0xff, 0xff, 0x7f]) == "undecodable hpack_truncated")
    }

    @Test("An index of 0 and one behind the tables are faults (2.3.3)")
    func indices() {
        #expect(outcome(Block.indexed(2) + Block.indexed(7) + Block.indexed(4) + Block.field("host", "a")) == Self.head)
        for index in [0, 62, 63, 127, 100_000] {
            #expect(outcome(Self.get + Block.indexed(index)) == "undecodable hpack_index_invalid")
            guard index > 0 else { continue }
            #expect(outcome(Self.get + Block.integer(index, prefix: 6, first: 0x40) + Block.string("x")) == "undecodable hpack_index_invalid")
        }
        let known = Block.field("x", "y", .indexed) + Block.indexed(62)
        #expect(outcome(Self.get + known) == "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\nx: y\r\n\r\n")
    }

    @Test("Every octet of the alphabet is read as it was coded, alone, repeated and between others (5.2, appendix B)")
    func huffman() throws {
        for octet in UInt8(0x21)...0x7e {
            let text = String(UnicodeScalar(octet))
            for value in [text, String(repeating: text, count: 40), "a\(text)b", "0123456789\(text)ABCDEFGHIJ\(text)"] {
                let coded = try NIOCoding.block([("x", value)], huffman: true)
                #expect(outcome(Self.get + coded) == "GET / HTTP/1.1\r\nhost: a\r\nx: \(value)\r\n\r\n")
            }
        }
    }

    @Test("Octets with the longest codes, one after another and between short ones, are read too (appendix B)")
    func longCodes() throws {
        let scalars = [0x80...0x7ff, 0x1000...0x1040, 0xffc0...0xffff, 0x1_0000...0x1_0040, 0x10_ffc0...0x10_ffff].joined()
        for scalar in scalars.compactMap(UnicodeScalar.init) {
            let value = "\(scalar)ab\(scalar)cd\(scalar)\(scalar)0" + String(repeating: String(scalar), count: 7)
            let coded = try NIOCoding.block([("x", value)], huffman: true)
            #expect(outcome(Self.get + coded) == "GET / HTTP/1.1\r\nhost: a\r\nx: \(value)\r\n\r\n")
        }
    }

    @Test("Padding is up to seven ones; more, a zero in it, and EOS are faults (5.2)")
    func padding() {
        func value(_ octets: [UInt8]) -> String {
            outcome(Self.get + [0x00] + Block.string("x") + Block.integer(octets.count, prefix: 7, first: 0x80) + octets)
        }
        // `0` is five zeros, `&` eight bits, 11111000.
        #expect(value([0b0000_0111]) == "GET / HTTP/1.1\r\nhost: a\r\nx: 0\r\n\r\n")
        #expect(value([0b1111_1000]) == "GET / HTTP/1.1\r\nhost: a\r\nx: &\r\n\r\n")
        #expect(value([0b0000_0000, 0b0111_1111]).hasPrefix("undecodable") == false)
        for octets: [UInt8] in [
            [0b0000_0110], [0b0000_0000], [0b0000_0011], [0b1111_1000, 0xff], [0xff], [0xff, 0xff], [0xff, 0xff, 0xff, 0xff],
            [0xff, 0xff, 0xff, 0xfc], [0b0000_0111, 0xff], [UInt8](repeating: 0xff, count: 20),
            [0xfc, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00],
        ] {
            #expect(value(octets) == "undecodable hpack_huffman_invalid", "\(octets)")
        }
        #expect(value([]) == "GET / HTTP/1.1\r\nhost: a\r\nx: \r\n\r\n")
    }

    @Test("The table's size changes at the beginning of a block, at most twice, and never beyond ours (4.2, 6.3)")
    func sizeUpdates() {
        #expect(outcome(Block.sizeUpdate(4096) + Self.get) == Self.head)
        #expect(outcome(Block.sizeUpdate(0) + Block.sizeUpdate(4096) + Self.get) == Self.head)
        #expect(outcome(Block.sizeUpdate(4097) + Self.get) == "undecodable hpack_size_update_too_large")
        #expect(outcome(Block.sizeUpdate(0) + Block.sizeUpdate(1) + Block.sizeUpdate(2) + Self.get) == "undecodable hpack_size_update_misplaced")
        #expect(outcome(Self.get + Block.sizeUpdate(0)) == "undecodable hpack_size_update_misplaced")
        #expect(outcome(Block.indexed(2) + Block.sizeUpdate(0) + Self.get) == "undecodable hpack_size_update_misplaced")
    }

    @Test("A smaller table that was acknowledged must be spoken of in the next block, and a larger one need not (RFC 9113 4.3.1)")
    func acknowledgedSize() {
        var reading = HTTP2Reading()
        reading.decoder.acknowledged(tableSize: 100)
        #expect(reading.request(Self.get) == "undecodable hpack_size_update_missing")
        #expect(reading.request(Block.sizeUpdate(101) + Self.get) == "undecodable hpack_size_update_too_large")
        #expect(reading.request(Block.sizeUpdate(100) + Self.get) == Self.head)
        #expect(reading.request(Self.get) == Self.head)
        reading.decoder.acknowledged(tableSize: 200)
        #expect(reading.request(Self.get) == Self.head)
        #expect(reading.request(Block.sizeUpdate(200) + Self.get) == Self.head)
        #expect(reading.request(Block.sizeUpdate(201) + Self.get) == "undecodable hpack_size_update_too_large")
    }

    @Test("Fields leave the table in the order they came, and one larger than it empties it (4.3, 4.4)")
    func eviction() {
        var reading = HTTP2Reading()
        func block(_ fields: [UInt8]) -> [UInt8] { Self.get + fields }
        // Each takes 34 octets of 102: three of them fit.
        #expect(reading.request(Block.sizeUpdate(102) + Self.get) == Self.head)
        _ = reading.request(block(["a", "b", "c", "d"].flatMap { Block.field($0, "1", .indexed) }))
        let lines = "GET / HTTP/1.1\r\nhost: a\r\nd: 1\r\nc: 1\r\nb: 1\r\n\r\n"
        #expect(reading.request(block([62, 63, 64].flatMap(Block.indexed))) == lines)
        #expect(reading.request(block(Block.indexed(65))) == "undecodable hpack_index_invalid")
        // By the name of a field that goes as this one comes.
        #expect(reading.request(block(Block.integer(64, prefix: 6, first: 0x40) + Block.string("2"))).hasSuffix("b: 2\r\n\r\n"))
        #expect(reading.request(block([62, 63, 64].flatMap(Block.indexed))) == "GET / HTTP/1.1\r\nhost: a\r\nb: 2\r\nd: 1\r\nc: 1\r\n\r\n")
        let large = Block.field("l", String(repeating: "x", count: 70), .indexed)
        #expect(reading.request(block(large)).contains("l: xxx"))
        #expect(reading.request(block(Block.indexed(62))) == "undecodable hpack_index_invalid")
    }

    @Test("However many fields come and go, and however large they are, the table holds a few pages")
    func footprint() {
        var reading = HTTP2Reading()
        #expect(reading.decoder.footprint == 0)
        for round in 0..<600 {
            let name = "n\(round)"
            let length = round % 5 == 0 ? 4000 : round % 50
            let outcome = reading.request(Self.get + Block.field(name, String(repeating: "v", count: length), .indexed) + Block.indexed(62))
            #expect(outcome.split(separator: "\r\n").filter { $0.hasPrefix("\(name): ") }.count == 2)
        }
        #expect(reading.decoder.footprint <= 16 << 10)
    }

    @Test("Nothing is remembered of a literal without indexing, nor of one that is never to be indexed (6.2.2, 6.2.3)")
    func notIndexed() {
        for kind in [Block.Literal.plain, .neverIndexed] {
            var reading = HTTP2Reading()
            #expect(reading.request(Self.get + Block.field("x", "y", kind)).hasSuffix("x: y\r\n\r\n"))
            #expect(reading.decoder.footprint == 0)
        }
    }
}
