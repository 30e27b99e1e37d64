import HTTPWire
import HoldfastConfiguration
import Logging
import NIOCore
import NIOSSL
import Telemetry
import Timekeeping
import TokenValidation

/// Carries exports to the collector that is configured, one at a time.
struct OTLPCourier: Sendable {
    var backlog = ExportBacklog()
    private let resource: ExportResource
    private let logger: Logger
    private var plan: ExportPlan?
    private var link: (authorities: [NIOSSLCertificate], fetcher: HTTPDocumentFetcher)?
    private var lastMetrics: ContinuousClock.Instant?
    /// At the end: nothing is tried a second time, and nothing later than then.
    private var end: ContinuousClock.Instant?
    /// What was told last.
    private var fault: String?

    private static let type = "application/x-protobuf"
    /// Of one export; shorter than the pause between two exports of metrics may be long.
    private static let seconds = 5.0
    /// Octets of an answer, which says little.
    private static let answerLength = 64 << 10

    init(resource: ExportResource, logger: Logger) { (self.resource, self.logger) = (resource, logger) }

    /// Sends where the plan says from now on.
    mutating func follow(_ plan: ExportPlan) async {
        if let link, link.authorities != plan.authorities { await rest() }
        if self.plan?.otlp.traces != plan.otlp.traces { backlog.answered() }
        self.plan = plan
        guard link == nil else { return }
        let fetcher = HTTPDocumentFetcher(
            authorities: plan.authorities, alone: !plan.authorities.isEmpty, length: Self.answerLength, seconds: Self.seconds)
        link = (plan.authorities, fetcher)
    }

    var isAtWork: Bool { link != nil }

    /// Nothing is sent for now.
    mutating func rest() async {
        guard let fetcher = link?.fetcher else { return }
        link = nil
        try? await fetcher.shutdown()
    }

    mutating func insist(until end: ContinuousClock.Instant) {
        backlog.answered()
        self.end = end
    }

    mutating func giveUp() { backlog.clear() }

    // MARK: Spans

    /// - Returns: whether there may be more to send at once.
    mutating func sendNext() async -> Bool {
        guard let plan, let batch = backlog.first, backlog.mayTry(now: Self.now) else { return false }
        switch await post(.otlpExport(of: resource) { $0.writeImmutableBuffer(batch.octets) }, to: plan.otlp.traces) {
        case .taken(let rejected): backlog.taken(rejected: rejected)
        case .refused: backlog.refused()
        case .later:
            backlog.failed(now: Self.now, chance: .random(in: 0..<1))
            return false
        }
        return backlog.first != nil
    }

    // MARK: Metrics

    /// They count from the start, so that what was not taken is in the next ones.
    var wantsMetrics: Bool {
        guard let plan, plan.otlp.metrics != nil, backlog.mayTry(now: Self.now) else { return false }
        return lastMetrics.map { $0 + plan.otlp.interval <= .now } ?? true
    }

    mutating func send(_ metrics: MetricsExport, since start: UInt64) async {
        guard let url = plan?.otlp.metrics else { return }
        lastMetrics = .now
        if case .later = await post(metrics.octets(of: resource, start: start, now: Self.nanoseconds()), to: url) {
            backlog.failed(now: Self.now, chance: .random(in: 0..<1))
        }
    }

    // MARK: Both

    private mutating func post(_ octets: ByteBuffer, to url: HTTPURL) async -> OTLPAnswer {
        let left = end.map { ($0 - .now) / .seconds(1) } ?? .infinity
        guard let plan, let fetcher = link?.fetcher, left > 0 else { return .later(.timeout) }
        let answer: OTLPAnswer
        do throws(FetchFault) {
            answer = OTLPAnswer(
                .success(
                    try await fetcher.post(
                        Array(octets.readableBytesView), as: Self.type, to: url, accepting: .any(preferred: [Self.type]), fields: plan.fields,
                        seconds: left)))
        } catch {
            answer = OTLPAnswer(.failure(error))
        }
        tell(answer, of: url)
        return answer
    }

    /// Once where it changes.
    private mutating func tell(_ answer: OTLPAnswer, of url: HTTPURL) {
        let fault: String? =
            switch answer {
            case .taken(0): nil
            case .taken(let rejected): "rejects \(rejected) of what it is sent"
            case .refused(let fault), .later(let fault): fault.words
            }
        // That we gave up ourselves says nothing of it.
        guard fault != self.fault, !Task.isCancelled else { return }
        self.fault = fault
        if let fault {
            logger.log(.exportFailed, metadata: ["url": "\(url.shown)", "cause": "\(fault)"])
        } else {
            logger.log(.exportResumed, metadata: ["url": "\(url.shown)"])
        }
    }

    /// Seconds that do not jump.
    private static var now: Double { Double(NIODeadline.now().uptimeNanoseconds) / 1e9 }
    static func nanoseconds() -> UInt64 { UInt64(WallClock.seconds() * 1e9) }
}
