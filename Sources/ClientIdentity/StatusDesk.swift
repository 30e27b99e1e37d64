import Credentials
package import HTTPWire
import Synchronization
import Timekeeping

/// What the responders of one authority said of certificates (RFC 6960), and who asks them: each question once at a time, within bounds.
///
/// Asked only about certificates whose path to the authority is validated and whose key their client has proven, so that no stranger makes
/// us ask anybody anything.
package final class StatusDesk: Sendable {
    package struct Settings: Equatable, Sendable {
        /// Nil where only the certificate says whom to ask.
        package let responder: HTTPURL?
        /// `host` or `host:port`, in lower case: whom a certificate may name as its responder.
        package let hosts: [String]
        /// Seconds that an answer is kept at most, and that one without an end is believed.
        package let cache: Double
        /// Seconds for a question.
        package let timeout: Double

        package init(responder: HTTPURL?, hosts: [String], cache: Double, timeout: Double) {
            (self.responder, self.hosts, self.cache, self.timeout) = (responder, hosts, cache, timeout)
        }
    }

    package struct Counts: Equatable, Sendable {
        package var questions = 0
        package var failures = 0
        package var remembered = 0
        package var lastFault: String?
    }

    enum Finding: Equatable {
        case good(until: Double)
        case revoked(until: Double)
        case unknown(until: Double)
        /// Asked of late in vain.
        case unreachable(until: Double)
        case unasked
    }

    private struct Entry {
        /// Nil where no answer was to be had.
        let status: StatusAnswer.Status?
        let until: Double
        /// From when on it is asked anew, while this still holds.
        let renewAt: Double
    }

    private struct State {
        var current: [[UInt8]: Entry] = [:]
        var previous: [[UInt8]: Entry] = [:]
        var underWay: [[UInt8]: Task<Void, Never>] = [:]
        var counts = Counts()

        func entry(_ name: [UInt8]) -> Entry? { current[name] ?? previous[name] }
    }

    /// Answers that are remembered at most, twice.
    private static let memory = 16_384
    /// Questions at once: beyond it none is asked.
    private static let concurrency = 64
    /// Seconds that a responder is left alone about a certificate after a question in vain.
    private static let pause = 5.0

    package let settings: Settings
    private let changes: TrustChanges
    private let send: @Sendable (_ request: [UInt8], HTTPURL, _ seconds: Double) async -> Result<[UInt8], StatusFault>
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - changes: told of what turns out to be revoked, so that live connections are looked at again.
    ///   - send: posts a request.
    ///   - report: told in words what went wrong, not too often.
    package init(
        _ settings: Settings, _ changes: TrustChanges,
        send: @escaping @Sendable (_ request: [UInt8], HTTPURL, _ seconds: Double) async -> Result<[UInt8], StatusFault>,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.settings = settings
        self.changes = changes
        self.send = send
        self.report = report
    }

    package var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.remembered = state.current.count + state.previous.count
            return counts
        }
    }

    /// What is known now. One that is about to run out is asked anew meanwhile.
    func finding(_ question: StatusQuestion, now: Double) -> Finding {
        guard let entry = state.withLock({ $0.entry(question.name) }), now < entry.until else { return .unasked }
        if now >= entry.renewAt { _ = ask(question) }
        return switch entry.status {
        case .good: .good(until: now >= entry.renewAt ? entry.until : entry.renewAt)
        case .revoked: .revoked(until: entry.until)
        case .unknown: .unknown(until: entry.until)
        case nil: .unreachable(until: entry.until)
        }
    }

    /// Returns when the question has been answered, or in vain.
    func settle(_ question: StatusQuestion) async {
        let now = WallClock.seconds()
        if let entry = state.withLock({ $0.entry(question.name) }), now < entry.until { return }
        let task = ask(question)
        guard task == nil else { return await task?.value ?? () }
        // As many are asked already as may be at once.
        for _ in 0..<Int(settings.timeout * 20) {
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { return }
            if let task = ask(question) { return await task.value }
        }
    }

    /// One at a time about each certificate; nil where too much is asked already.
    private func ask(_ question: StatusQuestion) -> Task<Void, Never>? {
        state.withLock { state in
            if let task = state.underWay[question.name] { return task }
            guard state.underWay.count < Self.concurrency else { return nil }
            let task = Task { await self.perform(question) }
            state.underWay[question.name] = task
            return task
        }
    }

    private func perform(_ question: StatusQuestion) async {
        let answer: Result<StatusAnswer, StatusFault>
        if let place = place(for: question) {
            answer = await send(question.request, place, settings.timeout).flatMap { octets in
                question.answer(in: octets, longest: settings.cache, now: WallClock.seconds())
                    .mapError { StatusFault("\(place.shown) \($0.rawValue)") }
            }
        } else {
            answer = .failure(StatusFault("the certificate names no responder that `from_certificate` allows"))
        }
        take(answer, question.name, now: WallClock.seconds())
    }

    private func place(for question: StatusQuestion) -> HTTPURL? {
        if let responder = settings.responder { return responder }
        return question.places.lazy.compactMap { try? HTTPURL($0) }.first { url in
            let isUsual = url.port == (url.isSecure ? 443 : 80)
            return settings.hosts.contains("\(url.host):\(url.port)") || isUsual && settings.hosts.contains(url.host)
        }
    }

    private func take(_ answer: Result<StatusAnswer, StatusFault>, _ name: [UInt8], now: Double) {
        let (isNews, fault) = state.withLock { state -> (Bool, String?) in
            state.underWay[name] = nil
            state.counts.questions += 1
            let before = state.entry(name)
            switch answer {
            case .success(let answer):
                let until = min(answer.nextUpdate ?? .infinity, now + settings.cache)
                state.counts.lastFault = nil
                insert(Entry(status: answer.status, until: until, renewAt: now + (until - now) * 0.8), name, &state)
                return (before?.status != nil && before?.status != answer.status, nil)
            case .failure(let fault):
                state.counts.failures += 1
                let isNews = state.counts.lastFault != fault.words
                state.counts.lastFault = fault.words
                // An answer that still holds stays, and is asked for again after a while.
                let kept = before.flatMap { $0.status != nil && now < $0.until ? $0 : nil }
                let entry = Entry(status: kept?.status, until: kept?.until ?? now + Self.pause, renewAt: now + Self.pause)
                insert(entry, name, &state)
                return (false, isNews ? fault.words : nil)
            }
        }
        if isNews { changes.add() }
        if let fault { report(fault) }
    }

    private func insert(_ entry: Entry, _ name: [UInt8], _ state: inout State) {
        if state.current[name] == nil, state.current.count >= Self.memory { (state.previous, state.current) = (state.current, [:]) }
        state.current[name] = entry
    }
}

/// Why there is no answer, in words.
package struct StatusFault: Error, Sendable {
    package let words: String

    package init(_ words: String) { self.words = words }
}

/// A question that a verdict waits for.
struct StatusInquiry: Equatable, Sendable {
    let desk: StatusDesk
    let question: StatusQuestion

    static func == (left: StatusInquiry, right: StatusInquiry) -> Bool { left.desk === right.desk && left.question.name == right.question.name }
}
