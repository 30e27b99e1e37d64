import Logging
import ServiceLifecycle
import Telemetry
import UnixSignals

/// SIGHUP ends a process that does not handle it. A reload belongs there and comes in a later version; until then it is said
/// that nothing was reloaded, and the proxy runs on with what it has.
struct HangupNotice: Service {
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                logger.log(.hangup)
            }
        }
    }
}
