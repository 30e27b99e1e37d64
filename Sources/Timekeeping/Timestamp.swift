/// A second of UTC, and how HTTP, JSON and people write it: the one calendar of the house.
package struct Timestamp: Hashable, Sendable {
    package let secondsSince1970: Int

    /// - Parameter seconds: since 1970; of the years 0 to 9999, beyond which it becomes their first or last second.
    package init(_ seconds: Int) { secondsSince1970 = min(max(seconds, Self.first), Self.last) }

    /// Nil for what is no moment of the years 0 to 9999.
    package init?(_ seconds: Double) {
        guard let whole = Int(exactly: seconds.rounded(.down)), (Self.first...Self.last).contains(whole) else { return nil }
        secondsSince1970 = whole
    }

    /// From `2027-01-31`, which stands for its first second, or `2027-01-31T00:00:00Z` (RFC 3339); nil for anything else, and before 1970.
    package init?(rfc3339 text: String) {
        let whole = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        let octets = Array(whole.utf8)
        guard octets.count == 20 else { return nil }
        // Anything that is no digit comes out as another number, and is found below.
        func number(_ range: Range<Int>) -> Int { octets[range].reduce(0) { $0 * 10 + Int($1) - 48 } }
        let (year, month) = (number(0..<4), number(5..<7))
        guard (1970...9999).contains(year), (1...12).contains(month) else { return nil }
        let day = Self.days(year, month, number(8..<10))
        let seconds = ((day * 24 + number(11..<13)) * 60 + number(14..<16)) * 60 + number(17..<19)
        // What does not come out as it went in holds a day or an hour that there is not, or another separator.
        guard seconds >= 0, Timestamp(seconds).rfc3339 == whole else { return nil }
        secondsSince1970 = seconds
    }

    /// Such as `1994-11-06T08:49:37Z`.
    package var rfc3339: String {
        let (year, month, day) = date
        let digits = String(year)
        return "\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)-\(two(month))-\(two(day))T\(clock)Z"
    }

    /// IMF-fixdate (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    package var imfFixdate: String {
        let (year, month, day) = date
        return "\(Self.weekdays[weekday]), \(two(day)) \(Self.months[month - 1]) \(year) \(clock) GMT"
    }

    /// For people: a moment that is none, as of a certificate that never ends, has words.
    package static func text(_ seconds: Double) -> String { Timestamp(seconds)?.rfc3339 ?? (seconds < 0 ? "without a beginning" : "without an end") }

    // MARK: The calendar

    // The proleptic Gregorian calendar in years that begin in March, so that a leap day is the last of its year, and in eras of
    // 400 years, which all have 146,097 days. 719,468 days lie between the first of March of the year 0 and 1970.

    private static let first = -62_167_219_200
    private static let last = 253_402_300_799
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + ofYear - 719_468
    }

    /// Days since 1970, and the second of the day.
    private var split: (days: Int, second: Int) {
        let (days, second) = secondsSince1970.quotientAndRemainder(dividingBy: 86400)
        return second < 0 ? (days - 1, second + 86400) : (days, second)
    }

    private var weekday: Int {
        let rest = split.days % 7
        return rest < 0 ? rest + 7 : rest
    }

    private var date: (year: Int, month: Int, day: Int) {
        // An era more, since the year 0 begins before its first of March.
        let (era, ofEra) = (split.days + 719_468 + 146_097).quotientAndRemainder(dividingBy: 146_097)
        let year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        return ((era - 1) * 400 + year + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, ofYear - (153 * month + 2) / 5 + 1)
    }

    private var clock: String {
        let second = split.second
        return "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }

    private func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
