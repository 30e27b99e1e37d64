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
        var told = (access: 0, messages: 0)
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let lost = (access: sinks.access.lostLines, messages: sinks.messages.lostLines)
            // The one that told so may itself be the one that was lost.
            guard lost.access > told.access || lost.messages > told.messages + 1 else { continue }
            logger.log(.logLinesLost, metadata: ["access": "\(lost.access)", "messages": "\(lost.messages)"])
            told = lost
        }
    }
}
