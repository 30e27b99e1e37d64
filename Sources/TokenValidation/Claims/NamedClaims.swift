import BindingPolicy

/// Reads the claims that the configuration names from a text that is believed already.
enum NamedClaims {
    static func read(_ json: UnsafeRawBufferPointer, _ names: [ClaimName]) throws(JSONFault) -> ClaimValues {
        var claims = ClaimValues()
        guard !names.isEmpty else { return claims }
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            guard let wanted = names.first(where: { name.equals($0.text.utf8) }) else {
                try reader.skip()
                continue
            }
            claims[wanted] = try ClaimValue(&reader)
        }
        try reader.finish()
        return claims
    }
}

extension ClaimValue {
    /// Nil for `null`.
    fileprivate init?(_ reader: inout JSONReader) throws(JSONFault) {
        switch try reader.peek() {
        case .string: self = .string(try reader.string().string)
        case .number: self = .number(String(decoding: try reader.text(), as: UTF8.self))
        case .literal:
            switch try reader.text().first {
            case UInt8(ascii: "t"): self = .boolean(true)
            case UInt8(ascii: "f"): self = .boolean(false)
            default: return nil
            }
        case .object: self = .json(String(decoding: try reader.text(), as: UTF8.self))
        case .array:
            var strings = reader
            let text = try reader.text()
            self = try Self.strings(&strings).map { .strings($0) } ?? .json(String(decoding: text, as: UTF8.self))
        }
    }

    /// The elements of an array; nil where not all of them are strings.
    private static func strings(_ reader: inout JSONReader) throws(JSONFault) -> [String]? {
        var strings: [String] = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard try reader.peek() == .string else { return nil }
            strings.append(try reader.string().string)
        }
        return strings
    }
}
