import BindingPolicy
import ProxyEngine
import Telemetry
import Timekeeping
import TokenValidation

extension AdminPages {
    func status() async -> StatusReport {
        var report = StatusReport(now: WallClock.seconds())
        report.problems = readiness().problems
        report.isReportOnly = isReportOnly
        addConfiguration(to: &report)
        await addTraffic(to: &report)
        addOthers(to: &report)
        report.refusedHandshakes = refusals.recent
        return report
    }

    private func addConfiguration(to report: inout StatusReport) {
        let (generation, state) = (generation, reloads.state)
        report.generation = generation.number
        report.digest = "\(generation.blueprint.digest)"
        report.generationAge = Int(age(of: generation))
        report.mistakes = state.mistakes
        report.waitingForRestart = state.waitingForRestart
        report.warnings = generation.blueprint.review.warnings(now: report.now)
        report.certificates = generation.blueprint.review.held.sorted { $0.notAfter < $1.notAfter }.prefix(Self.shownCertificates)
            .map { StatusReport.Certificate(key: $0.key, subject: $0.subject, notAfter: $0.notAfter) }
        report.lists = generation.blueprint.review.secondsToNextUpdate(now: report.now).sorted { $0.key < $1.key }
            .map { StatusReport.Count(name: $0.key, count: Int(clamping: Int64($0.value.clamped))) }
    }

    private func addTraffic(to report: inout StatusReport) async {
        let counts = seats.counts
        report.connections = (0, min(seats.bounds.connections, seats.bounds.descriptors), counts.unproved)
        var (answers, refusals, handshakes, failures) = ([String: Int](), [String: Int](), [String: Int](), [String: Int]())
        for loop in loops {
            guard let snapshot = try? await loop.metrics() else { continue }
            report.connections.active += snapshot.connectionsActive
            for sample in snapshot.responses.each { answers["\(sample.status)", default: 0] += sample.count }
            refusals.merge(snapshot.refusals, uniquingKeysWith: +)
            handshakes.merge(snapshot.handshakeFailures, uniquingKeysWith: +)
            failures.merge(snapshot.upstreamFailures, uniquingKeysWith: +)
        }
        report.answers = .init(answers)
        report.refusals = .init(refusals)
        report.handshakeFailures = .init(handshakes)
        report.upstreamFailures = .init(failures)
    }

    private func addOthers(to report: inout StatusReport) {
        report.issuers = generation.desks.all.map { desk in
            var issuer = StatusReport.Issuer(name: desk.issuer.name)
            if let keeper = desk.keeper {
                issuer.keys = keeper.status.keys
                issuer.keysAge = keeper.status.lastSuccess.map { Int((keeper.time.now() - $0).rounded()) }
            }
            issuer.notes = (desk.keyNotes + desk.introspectionNotes).filter { $0.hasPrefix("warning: ") }.map { String($0.dropFirst(9)) }
            return issuer
        }
        report.upstreams = generation.blueprint.upstreams.flatMap { plan in
            plan.watched.each.map { address, finding in
                StatusReport.Upstream(name: plan.name.text, address: address, isWell: finding == .reachable, finding: finding.words)
            }
        }
    }

    /// Those that end first.
    private static let shownCertificates = 50
}

extension Double {
    fileprivate var clamped: Double { isFinite ? Swift.min(Swift.max(self, -1e15), 1e15) : 1e15 }
}

extension UpstreamProbe.Finding {
    fileprivate var words: String {
        switch self {
        case .untried: "not tried yet"
        case .reachable: "well"
        case .failed(let fault): fault.sentence
        }
    }
}
