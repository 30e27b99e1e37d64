/// What a claim says of scopes: one text, its scopes delimited by spaces (RFC 6749 section 3.3, RFC 8693 section 4.2), or an array of
/// texts with one scope each, as many issuers write it.
enum ScopeClaim {
    case text(JSONText)
    case list([JSONText])
    /// Something else, which names no scope.
    case none

    /// Far more than fit into a token.
    private static let maximum = 16 * 1024

    /// Nil for `null`, which says nothing. An empty text or list does say something: that there are no scopes.
    init?(_ reader: inout JSONReader) throws(JSONFault) {
        switch try reader.peek() {
        case .string: self = .text(try reader.string())
        case .array: self = try reader.texts(maximum: Self.maximum).map { .list($0) } ?? .none
        case .literal:
            guard try !reader.skipVoid() else { return nil }
            try reader.skip()
            self = .none
        default:
            try reader.skip()
            self = .none
        }
    }

    var scopes: [String] {
        switch self {
        case .text(let text):
            text.withOctets { octets in octets.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) } }
        case .list(let texts): texts.map(\.string).filter { !$0.isEmpty }
        case .none: []
        }
    }

    /// The scopes of all of these claims together; nil where none of them is there.
    static func scopes(in json: UnsafeRawBufferPointer, from names: [String]) throws(JSONFault) -> [String]? {
        var scopes: [String]?
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            guard names.contains(where: { name.equals($0.utf8) }) else {
                try reader.skip()
                continue
            }
            if let claim = try ScopeClaim(&reader) { scopes = (scopes ?? []) + claim.scopes }
        }
        try reader.finish()
        return scopes
    }
}
