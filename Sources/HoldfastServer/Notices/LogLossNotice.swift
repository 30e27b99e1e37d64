import Logging
import ServiceLifecycle
import Telemetry

/// Says in each of the two logs that lines were lost, for whoever does not look at the metrics. Seldom: it is itself a line.
struct LogLossNotice: Service {
    let sinks: LogSinks
    let logger: Logger

    private static let interval = Duration.seconds(10)

    func run() async throws { await cancelWhenGracefulShutdown { await watch() } }

    private func watch() async {
        var losses = LogLosses()
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let lost = LogLosses.Lines(access: sinks.access.lostLines, messages: sinks.messages.lostLines)
            guard losses.isNews(lost) else { continue }
            logger.log(.logLinesLost, metadata: ["access": "\(lost.access)", "messages": "\(lost.messages)"])
        }
    }
}

/// Which losses are still to be told.
struct LogLosses {
    struct Lines: Equatable {
        var access = 0
        var messages = 0
    }

    private var told = Lines()

    /// - Parameter lost: since the start.
    mutating func isNews(_ lost: Lines) -> Bool {
        // The one that told so may itself be the one that was lost.
        guard lost.access > told.access || lost.messages > told.messages + 1 else { return false }
        told = lost
        return true
    }
}
