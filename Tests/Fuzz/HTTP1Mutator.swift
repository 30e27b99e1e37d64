/// Makes messages that are nearly right: those find more than noise does.
struct HTTP1Mutator {
    private(set) var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func message() -> [UInt8] {
        if random.oneIn(64) { return (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
        var octets = random.oneIn(4) ? composed() : random.pick(HTTP1Corpus.messages)
        for _ in 0..<random.below(4) { mutate(&octets) }
        return octets
    }

    /// Places to cut `count` octets, in rising order.
    mutating func cuts(_ count: Int) -> [Int] {
        if random.oneIn(8) { return Array(0...count) }
        return ((0..<1 + random.below(4)).map { _ in random.below(count + 1) } + [count]).sorted()
    }

    private mutating func mutate(_ octets: inout [UInt8]) {
        let at = random.below(octets.count + 1)
        let length = min(random.below(12), octets.count - at)
        switch random.below(8) {
        case 0: if at < octets.count { octets[at] = UInt8(truncatingIfNeeded: random.next()) }
        case 1: if at < octets.count { octets[at] ^= 1 << UInt8(random.below(8)) }
        case 2: octets.removeSubrange(at..<at + length)
        case 3: octets.insert(contentsOf: octets[at..<at + length], at: at)
        case 4: octets.insert(contentsOf: random.pick(HTTP1Corpus.messages).prefix(random.below(80)), at: at)
        case 5: insertLine(&octets)
        default: octets.insert(contentsOf: random.pick(HTTP1Corpus.fragments), at: at)
        }
    }

    /// Puts a fragment where a line begins, which is where most of them mean something.
    private mutating func insertLine(_ octets: inout [UInt8]) {
        let starts = octets.indices.filter { $0 > 0 && octets[$0 - 1] == 0x0a }
        guard !starts.isEmpty else { return }
        octets.insert(contentsOf: random.pick(HTTP1Corpus.fragments), at: random.pick(starts))
    }

    /// A message put together from parts, mostly valid, with a body in either framing.
    private mutating func composed() -> [UInt8] {
        var text = random.pick(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "REPORT", "M-SEARCH"])
        text +=
            " " + random.pick(["/", "/a/b?c=d", "/%7Euser/", "http://x.example/p?q", "https://x.example:444", "/x?[a]=|{}", "*"])
        text += random.pick([" HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/1.2\r\n"])
        text += "Host: " + random.pick(["a", "a.example:80", "[::1]", "[::ffff:1.2.3.4]:65535", "a_b"]) + "\r\n"
        for _ in 0..<random.below(6) {
            text += random.pick([
                "Accept", "x", "X-Y-Z", "SSL_CLIENT_CERT", "Cookie", "accept-encoding", "X!#$%&'*+.^_`|~9", "Via", "TE",
            ])
            text += random.pick([":", ": ", ":\t", ":  "]) + random.pick(["", "v", "a b\tc", "1, 2,,3", "\u{e9}", "\"q\\\"\""])
            text += random.pick(["", "", " ", "\t "]) + "\r\n"
        }
        let body = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        switch random.below(3) {
        case 0: return Array((text + "\r\n").utf8)
        case 1: return Array((text + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
        default: return Array((text + "Transfer-Encoding: chunked\r\n\r\n").utf8) + chunked(body)
        }
    }

    private mutating func chunked(_ body: [UInt8]) -> [UInt8] {
        var rest = body[...]
        var octets: [UInt8] = []
        while !rest.isEmpty {
            let piece = rest.prefix(1 + random.below(16))
            rest = rest.dropFirst(piece.count)
            octets += Array(
                (String(piece.count, radix: 16, uppercase: random.oneIn(2)) + random.pick(["", ";a", ";a=b"]) + "\r\n").utf8)
            octets += piece + [0x0d, 0x0a]
        }
        return octets
            + Array(random.pick(["0\r\n\r\n", "000\r\n\r\n", "0\r\nX-T: 1\r\n\r\n", "0;x\r\nTE: \r\nA:b \r\n\r\n"]).utf8)
    }
}
