/// What is told to the service manager that started this process, and when (sd_notify(3)). A value: it says what to send.
struct ServiceAnnouncements: Equatable, Sendable {
    enum Event: Equatable, Sendable {
        /// The listener accepts.
        case started
        /// - monotonic: microseconds of CLOCK_MONOTONIC, by which the manager tells this reload from an earlier one.
        case reloading(monotonic: UInt64)
        /// Whether anything has changed by it or not.
        case reloaded
        case stopping
        /// Every event loop answers.
        case alive
        /// It was looked, and there may be other words for how things stand.
        case looked
    }

    private enum Phase { case starting, running, reloading, stopping }

    private var phase = Phase.starting
    private var told = ""

    init() {}

    /// - Parameter status: one line for people.
    /// - Returns: a datagram's text, assignments a line each; nil where there is nothing to tell.
    mutating func text(for event: Event, status: String) -> String? {
        var lines = assignments(event)
        guard phase != .starting else { return nil }
        if status != told {
            told = status
            lines.append("STATUS=\(status)")
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    private mutating func assignments(_ event: Event) -> [String] {
        switch (event, phase) {
        case (.started, .starting), (.reloaded, .reloading):
            phase = .running
            return ["READY=1"]
        case (.reloading(let monotonic), .running):
            phase = .reloading
            return ["RELOADING=1", "MONOTONIC_USEC=\(monotonic)"]
        case (.stopping, .running), (.stopping, .reloading):
            phase = .stopping
            return ["STOPPING=1"]
        case (.alive, .running), (.alive, .reloading), (.alive, .stopping): return ["WATCHDOG=1"]
        default: return []
        }
    }
}

/// How things stand, in one line for `systemctl status`.
struct ServiceStatus: Equatable, Sendable {
    var generation: Int
    /// Why it is not ready; empty where it is.
    var problems: [String]
    /// Of the latest reload; empty where it was applied.
    var mistakes: [String]
    /// Keys of what has changed and needs a restart.
    var waitingForRestart: [String]

    /// Datagrams above 4 KiB are dropped by systemd, and so is a status that is not UTF-8.
    private static let maximum = 500

    var text: String {
        var parts = ["generation \(generation)", problems.isEmpty ? "ready" : "not ready: \(problems.joined(separator: ", "))"]
        if let first = mistakes.first {
            parts.append("reload refused: \(first)" + (mistakes.count > 1 ? " (and \(mistakes.count - 1) more)" : ""))
        }
        if !waitingForRestart.isEmpty { parts.append("needs a restart: \(waitingForRestart.joined(separator: ", "))") }
        let line = parts.joined(separator: "; ").unicodeScalars
        let clean = line.prefix(Self.maximum).map { $0.properties.generalCategory == .control ? " " : $0 }
        return String(String.UnicodeScalarView(clean)) + (line.count > Self.maximum ? "…" : "")
    }
}
