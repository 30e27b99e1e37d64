import Credentials
import Logging
import ProxyEngine
import Synchronization
import Telemetry
import Timekeeping

/// The generation in force, and how the next one takes its place: made whole first, then handed over, so that one that cannot be made
/// changes nothing.
final class Generations: Sendable {
    /// Runs what the issuers of all generations need.
    let issuers = IssuerService()
    private let changes = KeyChanges()
    private let logger: Logger
    private let latest: Mutex<Generation>

    var current: Generation { latest.withLock { $0 } }

    /// - Parameter now: seconds since 1970.
    init(_ blueprint: Blueprint, now: Double, logger: Logger) throws(CredentialFault) {
        let first = try Generation(blueprint, after: nil, made: now, issuers: issuers, changes: changes, logger: logger)
        latest = Mutex(first)
        self.logger = logger
        tell(first)
    }

    /// One at a time: the caller's care.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - patience: with issuers that are new and whose keys have to be looked for.
    ///   - deliver: gives every loop its part. What began before goes on under the generation that it began with.
    func publish(
        _ blueprint: Blueprint, now: Double, patience: Duration = .seconds(5), deliver: (Generation) async throws -> Void
    ) async throws {
        let next = try next(blueprint, now: now)
        await next.firstLooks(patience: patience)
        try await deliver(next)
        blueprint.upstreamSockets.resize(to: blueprint.descriptors.upstreamSockets)
        replace(by: next)
    }

    /// What would follow the current one; nothing is judged by it yet.
    func next(_ blueprint: Blueprint, now: Double) throws(CredentialFault) -> Generation {
        try Generation(blueprint, after: current, made: now, issuers: issuers, changes: changes, logger: logger)
    }

    func replace(by next: Generation) {
        latest.withLock { $0 = next }
        tell(next)
    }

    private func tell(_ generation: Generation) {
        logger.log(.generation, metadata: ["number": "\(generation.number)", "digest": "\(generation.blueprint.digest)"])
        for file in generation.blueprint.review.trusted(now: WallClock.seconds()) {
            var metadata: Logger.Metadata = ["key": "\(file.key)", "count": "\(file.count)", "subjects": "\(file.names)"]
            if let until = file.until { metadata["until"] = "\(Timestamp.text(until))" }
            logger.log(.authorities, metadata: metadata)
        }
    }
}
