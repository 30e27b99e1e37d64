/// The one bearer token of a request, or why there is none (RFC 6750 sections 2 and 3.1).
///
/// Only the `Authorization` field is a place for a token. A token in the query is never used; beside one in the field it
/// makes the request invalid, because two recipients could then judge by two tokens.
package enum BearerCredentials: Equatable, Sendable {
    /// Where the token stands in the field value.
    case bearer(Range<Int>)
    /// `.credentialsMissing`, `.schemeUnsupported`, `.credentialsMalformed`, `.credentialsDuplicated` or
    /// `.credentialsInTwoPlaces`.
    case refused(DenialReason)

    /// - Parameters:
    ///   - lines: how many `Authorization` lines the request has.
    ///   - value: the value of the first of them; not looked at where `lines` is 0.
    ///   - query: the query of the target without its `?`; empty where there is none.
    package static func find(lines: Int, value: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer) -> BearerCredentials {
        guard lines <= 1 else { return .refused(.credentialsDuplicated) }
        let inQuery = query.isEmpty ? 0 : QueryToken.count(query)
        guard lines == 1 else { return .refused(inQuery > 1 ? .credentialsDuplicated : .credentialsMissing) }
        guard inQuery == 0 else { return .refused(.credentialsInTwoPlaces) }
        return parse(value)
    }

    /// `"Bearer" 1*SP b64token`, the scheme in any case (RFC 6750 section 2.1); `value` without surrounding white space.
    package static func parse(_ value: UnsafeRawBufferPointer) -> BearerCredentials {
        var position = 0
        while position < value.count, isSchemeCharacter(value[position]) { position += 1 }
        guard position > 0 else { return .refused(.credentialsMalformed) }
        guard isBearer(value, length: position) else { return .refused(.schemeUnsupported) }

        let scheme = position
        while position < value.count, value[position] == UInt8(ascii: " ") { position += 1 }
        guard position > scheme else { return .refused(.credentialsMalformed) }

        let start = position
        while position &+ 64 <= value.count, areTokenCharacters(value, from: position) { position &+= 64 }
        while position &+ 8 <= value.count, tokenCharacters(value.loadUnaligned(fromByteOffset: position, as: UInt64.self)) == top {
            position &+= 8
        }
        while position < value.count, tokenCharacters(each(value[position])) == top { position += 1 }
        guard position > start else { return .refused(.credentialsMalformed) }
        while position < value.count, value[position] == UInt8(ascii: "=") { position += 1 }
        guard position == value.count else { return .refused(.credentialsMalformed) }
        return .bearer(start..<position)
    }

    private static func isBearer(_ value: UnsafeRawBufferPointer, length: Int) -> Bool {
        let name: StaticString = "bearer"
        guard length == name.utf8CodeUnitCount else { return false }
        for position in 0..<length where value[position] | 0x20 != name.utf8Start[position] { return false }
        return true
    }

    /// RFC 9110 section 5.6.2, `tchar`.
    private static func isSchemeCharacter(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"),
            UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"),
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Whether the 64 octets of `value` from `start` on are characters of a `b64token` before its padding: a token has a thousand, on each
    /// request. Counted, and without a way out in between, so that the compiler takes several words at once.
    private static func areTokenCharacters(_ value: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var all = top
        for word in 0..<8 { all &= tokenCharacters(value.loadUnaligned(fromByteOffset: start &+ word &* 8, as: UInt64.self)) }
        return all == top
    }

    private static var top: UInt64 { 0x8080_8080_8080_8080 }

    /// The top bit of each octet that is such a character.
    ///
    /// Eight comparisons at once: where an octet is below 0x80, adding `0x80 - c` sets its top bit if it is `c` or more. One of 0x80 and
    /// more is never one, and what it carries into the next cannot make the whole look good.
    @inline(__always)
    private static func tokenCharacters(_ octets: UInt64) -> UInt64 {
        let folded = octets | each(0x20)
        let letters = (folded &+ each(0x80 - UInt8(ascii: "a"))) & ~(folded &+ each(0x80 - UInt8(ascii: "z") - 1))
        // - . / and 0 to 9
        let digits = (octets &+ each(0x80 - UInt8(ascii: "-"))) & ~(octets &+ each(0x80 - UInt8(ascii: "9") - 1))
        let others =
            ~((octets ^ each(UInt8(ascii: "+"))) &+ each(0x7f)) | ~((octets ^ each(UInt8(ascii: "_"))) &+ each(0x7f))
            | ~((octets ^ each(UInt8(ascii: "~"))) &+ each(0x7f))
        return (letters | digits | others) & ~octets & top
    }

    private static func each(_ octet: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(octet) }
}

/// Looks for parameters named `access_token` in a query, as the most lenient upstream would read it: both separators, any
/// case, percent-encoded or not.
private enum QueryToken {
    static func count(_ query: UnsafeRawBufferPointer) -> Int {
        let name: StaticString = "access_token"
        var found = 0
        var position = 0
        while position < query.count {
            var matched = 0
            while position < query.count, matched < name.utf8CodeUnitCount {
                guard let (octet, width) = PercentEncoding.octet(of: query, at: position),
                    lowercased(octet) == name.utf8Start[matched]
                else { break }
                matched += 1
                position += width
            }
            if matched == name.utf8CodeUnitCount, position == query.count || endsName(query[position]) { found += 1 }
            while position < query.count, !separates(query[position]) { position += 1 }
            position += 1
        }
        return found
    }

    private static func separates(_ octet: UInt8) -> Bool { octet == UInt8(ascii: "&") || octet == UInt8(ascii: ";") }
    private static func endsName(_ octet: UInt8) -> Bool { octet == UInt8(ascii: "=") || separates(octet) }
    private static func lowercased(_ octet: UInt8) -> UInt8 {
        octet >= UInt8(ascii: "A") && octet <= UInt8(ascii: "Z") ? octet | 0x20 : octet
    }
}
