import HTTPWire
import NIOCore
import Testing

@Suite("Bounds of what a header block may make us hold (RFC 9113 sections 6.5.2 and 10.5.1)")
struct HTTP2LimitTests {
    private static let get = Block.of(Block.get)
    private static let head = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

    @Test("The list is bounded as SETTINGS_MAX_HEADER_LIST_SIZE counts it, to the octet (H2-15)")
    func listSize() {
        var reading = HTTP2Reading()
        // 7+3, 7+5, 10+1, 5+1, and 32 for each.
        let pseudo = 10 + 12 + 11 + 6 + 4 * 32
        let room = reading.limits.head - pseudo - 32 - 1
        #expect(reading.request(Block.get + [("x", String(repeating: "v", count: room))]).hasSuffix("vvv\r\n\r\n"))
        #expect(reading.request(Block.get + [("x", String(repeating: "v", count: room + 1))]) == "refused head_too_large")
        #expect(WireFault.headTooLarge.status == 431)
    }

    @Test("A list that grows from references to one large field is refused, and costs nothing but the reading (H2-15)")
    func bomb() {
        var reading = HTTP2Reading()
        let large = Block.field("x", String(repeating: "v", count: 4000), .indexed)
        #expect(reading.request(Self.get + large).hasPrefix(Self.head.dropLast(2)))
        let capacity = reading.head.capacity
        let bomb = Self.get + [UInt8](repeating: 0xbe, count: 1 << 20)
        #expect(reading.request(bomb) == "refused head_too_large")
        #expect(reading.head.readableBytes == 0)
        // The block itself may be larger than the list: nothing of it is kept, but there is room for any of its strings.
        #expect(reading.head.capacity <= capacity + 8 * bomb.count)
        #expect(reading.request(Self.get + Block.indexed(62)).hasSuffix("vvv\r\n\r\n"))
    }

    @Test(
        "Whatever a block is refused for, the table has all of its fields, and the next request is read right (H2-15)",
        arguments: [
            [("x", String(repeating: "v", count: 50_000))], [("Bad", "name")], [("x", "bad\r\nvalue")], [(":path", "/late")], [("host", "b")],
            [("connection", "close")], [("content-length", "5")], (0..<101).map { ("n\($0)", "v") },
        ])
    func tableStaysRight(_ fields: [(String, String)]) {
        var reading = HTTP2Reading()
        let refused = reading.request(Self.get + Block.of(fields) + Block.field("after", "the fault", .indexed))
        #expect(refused.hasPrefix("malformed") || refused.hasPrefix("refused"))
        #expect(reading.request(Self.get + Block.indexed(62)) == "GET / HTTP/1.1\r\nhost: a\r\nafter: the fault\r\n\r\n")
        // The fields of the fault themselves, remembered and used by their index.
        guard fields.count == 1, fields[0].1.count < 4000 else { return }
        let again = reading.request(Self.get + Block.field(fields[0].0, fields[0].1, .indexed))
        #expect(reading.request(Self.get + Block.indexed(62)) == again)
        #expect(reading.request(Self.get) == Self.head)
    }

    @Test("As many lines as HTTP/1.1 takes, with Host, and no more")
    func fields() throws {
        var reading = HTTP2Reading()
        let fields = (0..<100).map { ("n\($0)", "v") }
        #expect(reading.request(Block.get + fields.dropLast()).hasSuffix("n98: v\r\n\r\n"))
        var head = RequestHead(names: try Wire.names())
        #expect(head.parse(reading.head) == .complete(length: reading.head.readableBytes))
        #expect(reading.request(Block.get + fields) == "refused fields_too_many")
    }

    @Test("A fault of compression behind another fault is still one: the connection cannot go on")
    func faultBehindFault() {
        var reading = HTTP2Reading()
        #expect(reading.request(Self.get + Block.field("Bad", "x") + Block.indexed(99)) == "undecodable hpack_index_invalid")
        #expect(reading.head.readableBytes == 0)
    }

    @Test("Limits are those that are given")
    func givenLimits() {
        var reading = HTTP2Reading()
        reading.limits.head = 300
        reading.limits.target = 4
        reading.limits.fields = 2
        #expect(reading.request(Block.get + [("x", "y")]).hasSuffix("x: y\r\n\r\n"))
        #expect(reading.request(Block.get + [("x", "y"), ("z", "y")]) == "refused fields_too_many")
        #expect(reading.request(Block.get + [("x", String(repeating: "v", count: 200))]) == "refused head_too_large")
        #expect(reading.request(Block.get.map { $0.0 == ":path" ? (":path", "/1234") : $0 }) == "refused target_too_long")
    }
}

@Suite("Trailers of a request (RFC 9113 section 8.1)")
struct HTTP2TrailerTests {
    private func trailers(_ fields: (String, String)...) -> String {
        var reading = HTTP2Reading()
        return reading.trailers(Block.of(fields))
    }

    @Test("Fields by the rules of a head's are dropped, and anything else is malformed (H2-01, H2-02, H2-03, H2-04)")
    func rules() {
        #expect(trailers() == "trailers")
        #expect(trailers(("grpc-status", "0"), ("x", "a b"), ("cookie", "a=1"), ("host", "b"), ("content-length", "x")) == "trailers")
        for (name, _) in Block.get + [(":status", "200"), (":foo", "")] {
            #expect(trailers(("x", "y"), (name, "https")) == "malformed pseudo_field_misplaced")
        }
        #expect(trailers(("Upper", "x")) == "malformed field_name_invalid")
        #expect(trailers(("x", "a\r\nb")) == "malformed field_value_invalid")
        #expect(trailers(("connection", "close")) == "malformed connection_field_forbidden")
        #expect(trailers(("te", "gzip")) == "malformed connection_field_forbidden")
    }

    @Test("They are bounded, count for the table, and leave nothing in the scratch buffer (H2-15)")
    func bounds() {
        var reading = HTTP2Reading()
        let room = reading.limits.trailers - 33
        #expect(reading.trailers(Block.field("x", String(repeating: "v", count: room))) == "trailers")
        #expect(
            reading.trailers(Block.field("x", String(repeating: "v", count: room + 1)) + Block.field("y", "z", .indexed))
                == "refused trailers_too_large")
        #expect(reading.head.readableBytes == 0)
        #expect(reading.request(Block.of(Block.get) + Block.indexed(62)) == "GET / HTTP/1.1\r\nhost: a\r\ny: z\r\n\r\n")
        #expect(reading.trailers(Block.indexed(63)) == "undecodable hpack_index_invalid")
    }
}
