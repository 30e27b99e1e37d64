package import Telemetry

extension HoldfastConfiguration {
    /// The way out after SIGTERM.
    package struct Shutdown: Equatable, Sendable {
        /// How long it goes on accepting and answering while it says that it is not ready: load balancers need a while to see that.
        package let delay: Duration
        /// How long requests may finish after that before they are cut.
        package let drainTimeout: Duration
    }

    /// What the process gives up once it has read its files.
    package enum Sandbox: String, CaseIterable, Sendable {
        /// All that this system lets it give up.
        case whereAvailable = "where_available"
        /// Or it does not start.
        case required
        case none
    }

    package struct Log: Equatable, Sendable {
        package enum Level: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error, critical }

        package let level: Level
        /// A line per request on standard output.
        package let access: Bool
        /// Of both logs.
        package let format: LogFormat
        /// Fields that the lines of requests do not have, and those that they have beside the usual ones.
        package let omitted: Set<AccessField>
        package let added: Set<AccessField>
    }
}
