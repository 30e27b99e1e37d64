/// Makes JSON texts that are right, or nearly.
struct JSONMutator {
    static let texts: [[UInt8]] = [
        #"{"iss":"https://as.example.com","aud":["https://api.example.com","x"],"exp":1900000300,"iat":1899999990.5,"cnf":{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}}"#,
        #"{"typ":"at+jwt","alg":"ES256","kid":"k\u0031","crit":["b64"],"jwk":{"kty":"EC","x":null}}"#,
        #"{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b","use":"sig","key_ops":["verify"]},{"kty":"oct"},[],1,true]}"#,
        #"["\"\\\/\b\f\n\r\t","\u00e9\ud83d\ude00","é€😀",""]"#, #"[0,-0,1,-1,0.5,-1.25e+10,1E-5,123456789012345678,1e999999]"#,
        #"{"a":{"b":{"c":{"d":[[[[[[[[1]]]]]]]]}}}}"#, " { \"a\" : [ true , false , null ] }\r\n\t", "[]", "{}", "1", #""""#,
    ].map { Array($0.utf8) }

    static let fragments: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\u0061", "\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\u0000", "\\uD800\\u0041",
            "null", "true", "false", "NaN", "1e400", "-", "0", "00", ".", "e", "1.", "//", "/**/", "\"a\":1,", "\"\\u0061\":1,", ",\"a\":1",
            "\u{feff}", "\u{0}", "\n", " ", "\u{7f}", "é", "\u{2028}", "[[[[[[[[", "]]]]]]]]", "{\"a\":", "'", "Infinity", "+1", "0x1",
        ].map { Array($0.utf8) } + [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xc3], [0xf0, 0x9f]]

    private(set) var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func text() -> [UInt8] {
        switch random.below(32) {
        case 0: return (0..<random.below(64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        case 1..<8: return composed()
        case 8..<16: return mutated(composed())
        default: return mutated(random.pick(Self.texts))
        }
    }

    mutating func mutated(_ text: [UInt8]) -> [UInt8] {
        var octets = text
        for _ in 0..<1 + random.below(3) {
            let at = random.below(octets.count + 1)
            let length = min(random.below(12), octets.count - at)
            switch random.below(6) {
            case 0: if at < octets.count { octets[at] = UInt8(truncatingIfNeeded: random.next()) }
            case 1: if at < octets.count { octets[at] ^= 1 << UInt8(random.below(8)) }
            case 2: octets.removeSubrange(at..<at + length)
            case 3: octets.insert(contentsOf: octets[at..<at + length], at: random.below(octets.count + 1))
            default: octets.insert(contentsOf: random.pick(Self.fragments), at: at)
            }
        }
        return octets
    }

    private mutating func composed() -> [UInt8] {
        var octets: [UInt8] = []
        value(&octets, depth: 0)
        return octets
    }

    private mutating func value(_ octets: inout [UInt8], depth: Int) {
        space(&octets)
        switch random.below(depth > 5 ? 4 : 8) {
        case 0: octets += random.pick(["true", "false", "null"]).utf8
        case 1, 2: string(&octets)
        case 3: number(&octets)
        case 4, 5: members(&octets, "[", "]") { $0.value(&$1, depth: depth + 1) }
        default:
            members(&octets, "{", "}") {
                $0.space(&$1)
                $0.string(&$1)
                $0.space(&$1)
                $1 += ":".utf8
                $0.value(&$1, depth: depth + 1)
            }
        }
        space(&octets)
    }

    private mutating func members(
        _ octets: inout [UInt8], _ opening: String, _ closing: String, _ member: (inout JSONMutator, inout [UInt8]) -> Void
    ) {
        octets += opening.utf8
        for index in 0..<random.below(random.oneIn(32) ? 30 : 5) {
            if index > 0 { octets += ",".utf8 }
            member(&self, &octets)
        }
        octets += closing.utf8
    }

    private mutating func string(_ octets: inout [UInt8]) {
        let pieces = ["a", "b", "exp", "x5t#S256", "\\n", "\\\"", "\\\\", "\\/", "\\u0061", "\\u00E9", "\\ud83d\\ude00", "é", "€", "😀", " ", "0"]
        octets += "\"".utf8
        for _ in 0..<random.below(5) { octets += random.pick(pieces).utf8 }
        octets += "\"".utf8
    }

    private mutating func number(_ octets: inout [UInt8]) {
        octets += random.pick(["", "", "-"]).utf8
        octets += (random.oneIn(4) ? "0" : "\(1 + random.below(1_000_000_000))").utf8
        if random.oneIn(3) { octets += ".\(random.below(1000))".utf8 }
        if random.oneIn(4) { octets += (random.pick(["e", "E", "e+", "E-"]) + "\(random.below(20))").utf8 }
    }

    private mutating func space(_ octets: inout [UInt8]) {
        if random.oneIn(8) { octets += random.pick([" ", "\n", "\t", "\r\n  "]).utf8 }
    }
}
