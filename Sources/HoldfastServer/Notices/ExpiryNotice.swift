import Logging
import ServiceLifecycle
import Telemetry
import Timekeeping

/// Warns of certificates that are about to end, in time for whoever has to renew them.
struct ExpiryNotice: Service {
    let generations: Generations
    let logger: Logger

    private static let interval = Duration.seconds(60)
    /// Lines of one look; whoever trusts a bundle of hundreds is told of the rest by their number.
    private static let limit = 20

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var watch = ExpiryWatch()
            while !Task.isCancelled {
                Self.tell(watch.look(at: generations.current.blueprint.review.held, now: WallClock.seconds()), to: logger)
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    static func tell(_ warnings: [ExpiryWatch.Warning], to logger: Logger) {
        for (index, warning) in warnings.prefix(limit).enumerated() {
            let certificate = warning.certificate
            var metadata: Logger.Metadata = [
                "key": "\(certificate.key)", "subject": "\(certificate.subject.prefix(1024))", "thumbprint": "\(certificate.thumbprint)",
                "until": "\(Timestamp.text(certificate.notAfter))",
            ]
            if index == limit - 1, warnings.count > limit { metadata["more"] = "\(warnings.count - limit)" }
            if warning.stage == .over {
                logger.log(.certificateExpired, metadata: metadata)
            } else {
                logger.log(.certificateExpires, metadata: metadata)
            }
        }
    }
}
