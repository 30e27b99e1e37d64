/// Any JSON value: claims and headers of tokens that a test asks for, right or wrong.
enum JSONValue: Codable, Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONValue].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }

    /// Nil unless it is a string.
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// Nil unless it is a number; without its fraction.
    var seconds: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value.rounded(.down))
        default: nil
        }
    }

    /// A string, or the strings of a list; empty otherwise.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let values): values.compactMap(\.text)
        default: []
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension [String: JSONValue] {
    /// These members with `changes` written over them; a null takes the member away.
    func overridden(by changes: [String: JSONValue]) -> Self {
        merging(changes) { $1 }.filter { $0.value != .null }
    }
}
