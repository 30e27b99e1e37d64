package import BindingPolicy

/// Whom to ask when, and who waits for what: one question at a time for each token, so many at once, the others in a bounded queue;
/// what was answered shortly before is not asked again. No clock, no lock and no socket of its own.
///
/// `now` is seconds of a monotonic clock, `date` seconds since 1970.
///
/// A question's deadline counts from the coming of the first who waits for it, also while it is in the queue. The clients take turns, so
/// that one that asks much makes no other wait; of what waits and what is queued, one client has at most its share.
package struct IntrospectionState: Sendable {
    package struct Limits: Equatable, Sendable {
        package var maxConcurrent = 64
        /// Questions not yet under way.
        package var maxQueued = 4096
        package var maxQueuedOfClient = 2048
        /// Requests that wait, over all questions.
        package var maxWaiting = 16384
        package var maxWaitingOfClient = 8192
        /// That are kept of what waits: its heads, and its tokens.
        package var maxOctets = 64 << 20
        package var maxOctetsOfClient = 32 << 20
        /// Seconds.
        package var timeout = 3.0
        package var cache = 30.0
        /// Seconds that an inactive token is remembered at most: whoever tries tokens out must not shut one out that comes to life.
        package var inactiveCache = 5.0
        /// Seconds that a token on which the issuer failed is not asked about again, so that one token cannot keep the issuer busy.
        package var failureCache = 0.5
        package var activeCapacity = 16384
        /// Of their own, so that nobody can push out the others by inventing tokens.
        package var inactiveCapacity = 4096
        package var failureCapacity = 4096
        /// That the answers of each of the three take, for each of its capacity and on average: about twice what a common one takes.
        package var octetsEach = 2 << 10

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
        /// Who asked first.
        package let client: Client
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

    package typealias Client = CircuitBreaker.Client

    private struct Waiter {
        let id: Int
        let client: Client
        let octets: Int
    }

    private struct Pending {
        let digest: VerdictCache.Digest
        let question: Question
        let isProbe: Bool
        var isUnderWay: Bool
        var waiters: [Waiter]

        /// What comes of the question counts for them.
        var client: Client { question.client }
    }

    private let limits: Limits
    private var breaker = CircuitBreaker()
    private var active: AnswerMemory
    private var inactive: AnswerMemory
    private var failed: AnswerMemory
    private var pending: [Int: Pending] = [:]
    private var questions: [VerdictCache.Digest: Int] = [:]
    private var queue = FairQueue<Client>()
    /// What is queued in the order of the deadlines; some of it has gone since.
    private var deadlines: [Int] = []
    private var room: WaitingRoom<Client>
    private var lastID = 0

    package init(limits: Limits) {
        self.limits = limits
        func memory(_ capacity: Int) -> AnswerMemory { AnswerMemory(capacity: capacity, octets: capacity * limits.octetsEach) }
        active = memory(limits.activeCapacity)
        inactive = memory(limits.inactiveCapacity)
        failed = memory(limits.failureCapacity)
        room = WaitingRoom(
            all: .init(waiting: limits.maxWaiting, octets: limits.maxOctets),
            ofClient: .init(waiting: limits.maxWaitingOfClient, octets: limits.maxOctetsOfClient))
    }

    package var waiting: Int { room.waiting }
    /// That are kept of what waits.
    package var waitingOctets: Int { room.octets }

    package var underWay: Int { pending.count - queue.count }
    package var isCircuitOpen: Bool { breaker.isOpen }
    package var clientsLeftAlone: Int { breaker.clientsLeftAlone }
    package var remembered: Int { active.count + inactive.count }

    /// - Parameters:
    ///   - client: whose request it is; nil without a certificate.
    ///   - octets: of the request, that are kept while it waits; with them counts its token, which the question keeps.
    package mutating func lookUp(
        _ digest: VerdictCache.Digest, _ token: [UInt8], for client: Client = nil, octets: Int = 0, now: Double, date: Double
    ) -> Looked {
        if let known = active.answer(for: digest, now: date) ?? inactive.answer(for: digest, now: date) { return .answered(known) }
        if failed.answer(for: digest, now: date) != nil { return .failed(.failedBefore) }
        let (kept, isTooMuch) = octets.addingReportingOverflow(token.count)
        guard !isTooMuch, room.hasRoom(for: kept, of: client) else { return .failed(.overload) }
        if let id = questions[digest], let ticket = join(id, client, kept) { return .waits(ticket, ask: nil) }
        let starts = underWay < limits.maxConcurrent
        guard starts || queue.count < limits.maxQueued && queue.count(of: client) < limits.maxQueuedOfClient else { return .failed(.overload) }
        let isProbe: Bool
        switch breaker.admit(client, now: now) {
        case .refused: return .failed(.circuitOpen)
        case .clientRefused: return .failed(.clientCircuitOpen)
        case .usual: isProbe = false
        case .probe: isProbe = true
        }
        let question = Question(id: nextID(), token: token, client: client, deadline: now + limits.timeout)
        pending[question.id] = Pending(
            digest: digest, question: question, isProbe: isProbe, isUnderWay: starts, waiters: [])
        questions[digest] = question.id
        if !starts {
            queue.append(question.id, of: client)
            addDeadline(of: question.id)
        }
        guard let ticket = join(question.id, client, kept) else { return .failed(.overload) }
        return .waits(ticket, ask: starts ? question : nil)
    }

    private mutating func addDeadline(of id: Int) {
        // What has gone is let go now and then, or clients that come and leave would make the list grow.
        if deadlines.count >= 64 + 2 * queue.count { deadlines.removeAll { pending[$0]?.isUnderWay ?? true } }
        deadlines.append(id)
    }

    private mutating func join(_ id: Int, _ client: Client, _ octets: Int) -> Ticket? {
        guard pending[id] != nil else { return nil }
        let ticket = Ticket(question: id, waiter: nextID())
        pending[id]?.waiters.append(Waiter(id: ticket.waiter, client: client, octets: octets))
        room.enter(octets, of: client)
        return ticket
    }

    private mutating func left(_ waiter: Waiter) { room.leave(waiter.octets, of: waiter.client) }

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
        case .failed(let reason):
            failure = reason
            if reason.isAnswer {
                let nothing = IntrospectionAnswer(outcome: answer.outcome, validUntil: date + limits.failureCache)
                failed.remember(nothing, for: question.digest, now: date)
            }
        }
        effects.deliveries.append(Delivery(waiters: question.waiters.map(\.id), answer: answer, failure: failure))
        if let evidence = failure?.evidence {
            breaker.failed(evidence, by: question.client, with: question.digest, isProbe: question.isProbe, now: now)
            drainQueue(of: question.client, &effects, now: now)
        } else {
            breaker.reached(by: question.client)
        }
        startNext(&effects, now: now)
        return effects
    }

    /// One waiter has gone.
    package mutating func abandon(_ ticket: Ticket, now: Double) -> Effects {
        var effects = Effects()
        guard let index = pending[ticket.question]?.waiters.firstIndex(where: { $0.id == ticket.waiter }),
            let waiter = pending[ticket.question]?.waiters.remove(at: index)
        else { return effects }
        left(waiter)
        guard let question = pending[ticket.question], question.waiters.isEmpty else { return effects }
        _ = remove(ticket.question)
        if question.isProbe { breaker.probeAbandoned(by: question.client, now: now) }
        if question.isUnderWay { effects.cancel = ticket.question } else { queue.remove(ticket.question, of: question.client) }
        startNext(&effects, now: now)
        return effects
    }

    /// Nobody will be asked any more.
    package mutating func close(now: Double) -> Effects {
        var effects = Effects()
        _ = queue.removeAll()
        deadlines = []
        for id in pending.keys.sorted() { fail(id, .unreachable, &effects, now: now) }
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
        expire(&effects, now: now)
        while underWay < limits.maxConcurrent, let id = queue.popFirst() {
            guard let question = pending[id]?.question else { continue }
            pending[id]?.isUnderWay = true
            effects.ask.append(question)
        }
    }

    /// Whose deadline has passed in the queue, whoever's turn it is.
    private mutating func expire(_ effects: inout Effects, now: Double) {
        var passed = 0
        while passed < deadlines.count {
            let id = deadlines[passed]
            if let one = pending[id], !one.isUnderWay {
                guard one.question.deadline <= now else { break }
                queue.remove(id, of: one.client)
                fail(id, .timeout, &effects, now: now)
            }
            passed += 1
        }
        deadlines.removeFirst(passed)
    }

    /// What waits for an issuer that is left alone would wait in vain.
    private mutating func drainQueue(of client: Client, _ effects: inout Effects, now: Double) {
        if breaker.refusesAll {
            for id in queue.removeAll() { fail(id, .circuitOpen, &effects, now: now) }
        } else if breaker.isOpen(for: client) {
            for id in queue.removeAll(of: client) { fail(id, .clientCircuitOpen, &effects, now: now) }
        }
    }

    /// But for its place in the queue.
    private mutating func fail(_ id: Int, _ failure: IntrospectionFailure, _ effects: inout Effects, now: Double) {
        guard let question = remove(id) else { return }
        if question.isProbe { breaker.probeAbandoned(by: question.client, now: now) }
        effects.deliveries.append(Delivery(waiters: question.waiters.map(\.id), answer: .unavailable, failure: failure))
    }

    /// But for its place in the queue.
    private mutating func remove(_ id: Int) -> Pending? {
        guard let question = pending.removeValue(forKey: id) else { return nil }
        questions[question.digest] = nil
        for waiter in question.waiters { left(waiter) }
        return question
    }
}

extension IntrospectionFailure {
    /// What it says of the issuer, for the circuit breaker. What says nothing of it shows that the issuer can be reached.
    var evidence: CircuitBreaker.Failure? {
        switch self {
        case .unreachable: .unreachable
        case .timeout, .interrupted, .credentialsRefused, .unavailable: .unanswered
        case .endpointUnknown, .status, .contentType, .tooLarge, .malformed, .signature, .overload, .circuitOpen, .clientCircuitOpen,
            .failedBefore:
            nil
        }
    }

    /// Whether the issuer answered, and so would answer the same a moment later.
    var isAnswer: Bool {
        switch self {
        case .unavailable, .status, .contentType, .tooLarge, .malformed: true
        case .endpointUnknown, .timeout, .unreachable, .interrupted, .credentialsRefused, .signature, .overload, .circuitOpen,
            .clientCircuitOpen, .failedBefore:
            false
        }
    }
}
