import BindingPolicy
import HoldfastConfiguration
import Logging
import NIOCore
import ProxyEngine
import Synchronization
import Telemetry
import Testing

@testable import HoldfastServer

/// Keeps what is logged: message and metadata.
private final class Journal: Sendable {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: [String: String]
    }

    private let kept = Mutex<[Line]>([])

    var lines: [Line] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(journal: self) } }

    private struct Handler: LogHandler {
        let journal: Journal
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = Line(level: event.level, message: "\(event.message)", metadata: (event.metadata ?? [:]).mapValues { "\($0)" })
            journal.kept.withLock { $0.append(line) }
        }
    }
}

@Suite("Notices: what is said in the log, and not too often")
struct NoticeTests {
    @Test("Each cause of an upstream's failures is told at once, and again after ten seconds with how many came meanwhile")
    func upstream() {
        let journal = Journal()
        let notice = UpstreamNotice(logger: journal.logger)
        for tenth in 0..<105 { notice.failed(.closed, of: .default, now: 1000 + Double(tenth) / 10) }
        notice.failed(.waitingFull, of: UpstreamName("payments"), now: 1000.05)
        let lines = journal.lines
        #expect(lines.map(\.message) == ["upstream failed", "upstream failed", "upstream failed"] && lines.allSatisfy { $0.level == .warning })
        #expect(lines.map { $0.metadata["more"] } == [nil, "99", nil])
        #expect(Set(lines.map { $0.metadata["cause"] }).count == 2)
        #expect(lines.map { $0.metadata["upstream"] } == [nil, nil, "payments"])
    }

    @Test("A clock that is set back silences nothing")
    func clockSetBack() {
        var memory = NoticeMemory<Int>(interval: 10)
        let said = [(1, 1000), (1, 1001), (1, 500), (1, 509.9), (2, 509.9), (1, 510)].map { memory.note($0.0, now: $0.1) }
        #expect(said == [0, nil, 1, nil, 0, 1])
    }

    @Test("Lost lines are told once, and the line that tells it is no news where it is lost itself")
    func lostLines() {
        var losses = LogLosses()
        let lost = [(0, 0), (1, 0), (1, 0), (1, 1), (1, 2), (1, 3), (9, 3)]
        let news = lost.map { losses.isNews(.init(access: $0.0, messages: $0.1)) }
        #expect(news == [false, true, false, false, true, false, true])
    }

    @Test("What happens thousands of times is told when it begins and when it has been over for a while")
    func episodes() {
        var episode = Episode()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        func second(_ second: Int64) -> NIODeadline { start + .seconds(second) }
        let early = episode.end(at: start)
        let begins = (0...5).map { episode.happened(at: second($0)) }
        #expect(early == nil && begins == [true, false, false, false, false, false])
        episode.lasts(at: second(8))
        let during = episode.end(at: second(17))
        #expect(during == nil && episode.isOn)
        let after = episode.end(at: second(18))
        #expect(after == 6 && !episode.isOn)
        let again = episode.happened(at: second(19))
        #expect(again)
    }

    @Test("report_only is said where the whole file has it, where a route has it, and nowhere else; with an end only until then")
    func reportOnly() throws {
        let workshop = try Workshop()
        func modes(_ rest: String) throws -> [ReportOnly] { ReportOnlyNotice.modes(try workshop.blueprint(rest).configuration) }
        #expect(try modes("").isEmpty)
        #expect(try modes("report_only: true").map(\.until) == [nil])
        let dated = try modes("routes: [{path: /a, scopes: [x], report_only: \(RandomRequests.soon)}, {path: /b}]")
        let end = try #require(dated.first?.until)
        #expect(dated.count == 1 && dated[0].isOn(at: end - 1) && !dated[0].isOn(at: end))
    }
}
