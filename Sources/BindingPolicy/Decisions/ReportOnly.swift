/// The mode of a migration: what would be refused is forwarded, marked and counted instead.
package struct ReportOnly: Equatable, Sendable {
    /// Seconds since 1970 from which on it enforces; nil for as long as the configuration says so.
    package let until: Double?

    package init(until: Double?) { self.until = until }

    package func isOn(at now: Double) -> Bool { until.map { now < $0 } ?? true }
}
