import NIOEmbedded
import Testing

@testable import HoldfastServer

@Suite("What the service manager is told")
struct SupervisionTests {
    @Test("Nothing before the start, then each change once, and after the end only words and signs of life")
    func phases() {
        var announcements = ServiceAnnouncements()
        let steps: [(event: ServiceAnnouncements.Event, status: String, text: String?)] = [
            (.looked, "a", nil), (.alive, "a", nil), (.stopping, "a", nil), (.started, "a", "READY=1\nSTATUS=a"), (.started, "a", nil),
            (.looked, "a", nil), (.looked, "b", "STATUS=b"), (.alive, "b", "WATCHDOG=1"), (.alive, "c", "WATCHDOG=1\nSTATUS=c"),
            (.reloaded, "c", nil), (.reloading(monotonic: 7), "c", "RELOADING=1\nMONOTONIC_USEC=7"), (.reloading(monotonic: 8), "c", nil),
            (.reloaded, "d", "READY=1\nSTATUS=d"), (.reloading(monotonic: 9), "d", "RELOADING=1\nMONOTONIC_USEC=9"),
            (.stopping, "e", "STOPPING=1\nSTATUS=e"), (.reloaded, "e", nil), (.alive, "e", "WATCHDOG=1"),
        ]
        for (index, step) in steps.enumerated() {
            let text = announcements.text(for: step.event, status: step.status)
            #expect(text == step.text, "\(index)")
        }
    }

    @Test("The status is one line: the generation, what is not ready, a refused reload and what waits for a restart")
    func status() {
        var status = ServiceStatus(generation: 3, problems: [], mistakes: [], waitingForRestart: [])
        #expect(status.text == "generation 3; ready")
        status.problems = ["no keys of a", "draining"]
        status.waitingForRestart = ["threads"]
        #expect(status.text == "generation 3; not ready: no keys of a, draining; needs a restart: threads")
        status.mistakes = ["x:1:1: a\nREADY=1"]
        #expect(status.text.contains("reload refused: x:1:1: a READY=1; needs"))
        status.mistakes = [String(repeating: "ä", count: 5000), "b"]
        #expect(status.text.utf8.count < 2048 && !status.text.contains("\n") && status.text.hasSuffix("…"))
    }

    @Test("Addresses are paths or abstract names that fit")
    func addresses() {
        #expect(NotifySocket.name("/run/s") == Array("/run/s\0".utf8))
        #expect(NotifySocket.name("@s") == Array("\0s".utf8))
        #expect(NotifySocket.name("/" + String(repeating: "a", count: 106))?.count == 108)
        for address in ["", "@", "run/s", "vsock:2:1", "/" + String(repeating: "a", count: 107), "@" + String(repeating: "a", count: 108)] {
            #expect(NotifySocket.name(address) == nil, "\(address)")
        }
    }

    @Test("Signs of life are due at half of the manager's patience, and only of loops that answer")
    func watchdog() throws {
        #expect(Watchdog(environment: [:], process: 1) == nil)
        for text in ["", "0", "-5", "1s"] { #expect(Watchdog(environment: ["WATCHDOG_USEC": text], process: 1) == nil, "\(text)") }
        #expect(Watchdog(environment: ["WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "2"], process: 1) == nil)
        var watchdog = try #require(Watchdog(environment: ["WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "1"], process: 1))
        #expect(watchdog.interval == .seconds(4) && watchdog.look == .seconds(1))
        let looks: [(second: Int, haveAnswered: Bool, isDue: Bool)] = [
            (0, false, false), (1, true, true), (4, true, false), (5, false, false), (6, true, true), (9, true, false), (10, true, true),
        ]
        for look in looks {
            let isDue = watchdog.isDue(now: .seconds(look.second), haveAnswered: look.haveAnswered)
            #expect(isDue == look.isDue, "\(look.second)")
        }
    }

    @Test("A round is complete once each loop has had its turn")
    func round() {
        let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
        let round = LoopRound(loops)
        #expect(!round.isComplete)
        loops[0].run()
        #expect(!round.isComplete)
        loops[1].run()
        #expect(round.isComplete)
    }
}
