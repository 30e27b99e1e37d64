import HTTPWire
import HoldfastConfiguration
import Logging
import NIOCore
import ServiceLifecycle
import Telemetry
import Timekeeping
import TokenValidation

/// Hands the spans of all loops, and now and then the metrics, to a collector (OTLP over HTTP).
///
/// No loop waits for it: it takes what they have gathered. Of what a collector does not take it holds a part and leaves the rest to the loops,
/// whose room has bounds too, so that nothing grows while that is away or does not answer.
final class OTLPExporter: Service {
    private let loops: [LoopHandle]
    private let resource: ExportResource
    private let plan: @Sendable () -> ExportPlan?
    private let metrics: @Sendable () async -> MetricsExport
    private let counts: ExportCounts
    private let logger: Logger
    private let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let start = OTLPCourier.nanoseconds()

    private static let step = Duration.seconds(1)
    /// For what is left at the end.
    private static let farewell = Duration.seconds(2)

    init(
        loops: [LoopHandle], resource: ExportResource, counts: ExportCounts, logger: Logger, plan: @escaping @Sendable () -> ExportPlan?,
        metrics: @escaping @Sendable () async -> MetricsExport
    ) {
        self.loops = loops
        self.resource = resource
        self.counts = counts
        self.logger = logger
        self.plan = plan
        self.metrics = metrics
    }

    func run() async throws {
        for loop in loops { try await loop.tellOfSpans { [wake] in wake.yield() } }
        // What is under way then is given up, and sent again: a collector that is silent holds nobody up.
        var courier = await cancelWhenGracefulShutdown { await self.work() }
        await sayFarewell(by: &courier)
    }

    /// Until it is cancelled.
    private func work() async -> OTLPCourier {
        var courier = OTLPCourier(resource: resource, logger: logger)
        await withDiscardingTaskGroup { group in
            group.addTask { [wake] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.step)
                    wake.yield()
                }
            }
            for await _ in wakes { await export(by: &courier) }
            group.cancelAll()
        }
        return courier
    }

    private func export(by courier: inout OTLPCourier) async {
        guard let plan = plan() else {
            guard courier.isAtWork else { return }
            // Nobody wants what there is.
            await collect(for: &courier)
            courier.giveUp()
            note(courier)
            return await courier.rest()
        }
        await courier.follow(plan)
        repeat { await collect(for: &courier) } while await courier.sendNext()
        note(courier)
        guard courier.wantsMetrics else { return }
        await courier.send(metrics(), since: start)
    }

    /// What the last requests left, as long as that takes no more than its time.
    private func sayFarewell(by courier: inout OTLPCourier) async {
        let end = ContinuousClock.now + Self.farewell
        if let plan = plan() {
            await courier.follow(plan)
            courier.insist(until: end)
            repeat { await collect(for: &courier) } while await courier.sendNext()
            if plan.otlp.metrics != nil { await courier.send(metrics(), since: start) }
            courier.giveUp()
            note(courier)
        }
        await courier.rest()
    }

    /// As much as there is room for; loops go on counting what they have none for.
    private func collect(for courier: inout OTLPCourier) async {
        var crowded: [Int] = []
        for loop in loops {
            let taken = try? await loop.takeSpans(room: courier.backlog.room)
            courier.backlog.add(taken?.batches ?? [])
            crowded.append(taken?.dropped ?? 0)
        }
        counts.note(crowded: crowded)
    }

    private func note(_ courier: OTLPCourier) { counts.note(exported: courier.backlog.exported, refused: courier.backlog.dropped) }
}
