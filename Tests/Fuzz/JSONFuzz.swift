import TokenValidation

/// Random and mutated JSON texts: no crash, and whatever is accepted is understood as Foundation understands it.
///
/// What Foundation accepts and we do not must be one of the things that we refuse on purpose.
enum JSONFuzz {
    static func run(cases: Int, seed: UInt64, _ report: inout FuzzReport) {
        var mutator = JSONMutator(seed: seed)
        for _ in 0..<cases {
            let text = mutator.text()
            report.begin(text)
            let theirs = JSONTree.readByFoundation(text)
            switch (JSONTree.read(text), theirs) {
            case (.success(let ours), let theirs?):
                report.accepted += 1
                if !ours.agrees(with: theirs), !hasByteOrderMark(text) { report.fail("understood differently", input: text) }
            case (.success, nil): if !isBeyondFoundation(text) { report.fail("accepted by us alone", input: text) }
            case (.failure(.malformed), .some): if !isForgivenByFoundation(text) { report.fail("refused by us alone", input: text) }
            case (.failure, _): break
            }
        }
    }

    /// Numbers beyond a Double, which RFC 8259 allows and which we read past.
    static func isBeyondFoundation(_ text: [UInt8]) -> Bool {
        var digits = 0
        var inExponent = false
        for octet in text {
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                if inExponent, digits >= 3 { return true }
            case UInt8(ascii: "e"), UInt8(ascii: "E"): (inExponent, digits) = (true, 0)
            case UInt8(ascii: "+"), UInt8(ascii: "-"): break
            default: (inExponent, digits) = (false, 0)
            }
        }
        return false
    }

    /// A comma before a closing bracket; zero octets, which it takes for UTF-16; a byte order mark.
    private static func isForgivenByFoundation(_ text: [UInt8]) -> Bool {
        let dense = text.filter { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        return text.contains(0) || hasByteOrderMark(text)
            || zip(dense, dense.dropFirst()).contains { $0 == UInt8(ascii: ",") && ($1 == UInt8(ascii: "}") || $1 == UInt8(ascii: "]")) }
    }

    /// Foundation drops it even inside strings.
    static func hasByteOrderMark(_ text: [UInt8]) -> Bool {
        text.indices.dropLast(2).contains { text[$0] == 0xef && text[$0 + 1] == 0xbb && text[$0 + 2] == 0xbf }
    }
}
