/// Durations, sizes and counts as the file writes them. Each has a least and a greatest value, and a reason for both.
enum Quantity {
    /// `250ms`, `30s`, `5m`, `24h`: whole numbers, one unit.
    ///
    /// - Parameters:
    ///   - below, above: why no value outside the range is possible on that side, as a clause that follows "because".
    static func duration(
        _ allowed: ClosedRange<Duration>, below: String, above: String
    ) -> @Sendable (ConfigurationNode) throws(Complaint) -> Duration {
        { node throws(Complaint) in
            let units: [(String, Duration)] = [("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600))]
            let text = try node.noted(.duration(allowed)).text()
            let value = try number(text, units.map(\.0), example: "A duration such as `250ms`, `30s`, `5m` or `24h`")
            // At most 9 digits, so the product is far from any overflow.
            let duration = units[value.unit].1 * value.count
            return try within(allowed, duration, text, spell, below, above)
        }
    }

    /// What a duration and a size look like, for editors.
    static let durationPattern = "^[0-9]{1,9}(ms|s|m|h)$"
    static let sizePattern = "^[0-9]{1,9}(B|KiB|MiB)$"

    /// From none on.
    static func duration(_ allowed: PartialRangeThrough<Duration>, above: String) -> @Sendable (ConfigurationNode) throws(Complaint) -> Duration {
        duration(.zero...allowed.upperBound, below: "it is negative", above: above)
    }

    /// `512B`, `16KiB`, `1MiB`, in octets.
    static func size(_ allowed: ClosedRange<Int>, below: String, above: String) -> @Sendable (ConfigurationNode) throws(Complaint) -> Int {
        { node throws(Complaint) in
            let units: [(String, Int)] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20)]
            let text = try node.noted(.size(allowed)).text()
            let value = try number(text, units.map(\.0), example: "A size such as `16KiB` or `1MiB`")
            return try within(allowed, value.count * units[value.unit].1, text, { spell($0) }, below, above)
        }
    }

    static func count(_ allowed: ClosedRange<Int>, below: String, above: String) -> @Sendable (ConfigurationNode) throws(Complaint) -> Int {
        { node throws(Complaint) in
            let expected = "A whole number from \(allowed.lowerBound) to \(allowed.upperBound)"
            let text = try node.noted(.integer(allowed)).word(expected)
            guard isDigits(text), let count = Int(text) else { throw Complaint("\(expected) is expected here, not `\(text.shortened)`.") }
            return try within(allowed, count, text, { "\($0)" }, below, above)
        }
    }

    /// From none on.
    static func count(_ allowed: PartialRangeThrough<Int>, above: String) -> @Sendable (ConfigurationNode) throws(Complaint) -> Int {
        count(0...allowed.upperBound, below: "it is negative", above: above)
    }

    private static func within<Value: Comparable>(
        _ allowed: ClosedRange<Value>, _ value: Value, _ text: String, _ spell: (Value) -> String, _ below: String, _ above: String
    ) throws(Complaint) -> Value {
        guard !allowed.contains(value) else { return value }
        let reason = value < allowed.lowerBound ? below : above
        throw Complaint("`\(text)` is out of range: \(spell(allowed.lowerBound)) to \(spell(allowed.upperBound)), because \(reason).")
    }

    static func flag(_ node: ConfigurationNode) throws(Complaint) -> Bool {
        switch try node.noted(.boolean).word("`true` or `false`") {
        case "true": true
        case "false": false
        case let other: throw Complaint("`true` or `false` is expected here, not `\(other.shortened)`.")
        }
    }

    /// The largest unit that leaves no rest.
    static func spell(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds != 0 && milliseconds % size == 0 { return "\(milliseconds / size)\(unit)" }
        return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
    }

    static func spell(_ size: Int) -> String {
        if size != 0, size % (1 << 20) == 0 { return "\(size >> 20)MiB" }
        if size != 0, size % (1 << 10) == 0 { return "\(size >> 10)KiB" }
        return "\(size)B"
    }

    private static func number(_ text: String, _ units: [String], example: String) throws(Complaint) -> (count: Int, unit: Int) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let rest = String(text.dropFirst(digits.count))
        guard isDigits(String(digits)), let count = Int(digits), let unit = units.firstIndex(of: rest) else {
            throw Complaint("\(example) is expected here, not `\(text.shortened)`.")
        }
        return (count, unit)
    }

    private static func isDigits(_ text: String) -> Bool {
        (1...9).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
}
