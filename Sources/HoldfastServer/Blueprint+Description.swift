import HoldfastConfiguration

extension Blueprint {
    package var logLevel: String { configuration.log.level.rawValue }

    /// Dangerous choices, in plain words.
    package var warnings: [String] { ConfigurationSummary(configuration).warnings }

    /// What the configuration lets through, a line each.
    package var description: [String] { ConfigurationSummary(configuration).lines }
}
