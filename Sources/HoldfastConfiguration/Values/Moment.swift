/// Moments as the file writes them: a day, which stands for its first second, or a second, both in UTC (RFC 3339).
enum Moment {
    /// Seconds since 1970; nil for anything but `2027-01-31` and `2027-01-31T00:00:00Z`.
    static func parse(_ text: String) -> Double? {
        let whole = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        let octets = Array(whole.utf8)
        guard octets.count == 20 else { return nil }
        /// Anything that is no digit comes out as another number, and is found below.
        func number(_ range: Range<Int>) -> Int { octets[range].reduce(0) { $0 * 10 + Int($1) - 48 } }
        let year = number(0..<4)
        guard (1970...9999).contains(year), (1...12).contains(number(5..<7)) else { return nil }
        let day = days(year, number(5..<7), number(8..<10))
        let seconds = ((day * 24 + number(11..<13)) * 60 + number(14..<16)) * 60 + number(17..<19)
        // What does not come out as it went in holds a day or an hour that there is not, or another separator.
        guard seconds >= 0, spell(Double(seconds)) == whole else { return nil }
        return Double(seconds)
    }

    /// - Parameter moment: seconds since 1970, of the years up to 9999.
    static func spell(_ moment: Double) -> String {
        let seconds = Int(moment)
        let (year, month, day) = date(seconds / 86400)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map(two).joined(separator: ":")
        return "\(year)-\(two(month))-\(two(day))T\(clock)Z"
    }

    // The proleptic Gregorian calendar in years that begin in March, so that a leap day is the last of its year, and in eras of
    // 400 years, which all have 146,097 days. 719,468 days lie between the first of March of the year 0 and 1970.

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + ofYear - 719_468
    }

    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, ofEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        return (era * 400 + year + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, ofYear - (153 * month + 2) / 5 + 1)
    }
}
