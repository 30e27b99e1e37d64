import BindingPolicy
import HoldfastConfiguration
import Logging
import ProxyEngine
import ServiceLifecycle
import Telemetry
import Timekeeping

/// Says again and again that requests are let through which should be refused, so that a migration is not left unfinished
/// unnoticed.
struct ReportOnlyNotice: Service {
    let modes: [ReportOnly]
    let loops: [LoopHandle]
    let logger: Logger

    private static let interval = Duration.seconds(60)

    /// Nil where nothing is in that mode.
    init?(_ configuration: HoldfastConfiguration, loops: [LoopHandle], logger: Logger) {
        modes = Self.modes(configuration)
        guard !modes.isEmpty else { return nil }
        self.loops = loops
        self.logger = logger
    }

    static func modes(_ configuration: HoldfastConfiguration) -> [ReportOnly] {
        (configuration.routes.map(\.policy) + [configuration.routeTable.fallback]).compactMap(\.reportOnly)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await say()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func say() async {
        guard modes.contains(where: { $0.isOn(at: WallClock.seconds()) }) else { return }
        var forwarded: [String: Int] = [:]
        for loop in loops { if let snapshot = try? await loop.metrics() { forwarded.merge(snapshot.wouldRefuse) } }
        logger.log(
            .reportOnly,
            metadata: [
                "forwarded": "\(forwarded.values.reduce(0, +))",
                "reasons": "\(forwarded.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))",
            ])
    }
}
