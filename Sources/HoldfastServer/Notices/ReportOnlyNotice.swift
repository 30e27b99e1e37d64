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
    let generations: Generations
    let loops: [LoopHandle]
    let logger: Logger

    private static let interval = Duration.seconds(60)

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
        let modes = Self.modes(generations.current.blueprint.configuration)
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
