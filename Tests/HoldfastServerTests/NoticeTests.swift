import BindingPolicy
import HoldfastConfiguration
@testable import HoldfastServer
import Logging
import NIOCore
import ProxyEngine
import Synchronization
import Telemetry
import Testing

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
        for tenth in 0..<105 { notice.failed(.closed, now: 1000 + Double(tenth) / 10) }
        notice.failed(.waitingFull, now: 1000.05)
        let lines = journal.lines
        #expect(lines.map(\.message) == ["upstream failed", "upstream failed", "upstream failed"] && lines.allSatisfy { $0.level == .warning })
        #expect(lines.map { $0.metadata["more"] } == [nil, "99", nil])
        #expect(Set(lines.map { $0.metadata["cause"] }).count == 2)
    }

    @Test("A clock that is set back silences nothing")
    func clockSetBack() {
        var memory = NoticeMemory<Int>(interval: 10)
        #expect(memory.note(1, now: 1000) == 0)
        #expect(memory.note(1, now: 1001) == nil)
        #expect(memory.note(1, now: 500) == 1)
        #expect(memory.note(1, now: 509.9) == nil && memory.note(2, now: 509.9) == 0)
        #expect(memory.note(1, now: 510) == 1)
    }

    @Test("Lost lines are told once, and the line that tells it is no news where it is lost itself")
    func lostLines() {
        var losses = LogLosses()
        #expect(!losses.isNews(.init()))
        #expect(losses.isNews(.init(access: 1, messages: 0)))
        #expect(!losses.isNews(.init(access: 1, messages: 0)))
        #expect(!losses.isNews(.init(access: 1, messages: 1)))
        #expect(losses.isNews(.init(access: 1, messages: 2)))
        #expect(!losses.isNews(.init(access: 1, messages: 3)))
        #expect(losses.isNews(.init(access: 9, messages: 3)))
    }

    @Test("What happens thousands of times is told when it begins and when it has been over for a while")
    func episodes() {
        var episode = Episode()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        #expect(episode.end(at: start) == nil && !episode.isOn)
        #expect(episode.happened(at: start))
        for second in 1...5 { #expect(!episode.happened(at: start + .seconds(Int64(second)))) }
        episode.lasts(at: start + .seconds(8))
        #expect(episode.end(at: start + .seconds(17)) == nil && episode.isOn)
        #expect(episode.end(at: start + .seconds(18)) == 6 && !episode.isOn)
        #expect(episode.happened(at: start + .seconds(19)))
    }

    @Test("report_only is said where the whole file has it, where a route has it, and nowhere else; with an end only until then")
    func reportOnly() throws {
        let workshop = try Workshop()
        func modes(_ rest: String) throws -> [ReportOnly] { ReportOnlyNotice.modes(try workshop.blueprint(rest).configuration) }
        #expect(try modes("").isEmpty)
        #expect(try ReportOnlyNotice(workshop.blueprint().configuration, loops: [], logger: silence) == nil)
        #expect(try modes("report_only: true").map(\.until) == [nil])
        let dated = try modes("routes: [{path: /a, scopes: [x], report_only: 2099-01-01}, {path: /b}]")
        #expect(dated.count == 1 && dated[0].isOn(at: 4_070_908_799) && !dated[0].isOn(at: 4_070_908_800))
        #expect(try ReportOnlyNotice(workshop.blueprint("report_only: true").configuration, loops: [], logger: silence) != nil)
    }
}
