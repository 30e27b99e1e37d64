/// A claim as it stands in a token or an answer. `null` and what is empty say nothing, so they count as absent.
enum Claim<Value> {
    case absent
    case value(Value)
    /// Of another type than the claim's own, or out of its bounds: judged where something asks for it, and no more than absent where
    /// nothing does.
    case unfit(JSONKind)

    var value: Value? { if case .value(let value) = self { value } else { nil } }
}

extension Claim<JSONText> {
    init(textFrom reader: inout JSONReader) throws(JSONFault) {
        if try reader.skipVoid() {
            self = .absent
        } else if try reader.peek() == .string {
            self = .value(try reader.string())
        } else {
            self = .unfit(try reader.skipKind())
        }
    }
}

extension Claim<Double> {
    /// Seconds since 1970 (NumericDate, RFC 7519 section 2).
    init(dateFrom reader: inout JSONReader) throws(JSONFault) {
        if try reader.skipVoid() {
            self = .absent
        } else if try reader.peek() == .number {
            self = try reader.number().date.map { .value($0) } ?? .unfit(.number)
        } else {
            self = .unfit(try reader.skipKind())
        }
    }
}

extension Claim<[JSONText]> {
    /// One text or an array of texts (RFC 7519 section 4.1.3), of at most `maximum`.
    init(textsFrom reader: inout JSONReader, maximum: Int) throws(JSONFault) {
        if try reader.skipVoid() {
            self = .absent
        } else {
            switch try reader.peek() {
            case .string: self = .value([try reader.string()])
            case .array: self = try reader.texts(maximum: maximum).map { .value($0) } ?? .unfit(.array)
            default: self = .unfit(try reader.skipKind())
            }
        }
    }
}

extension JSONReader {
    /// Reads past one value and tells what it was.
    mutating func skipKind() throws(JSONFault) -> JSONKind {
        let kind = try peek()
        try skip()
        return kind
    }

    /// The elements of an array; nil where not all of them are texts.
    mutating func texts(maximum: Int) throws(JSONFault) -> [JSONText]? {
        var texts: [JSONText] = []
        var count = 0
        try beginArray()
        while try nextElement() {
            count += 1
            guard count <= maximum else { throw .tooManyMembers }
            if try peek() == .string { texts.append(try string()) } else { try skip() }
        }
        return texts.count == count ? texts : nil
    }
}
