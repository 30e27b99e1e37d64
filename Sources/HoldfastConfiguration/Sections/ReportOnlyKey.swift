internal import BindingPolicy
import Timekeeping

/// The value of `report_only`, for the whole file or a route: `true`, `false`, or the moment from which on it enforces.
enum ReportOnlyKey {
    /// A date farther away is as good as none, and a slip of the year would not be noticed.
    private static let farthest = 180.0

    /// Nil for `false`.
    ///
    /// - Parameter now: seconds since 1970.
    static func parse(_ now: Double) -> (ConfigurationNode) throws(Complaint) -> ReportOnly? {
        { node throws(Complaint) in
            node.form?.note(.boolean)
            if case .scalar("false", quoted: false) = node.content { return nil }
            if case .scalar("true", quoted: false) = node.content { return ReportOnly(until: nil) }
            let text = try node.text()
            guard let until = Timestamp(rfc3339: text).map({ Double($0.secondsSince1970) }) else {
                throw Complaint(
                    "`true`, `false`, or the day from which on it enforces, such as `2027-01-31` or `2027-01-31T00:00:00Z` (UTC), is expected here, not `\(text.shortened)`."
                )
            }
            guard until <= now + farthest * 86400 else {
                throw Complaint(
                    "`\(text)` is more than \(Int(farthest)) days ahead. Write a nearer day: a migration that is not done by then can be given another."
                )
            }
            return ReportOnly(until: until)
        }
    }
}
