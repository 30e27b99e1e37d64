/// From when on a token is good, by its `nbf` and `iat`: two claims that nobody need write and that forbid something where they are
/// there. So they are held to whatever they say of a time.
struct EarliestUse {
    /// The later of the two: seconds since 1970.
    private(set) var date: Double?
    /// A number beyond every date (milliseconds, mostly): a time that never comes, by the claim that says so.
    private(set) var never: String?

    /// A number in quotes is one that somebody wrote in quotes; any other text, or value, is no time and forbids nothing.
    mutating func read(_ name: String, _ reader: inout JSONReader) throws(JSONFault) -> Claim<Double> {
        if try reader.skipVoid() { return .absent }
        switch try reader.peek() {
        case .number:
            let number = try reader.number()
            hold(name, number)
            // Before 1970, as zero values of some languages are, is a time all the same.
            return number.date.map { .value($0) } ?? (number.isNegative ? .value(0) : .unfit(.number))
        case .string:
            let text = try reader.string()
            text.withOctets { octets in
                var inner = JSONReader(octets)
                guard let number = try? inner.number(), (try? inner.finish()) != nil else { return }
                hold(name, number)
            }
            return .unfit(.string)
        default: return .unfit(try reader.skipKind())
        }
    }

    private mutating func hold(_ name: String, _ number: JSONNumber) {
        if let date = number.date {
            self.date = max(self.date ?? date, date)
        } else if !number.isNegative {
            never = name
        }
    }
}
