import ArgumentParser

/// A length of time on the command line and in directives: `250ms`, `5s`, `10m`, `24h`, `7d`; a minus sign for the past.
struct Interval: ExpressibleByArgument, Sendable, CustomStringConvertible {
    let seconds: Double
    let description: String

    static let fiveMinutes = Interval(seconds: 300, description: "5m")
    static let oneHour = Interval(seconds: 3600, description: "1h")
    static let sevenDays = Interval(seconds: 604_800, description: "7d")

    private init(seconds: Double, description: String) {
        self.seconds = seconds
        self.description = description
    }

    init?(argument: String) {
        let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
            let count = Double(argument.dropLast(unit.suffix.count)), count.isFinite, abs(count * unit.seconds) < 4e9
        else { return nil }
        seconds = count * unit.seconds
        description = argument
    }

    var duration: Duration { .nanoseconds(Int64(seconds * 1e9)) }
}
