package import BindingPolicy

/// Whom to ask when, and who waits for what: one question at a time for each token, so many at once, the others in a bounded queue;
/// what was answered shortly before is not asked again. No clock, no lock and no socket of its own.
///
/// `now` is seconds of a monotonic clock, `date` seconds since 1970.
///
/// A question's deadline counts from the coming of the first who waits for it, also while it is in the queue. Questions are asked in
/// the order of their deadlines, so whenever one's deadline passes, those before it have made room or run out too: no timer is needed
/// for the queue.
package struct IntrospectionState: Sendable {
    package struct Limits: Equatable, Sendable {
        package var maxConcurrent = 64
        /// Questions not yet under way.
        package var maxQueued = 4096
        /// Requests that wait, over all questions.
        package var maxWaiting = 16384
        /// Seconds.
        package var timeout = 3.0
        package var cache = 30.0
        /// Seconds that an inactive token is remembered at most: whoever tries tokens out must not shut one out that comes to life.
        package var inactiveCache = 5.0
        package var activeCapacity = 16384
        /// Of their own, so that nobody can push out the others by inventing tokens.
        package var inactiveCapacity = 4096

        package init() {}
    }

    package struct Ticket: Hashable, Sendable {
        package let question: Int
        package let waiter: Int
    }

    /// To be asked now.
    package struct Question: Equatable, Sendable {
        package let id: Int
        package let token: [UInt8]
        package let deadline: Double
    }

    package enum Looked: Sendable {
        case answered(IntrospectionAnswer)
        case failed(IntrospectionFailure)
        case waits(Ticket, ask: Question?)
    }

    /// What came of a question.
    package enum Outcome: Sendable {
        case answered(Result<VerifiedToken, TokenRefusal>, saysScopes: Bool)
        case failed(IntrospectionFailure)
    }

    package struct Delivery: Sendable {
        package let waiters: [Int]
        package let answer: IntrospectionAnswer
        /// Why it is none.
        package let failure: IntrospectionFailure?
    }

    /// What follows from an event.
    package struct Effects: Sendable {
        package var deliveries: [Delivery] = []
        package var ask: [Question] = []
        /// A question that nobody waits for any more.
        package var cancel: Int?
    }

    private struct Pending {
        let digest: VerdictCache.Digest
        let question: Question
        let isProbe: Bool
        var isUnderWay: Bool
        var waiters: [Int]
    }

    private let limits: Limits
    private var breaker = CircuitBreaker()
    private var active: AnswerMemory
    private var inactive: AnswerMemory
    private var pending: [Int: Pending] = [:]
    private var questions: [VerdictCache.Digest: Int] = [:]
    private var queue: [Int] = []
    private var lastID = 0
    package private(set) var waiting = 0

    package init(limits: Limits) {
        self.limits = limits
        active = AnswerMemory(capacity: limits.activeCapacity)
        inactive = AnswerMemory(capacity: limits.inactiveCapacity)
    }

    package var underWay: Int { pending.count - queue.count }
    package var isCircuitOpen: Bool { breaker.isOpen }
    package var remembered: Int { active.count + inactive.count }

    package mutating func lookUp(_ digest: VerdictCache.Digest, _ token: [UInt8], now: Double, date: Double) -> Looked {
        if let known = active.answer(for: digest, now: date) ?? inactive.answer(for: digest, now: date) { return .answered(known) }
        guard waiting < limits.maxWaiting else { return .failed(.overload) }
        if let id = questions[digest], let ticket = join(id) { return .waits(ticket, ask: nil) }
        guard underWay < limits.maxConcurrent || queue.count < limits.maxQueued else { return .failed(.overload) }
        let admission = breaker.admit(now: now)
        guard admission != .refused else { return .failed(.circuitOpen) }
        let question = Question(id: nextID(), token: token, deadline: now + limits.timeout)
        let starts = underWay < limits.maxConcurrent
        pending[question.id] = Pending(digest: digest, question: question, isProbe: admission == .probe, isUnderWay: starts, waiters: [])
        questions[digest] = question.id
        if !starts { queue.append(question.id) }
        guard let ticket = join(question.id) else { return .failed(.overload) }
        return .waits(ticket, ask: starts ? question : nil)
    }

    private mutating func join(_ id: Int) -> Ticket? {
        guard pending[id] != nil else { return nil }
        let ticket = Ticket(question: id, waiter: nextID())
        pending[id]?.waiters.append(ticket.waiter)
        waiting += 1
        return ticket
    }

    private mutating func nextID() -> Int {
        lastID &+= 1
        return lastID
    }

    package mutating func finished(_ id: Int, _ outcome: Outcome, now: Double, date: Double) -> Effects {
        guard let question = remove(id) else { return Effects() }
        var effects = Effects()
        let answer = answer(outcome, date: date)
        var failure: IntrospectionFailure?
        switch outcome {
        case .answered(.success, _): active.remember(answer, for: question.digest, now: date)
        case .answered(.failure, _): inactive.remember(answer, for: question.digest, now: date)
        case .failed(let reason): failure = reason
        }
        effects.deliveries.append(Delivery(waiters: question.waiters, answer: answer, failure: failure))
        if let failure, failure.isOfIssuer {
            breaker.failed(isProbe: question.isProbe, now: now)
            if breaker.isOpen { drainQueue(&effects) }
        } else {
            breaker.reached()
        }
        startNext(&effects, now: now)
        return effects
    }

    /// One waiter has gone.
    package mutating func abandon(_ ticket: Ticket, now: Double) -> Effects {
        var effects = Effects()
        guard let index = pending[ticket.question]?.waiters.firstIndex(of: ticket.waiter) else { return effects }
        pending[ticket.question]?.waiters.remove(at: index)
        waiting -= 1
        guard let question = pending[ticket.question], question.waiters.isEmpty else { return effects }
        _ = remove(ticket.question)
        if question.isProbe { breaker.probeAbandoned(now: now) }
        if question.isUnderWay { effects.cancel = ticket.question } else { queue.removeAll { $0 == ticket.question } }
        startNext(&effects, now: now)
        return effects
    }

    /// Nobody will be asked any more.
    package mutating func close() -> Effects {
        var effects = Effects()
        queue = []
        for id in pending.keys.sorted() { fail(id, .unreachable, &effects) }
        return effects
    }

    private func answer(_ outcome: Outcome, date: Double) -> IntrospectionAnswer {
        switch outcome {
        case .failed: .unavailable
        case .answered(.success(let token), let saysScopes):
            IntrospectionAnswer(outcome: .success(token), validUntil: min(token.expiresAt, date + limits.cache), saysScopes: saysScopes)
        case .answered(.failure(let refusal), _):
            IntrospectionAnswer(outcome: .failure(refusal), validUntil: date + min(limits.cache, limits.inactiveCache))
        }
    }

    private mutating func startNext(_ effects: inout Effects, now: Double) {
        while underWay < limits.maxConcurrent, let id = queue.first {
            queue.removeFirst()
            guard let question = pending[id]?.question, question.deadline > now else {
                fail(id, .timeout, &effects)
                continue
            }
            pending[id]?.isUnderWay = true
            effects.ask.append(question)
        }
    }

    /// What waits for an issuer that is left alone would wait in vain. So a probe always finds a place: that of the failure before it.
    private mutating func drainQueue(_ effects: inout Effects) {
        let inVain = queue
        queue = []
        for id in inVain { fail(id, .circuitOpen, &effects) }
    }

    private mutating func fail(_ id: Int, _ failure: IntrospectionFailure, _ effects: inout Effects) {
        guard let question = remove(id) else { return }
        effects.deliveries.append(Delivery(waiters: question.waiters, answer: .unavailable, failure: failure))
    }

    /// But for its place in the queue.
    private mutating func remove(_ id: Int) -> Pending? {
        guard let question = pending.removeValue(forKey: id) else { return nil }
        questions[question.digest] = nil
        waiting -= question.waiters.count
        return question
    }
}

extension IntrospectionFailure {
    /// Whether it says that the issuer as such fails. What a single token can cause does not: whoever found such a
    /// token could otherwise shut out all others with it.
    var isOfIssuer: Bool {
        switch self {
        case .timeout, .unreachable, .credentialsRefused, .unavailable: true
        case .endpointUnknown, .status, .contentType, .tooLarge, .malformed, .signature, .overload, .circuitOpen: false
        }
    }
}
