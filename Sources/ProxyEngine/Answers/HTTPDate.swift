/// Dates as HTTP and JSON write them, in UTC.
package enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// IMF-fixdate (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func text(secondsSince1970 seconds: Int) -> String {
        let (year, month, day) = civil(seconds / 86400)
        return "\(days[seconds / 86400 % 7]), \(two(day)) \(months[month - 1]) \(year) \(clock(seconds)) GMT"
    }

    /// RFC 3339, such as `1994-11-06T08:49:37Z`.
    package static func iso8601(secondsSince1970 seconds: Int) -> String {
        let (year, month, day) = civil(seconds / 86400)
        return "\(year)-\(two(month))-\(two(day))T\(clock(seconds))Z"
    }

    /// Civil date from the count of days, by the 400-year cycle counted from 1 March.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func clock(_ seconds: Int) -> String {
        "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
