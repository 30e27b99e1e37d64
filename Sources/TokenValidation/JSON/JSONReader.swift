/// What makes a text unusable as JSON here.
package enum JSONFault: Error, Equatable, Sendable {
    /// Not RFC 8259, not UTF-8, or not the kind of value that was asked for.
    case malformed
    /// Two members of one object have the same name once escapes are removed (RFC 8259 section 4, RFC 7515 section 4).
    case duplicateMember
    /// Nested more deeply, or more members, than is ever needed.
    case tooDeep, tooManyMembers
}

/// The kinds of value, told by their first octet.
package enum JSONKind: Equatable, Sendable { case object, array, string, number, literal }

/// A strict single-pass JSON reader (RFC 8259): the caller pulls the members it knows and skips the others, which are
/// validated just as strictly. Nothing is built for what is skipped.
///
/// Refused beyond the grammar: a byte order mark, invalid UTF-8, lone surrogates, duplicate members at every level, and
/// whatever exceeds the bounds. Misuse (pulling a member from an array) is a `.malformed`, never a trap.
///
/// Valid only while the buffer is.
package struct JSONReader {
    package static let maximumDepth = 16

    private let bytes: UnsafeRawBufferPointer
    private let maximumMembers: Int
    private var position = 0
    private var depth = 0
    private var members = 0
    /// Just behind an opening bracket, where no comma is due.
    private var opened = false
    /// A stack: for each open object the previous `frame`, then the hashes of its names so far.
    private var names: [UInt64] = []
    private var frame = 0
    /// Whether a name that is there twice is a fault.
    private var judgesNames = true

    /// - Parameter maximumMembers: over all objects of the text together.
    package init(_ bytes: UnsafeRawBufferPointer, maximumMembers: Int = 1024) {
        self.bytes = bytes
        self.maximumMembers = maximumMembers
        names.reserveCapacity(32)
    }

    /// The kind of the next value, which stays to be read.
    package mutating func peek() throws(JSONFault) -> JSONKind {
        skipSpace()
        switch octet(position) {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return .literal
        default: throw .malformed
        }
    }

    package mutating func beginObject() throws(JSONFault) {
        try open(UInt8(ascii: "{"))
        names.append(UInt64(frame))
        frame = names.count
    }

    /// The name of the next member, whose value is then due; nil at the end of the object.
    package mutating func nextMember() throws(JSONFault) -> JSONText? {
        guard try another(before: UInt8(ascii: "}")) else {
            try closeObject()
            return nil
        }
        let name = try string()
        skipSpace()
        try take(UInt8(ascii: ":"))
        members += 1
        guard members <= maximumMembers else { throw .tooManyMembers }
        names.append(name.hash)
        return name
    }

    package mutating func beginArray() throws(JSONFault) { try open(UInt8(ascii: "[")) }

    /// Whether another element is due; false at the end of the array.
    package mutating func nextElement() throws(JSONFault) -> Bool {
        guard try another(before: UInt8(ascii: "]")) else { return false }
        return true
    }

    package mutating func string() throws(JSONFault) -> JSONText {
        skipSpace()
        try take(UInt8(ascii: "\""))
        let start = position
        var escaped = false
        while position < bytes.count {
            let octet = bytes[position]
            if octet == UInt8(ascii: "\"") {
                position += 1
                return JSONText(raw: UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1]), escaped: escaped)
            }
            guard octet >= 0x20 else { throw .malformed }
            if octet == UInt8(ascii: "\\") {
                escaped = true
                position += try escapeLength()
            } else if octet < 0x80 {
                position += 1
            } else {
                position += try sequenceLength()
            }
        }
        throw .malformed
    }

    package mutating func number() throws(JSONFault) -> JSONNumber {
        skipSpace()
        let start = position
        if octet(position) == UInt8(ascii: "-") { position += 1 }
        if octet(position) == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if octet(position) == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if octet(position) | 0x20 == UInt8(ascii: "e") {
            position += 1
            if octet(position) == UInt8(ascii: "+") || octet(position) == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return JSONNumber(raw: UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    }

    /// Reads past one value of any kind.
    package mutating func skip() throws(JSONFault) {
        switch try peek() {
        case .object:
            try beginObject()
            while try nextMember() != nil { try skip() }
        case .array:
            try beginArray()
            while try nextElement() { try skip() }
        case .string: _ = try string()
        case .number: _ = try number()
        case .literal: try literal()
        }
    }

    /// Reads past one value of any kind for somebody who makes no use of it: a duplicate member in it is a fault of that value alone,
    /// and whoever reads it finds it. All else is validated as ever.
    package mutating func skipUnjudged() throws(JSONFault) {
        let before = judgesNames
        judgesNames = false
        defer { judgesNames = before }
        try skip()
    }

    /// Whether the next value is one that says nothing (`null`, `""`, `[]` or `{}`), which is then read past.
    package mutating func skipVoid() throws(JSONFault) -> Bool {
        skipSpace()
        var end = position + 1
        switch octet(position) {
        case UInt8(ascii: "n"):
            try literal()
            return true
        case UInt8(ascii: "\""):
            guard octet(end) == UInt8(ascii: "\"") else { return false }
        case UInt8(ascii: "["):
            while Self.isSpace(octet(end)) { end += 1 }
            guard octet(end) == UInt8(ascii: "]") else { return false }
        case UInt8(ascii: "{"):
            while Self.isSpace(octet(end)) { end += 1 }
            guard octet(end) == UInt8(ascii: "}") else { return false }
        default: return false
        }
        position = end + 1
        return true
    }

    /// One value of any kind as it is written.
    ///
    /// - Parameter judged: whether a duplicate member in it is a fault.
    package mutating func text(judged: Bool = true) throws(JSONFault) -> UnsafeRawBufferPointer {
        skipSpace()
        let start = position
        if judged { try skip() } else { try skipUnjudged() }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    /// The literal `true` or `false`.
    package mutating func boolean() throws(JSONFault) -> Bool {
        skipSpace()
        let first = octet(position)
        guard first == UInt8(ascii: "t") || first == UInt8(ascii: "f") else { throw .malformed }
        try literal()
        return first == UInt8(ascii: "t")
    }

    /// Nothing but white space follows the one value of the text.
    package mutating func finish() throws(JSONFault) {
        skipSpace()
        guard depth == 0, position == bytes.count else { throw .malformed }
    }

    // MARK: - Brackets

    private mutating func open(_ bracket: UInt8) throws(JSONFault) {
        skipSpace()
        try take(bracket)
        depth += 1
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        opened = true
    }

    /// Steps over the comma to the next member or element, or over the closing bracket.
    private mutating func another(before bracket: UInt8) throws(JSONFault) -> Bool {
        skipSpace()
        let first = opened
        opened = false
        if octet(position) == bracket {
            position += 1
            depth -= 1
            guard depth >= 0 else { throw .malformed }
            return false
        }
        if !first { try take(UInt8(ascii: ",")) }
        return true
    }

    /// Equal hashes count as equal names: a collision costs only whoever wrote the text, and no duplicate is missed. Sorting
    /// beyond a few names keeps the cost from growing with their square.
    private mutating func closeObject() throws(JSONFault) {
        guard frame > 0, frame <= names.count else { throw .malformed }
        let count = names.count - frame
        if judgesNames { try refuseDuplicates(count) }
        let outer = Int(truncatingIfNeeded: names[frame - 1])
        names.removeLast(count + 1)
        frame = outer
    }

    /// - Parameter count: of the names since `frame`.
    private mutating func refuseDuplicates(_ count: Int) throws(JSONFault) {
        if count > 16 {
            names[frame...].sort()
            for index in frame + 1..<names.count where names[index] == names[index - 1] { throw .duplicateMember }
        } else if count > 1 {
            for index in frame + 1..<names.count {
                for earlier in frame..<index where names[earlier] == names[index] { throw .duplicateMember }
            }
        }
    }

    // MARK: - Octets

    /// Zero, which is valid nowhere outside a string, stands for the end.
    private func octet(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func take(_ expected: UInt8) throws(JSONFault) {
        guard octet(position) == expected else { throw .malformed }
        position += 1
    }

    private mutating func skipSpace() {
        while Self.isSpace(octet(position)) { position += 1 }
    }

    private static func isSpace(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x20, 0x09, 0x0a, 0x0d: true
        default: false
        }
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while octet(position) &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw .malformed }
    }

    private mutating func literal() throws(JSONFault) {
        for word in ["true", "false", "null"] as [StaticString] where word.utf8Start.pointee == octet(position) {
            for offset in 0..<word.utf8CodeUnitCount { try take(word.utf8Start[offset]) }
            return
        }
        throw .malformed
    }

    /// The length of the escape at `position`: 2, 6, or 12 for a surrogate pair.
    private func escapeLength() throws(JSONFault) -> Int {
        switch octet(position + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard let unit = JSONText.unit(bytes, position + 2) else { throw .malformed }
            switch unit {
            case 0xd800...0xdbff:
                guard octet(position + 6) == UInt8(ascii: "\\"), octet(position + 7) == UInt8(ascii: "u"),
                    let low = JSONText.unit(bytes, position + 8), 0xdc00...0xdfff ~= low
                else { throw .malformed }
                return 12
            case 0xdc00...0xdfff: throw .malformed
            default: return 6
            }
        default: throw .malformed
        }
    }

    /// The length of the UTF-8 sequence at `position`, in its shortest form and no surrogate (RFC 3629 section 4).
    private func sequenceLength() throws(JSONFault) -> Int {
        func continues(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xbf) -> Bool { range ~= octet(position + offset) }
        let valid: Int
        switch octet(position) {
        case 0xc2...0xdf: valid = continues(1) ? 2 : 0
        case 0xe0: valid = continues(1, 0xa0...0xbf) && continues(2) ? 3 : 0
        case 0xed: valid = continues(1, 0x80...0x9f) && continues(2) ? 3 : 0
        case 0xe1...0xef: valid = continues(1) && continues(2) ? 3 : 0
        case 0xf0: valid = continues(1, 0x90...0xbf) && continues(2) && continues(3) ? 4 : 0
        case 0xf1...0xf3: valid = continues(1) && continues(2) && continues(3) ? 4 : 0
        case 0xf4: valid = continues(1, 0x80...0x8f) && continues(2) && continues(3) ? 4 : 0
        default: valid = 0
        }
        guard valid > 0 else { throw .malformed }
        return valid
    }
}
