import COpenSSL

/// A distinguished name, comparable whoever wrote it: as RFC 2253 text in either order, with or without spaces around its signs, as OpenSSL's
/// releases, Java and Go print them differently. Case and escapes count for nothing.
///
/// Two names of the same attributes in another order would be one, which no authority has.
struct ComparableName: Hashable {
    private let attributes: [[UInt8]]

    /// Nil for what is no name, or has an attribute that OpenSSL does not know and that is no OID: it would match nothing.
    init?(_ text: String) {
        var attributes: [[UInt8]] = []
        var rest = Array(text.utf8)[...]
        repeat {
            guard let attribute = Self.attribute(&rest) else { return nil }
            attributes.append(attribute)
        } while !rest.isEmpty
        self.attributes = attributes.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Takes `type=value` and the sign after it.
    private static func attribute(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let type = String(decoding: trimmed(rest[..<equals]), as: UTF8.self)
        guard let kind = identifier(of: type) else { return nil }
        rest = rest[(equals + 1)...]
        guard let value = value(&rest) else { return nil }
        return Array("\(kind)=".utf8) + value
    }

    /// Up to an unescaped sign, in lower case, without escapes and without spaces at its ends.
    private static func value(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var value: [UInt8] = []
        // Behind this a space is one that was written as such.
        var kept = 0
        var isQuoted = false
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "\\"):
                guard let escaped = escaped(&rest) else { return nil }
                value.append(lowercased(escaped))
                kept = value.count
            case UInt8(ascii: "\"") where value.isEmpty || isQuoted:
                isQuoted.toggle()
                kept = value.count
            case UInt8(ascii: ","), UInt8(ascii: "+"), UInt8(ascii: ";"):
                guard !isQuoted else {
                    value.append(octet)
                    break
                }
                // Another must follow.
                guard !rest.isEmpty else { return nil }
                return finished(value, kept)
            case UInt8(ascii: " ") where value.isEmpty && !isQuoted: break
            default: value.append(lowercased(octet))
            }
        }
        return isQuoted ? nil : finished(value, kept)
    }

    private static func finished(_ value: [UInt8], _ kept: Int) -> [UInt8] {
        var value = value
        while value.count > kept, value.last == UInt8(ascii: " ") { value.removeLast() }
        return value
    }

    /// What stands behind a backslash: two hexadecimal digits, or the octet itself.
    private static func escaped(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        if let high = rest.first.flatMap(digit), let low = rest.dropFirst().first.flatMap(digit) {
            rest = rest.dropFirst(2)
            return high << 4 | low
        }
        return rest.popFirst()
    }

    private static func digit(_ octet: UInt8) -> UInt8? { Character(UnicodeScalar(octet)).hexDigitValue.map { UInt8($0) } }

    private static func lowercased(_ octet: UInt8) -> UInt8 { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= octet ? octet | 0x20 : octet }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        while text.first == UInt8(ascii: " ") { text.removeFirst() }
        return text
    }

    /// By OpenSSL's number, so that `CN` and `commonName` are one; names of other tools that it does not know are few.
    private static func identifier(of type: String) -> String? {
        let aliases = ["E": "emailAddress", "S": "ST", "G": "GN", "OID.2.5.4.97": "2.5.4.97"]
        let number = OBJ_txt2nid(aliases[type.uppercased()] ?? type)
        if number != NID_undef { return "\(number)" }
        let upper = OBJ_txt2nid(type.uppercased())
        ERR_clear_error()
        if upper != NID_undef { return "\(upper)" }
        let isDotted = type.first?.isNumber ?? false && type.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
        return isDotted ? type : nil
    }
}
