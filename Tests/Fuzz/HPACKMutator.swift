import NIOCore
import NIOHPACK

/// Makes header blocks that are nearly right: those find more than noise does.
struct HPACKMutator {
    private var random: SplitMix64
    /// Strings of both codings, with their lengths before them.
    private let strings: [String: [[UInt8]]]

    private static let pseudo = [(":method", "GET"), (":scheme", "https"), (":authority", "a.example"), (":path", "/")]
    private static let names = [
        "x", "accept", "cookie", "cookie", "cookie", "host", "te", "connection", "content-length", "expect", "transfer-encoding", "upgrade",
        "authorization",
        "X", "a b", "", ":path", ":status", "user-agent", "priority", "proxy-connection", "keep-alive", "x_client.cert_sha256",
        "a-name-that-is-rather-long",
    ]
    private static let values = [
        "", "y", "a=1", "b=2", "trailers", "gzip", "a.example", "A.EXAMPLE:443", "a.example:8443", "b", "5", "0", "-1", "close", "100-continue",
        " x", "x\t", "a\tb", "a\r\nb: c", "\0", "é€", "/", "/a?b=c", "*", "https", "http", "GET", "POST", "OPTIONS", "CONNECT", "websocket",
        "[::1]:443", "a@b",
        "0123456789abcdefghijklmnopqrstuvwxyz-_ABCDEFGHIJKLMNOPQRSTUVWXYZ", String(repeating: "v", count: 300), String(repeating: "w", count: 4090),
        String(repeating: "u", count: 9000),
    ]

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        var strings: [String: [[UInt8]]] = [:]
        for text in Self.names + Self.values + Self.pseudo.flatMap({ [$0.0, $0.1] }) where strings[text] == nil {
            strings[text] = [Self.integer(text.utf8.count, prefix: 7) + Array(text.utf8), try Self.huffman(text)]
        }
        self.strings = strings
    }

    /// The value of a literal is the string that NIO's encoder writes, behind the octet of its form and the name, a length and an octet.
    private static func huffman(_ text: String) throws -> [UInt8] {
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        try encoder.beginEncoding(allocator: ByteBufferAllocator())
        try encoder.appendNonIndexed(header: "x", value: text)
        return Array(try encoder.endEncoding().readableBytesView.dropFirst(3))
    }

    private static func integer(_ value: Int, prefix: Int, first: UInt8 = 0) -> [UInt8] {
        let mask = 1 << prefix - 1
        guard value >= mask else { return [first | UInt8(value)] }
        var octets = [first | UInt8(mask)]
        var rest = value - mask
        while rest >= 128 {
            octets.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return octets + [UInt8(rest)]
    }

    /// The blocks of a connection.
    mutating func connection() -> [[UInt8]] {
        var blocks = (0..<1 + random.below(5)).map { _ in block() }
        for _ in 0..<(random.oneIn(2) ? 0 : random.below(4)) {
            let index = random.below(blocks.count)
            mutate(&blocks[index])
        }
        return blocks
    }

    private mutating func block() -> [UInt8] {
        if random.oneIn(64) { return (0..<random.below(100)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
        var block: [UInt8] = []
        for _ in 0..<(random.oneIn(8) ? random.below(4) : 0) {
            block += Self.integer(random.pick([0, 100, 4096, 4096, 4097]), prefix: 5, first: 0x20)
        }
        var pseudo = Self.pseudo
        if random.oneIn(4) { pseudo[random.below(4)].1 = random.pick(Self.values) }
        if random.oneIn(16) { pseudo.remove(at: random.below(4)) }
        if random.oneIn(16) { pseudo.swapAt(0, pseudo.count - 1) }
        for (name, value) in pseudo { block += literal(name, value) }
        for _ in 0..<random.below(8) {
            switch random.below(4) {
            case 0: block += Self.integer(random.pick([0, 1, 2, 4, 7, 16, 28, 32, 38, 61, 62, 62, 63, 64, 65, 66, 70, 200]), prefix: 7, first: 0x80)
            case 1: block += literal(index: random.pick([2, 7, 15, 16, 23, 28, 32, 32, 38, 58, 62, 63, 64, 90]), random.pick(Self.values))
            default: block += literal(name(), random.oneIn(3) ? random.pick(Self.values) : random.pick(["y", "a=1", "0123"]))
            }
        }
        return block
    }

    /// Mostly one that a request may have.
    private mutating func name() -> String {
        random.oneIn(3) ? random.pick(Self.names) : random.pick(["x", "accept", "cookie", "user-agent", "priority"])
    }

    private mutating func literal(_ name: String, _ value: String) -> [UInt8] {
        [random.pick([0x40, 0x40, 0x00, 0x10])] + string(name) + string(value)
    }

    private mutating func literal(index: Int, _ value: String) -> [UInt8] {
        let (prefix, first) = random.pick([(6, 0x40 as UInt8), (4, 0x00), (4, 0x10)])
        return Self.integer(index, prefix: prefix, first: first) + string(value)
    }

    private mutating func string(_ text: String) -> [UInt8] { random.pick(strings[text] ?? [[0]]) }

    private mutating func mutate(_ octets: inout [UInt8]) {
        let at = random.below(octets.count + 1)
        let length = min(random.below(12), octets.count - at)
        switch random.below(7) {
        case 0: if at < octets.count { octets[at] = UInt8(truncatingIfNeeded: random.next()) }
        case 1: if at < octets.count { octets[at] ^= 1 << UInt8(random.below(8)) }
        case 2: octets.removeSubrange(at..<at + length)
        case 3: octets.insert(contentsOf: octets[at..<at + length], at: at)
        case 4: octets.removeSubrange(at...)
        case 5:
            octets.insert(
                contentsOf: Self.integer(random.below(300), prefix: 4 + random.below(4), first: UInt8(truncatingIfNeeded: random.next()) & 0xf0),
                at: at)
        default:
            octets.insert(contentsOf: random.pick([[0xff], [0x80, 0x80, 0x80], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x20], [0xbe, 0xbe]]), at: at)
        }
    }
}
