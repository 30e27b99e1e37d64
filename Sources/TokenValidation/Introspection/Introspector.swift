package import BindingPolicy
import FoundationEssentials
package import HTTPWire
package import NIOSSL
import Synchronization
import Timekeeping

/// Asks one issuer about tokens (RFC 7662), for every event loop, without holding any of them.
///
/// The decisions are ``IntrospectionState``'s; this performs them: behind a lock that is held for no longer than they take.
package final class Introspector: Sendable {
    package struct Ticket: Sendable {
        fileprivate let ticket: IntrospectionState.Ticket
    }

    package enum Looked: Sendable {
        case answered(IntrospectionAnswer)
        /// `done` will be called, unless the ticket is abandoned before.
        case pending(Ticket)
    }

    package enum Event: Equatable, Sendable {
        /// The metadata named the endpoint, another than before.
        case endpointFound(String)
        case endpointNotFound(KeySetKeeper.Fault)
        /// Of a run of failures, the first and then one a ``quietTime``.
        case failed(IntrospectionFailure, HTTPURL, FetchFault?)
        case circuitOpened
        case circuitClosed
    }

    /// For readiness and metrics.
    package struct Status: Equatable, Sendable {
        /// The endpoint is known, and so are the keys where answers are signed.
        package var isReady = false
        /// Nil while it is not known.
        package var endpoint: HTTPURL?
        /// Why the last look at the metadata did not find it.
        package var endpointFault: KeySetKeeper.Fault?
        /// Questions asked of the issuer.
        package var requests = 0
        /// Questions that got no answer, and lookups that did not become one, by why.
        package var failures: [IntrospectionFailure: Int] = [:]
        package var inFlight = 0
        /// Requests of clients that wait.
        package var waiting = 0
        package var isCircuitOpen = false
        /// Why the last question was not answered, in words; nil where it was.
        package var lastProblem: String?
        /// Clients with whose tokens the issuer is left alone.
        package var clientsLeftAlone = 0

        package init() {}
    }

    /// Seconds.
    package static let quietTime = 10.0

    private struct Shared {
        var state: IntrospectionState
        var endpoint: HTTPURL?
        var endpointFault: KeySetKeeper.Fault?
        var keys: KeySet?
        var done: [Int: @Sendable (IntrospectionAnswer) -> Void] = [:]
        var tasks: [Int: Task<Void, Never>] = [:]
        var requests = 0
        var failures: [IntrospectionFailure: Int] = [:]
        var lastReport: Double?
        var lastProblem: String?
        var isClosed = false
    }

    private let policy: IssuerPolicy
    private let settings: IntrospectionSettings
    private let authentication: ClientAuthentication
    private let response: IntrospectionResponse
    private let transport: any IntrospectionTransport
    private let discovery: IntrospectionEndpoint?
    private let wakeup: Wakeup
    private let clock: Clock
    private let report: @Sendable (Event) -> Void
    private let onStaleKeys: @Sendable (Thumbprint?, Double) async -> Void
    private let shutdownFetcher: @Sendable () async -> Void
    private let shared: Mutex<Shared>

    /// What is not the caller's to decide but a test's.
    package struct Clock: Sendable {
        package var time = KeySetKeeper.Time.system
        /// Seconds since 1970.
        package var date: @Sendable () -> Double = WallClock.seconds
        /// So many random octets.
        package var random: @Sendable (Int) -> [UInt8] = { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } }

        package init() {}
    }

    /// - Parameters:
    ///   - anyMediaType: whether it does not matter what the server calls its metadata.
    ///   - authorities: CAs trusted besides the system's.
    ///   - report: called from any thread, for the log; never with anything secret.
    ///   - onStaleKeys: called where an answer's signature is by none of the keys at hand; returns when they have been looked at anew, at the
    ///     latest after so many seconds. The client is the one whose request caused it.
    package convenience init(
        policy: IssuerPolicy, settings: IntrospectionSettings, authentication: ClientAuthentication,
        anyMediaType: Bool = false, authorities: [NIOSSLCertificate] = [], report: @escaping @Sendable (Event) -> Void = { _ in },
        onStaleKeys: @escaping @Sendable (Thumbprint?, Double) async -> Void = { _, _ in }
    ) {
        var fetcher: HTTPDocumentFetcher?
        if case .discovered = settings.endpoint { fetcher = HTTPDocumentFetcher(authorities: authorities) }
        let transport = HTTPIntrospectionTransport(
            authentication, authorities: authorities, connections: settings.maxConcurrent, timeout: settings.timeout)
        self.init(
            policy: policy, settings: settings, authentication: authentication, anyMediaType: anyMediaType,
            fetcher: fetcher, transport: transport, report: report, onStaleKeys: onStaleKeys,
            shutdownFetcher: { [fetcher] in try? await fetcher?.shutdown() })
    }

    /// - Parameter fetcher: for the metadata; nil where the settings name the endpoint.
    package init(
        policy: IssuerPolicy, settings: IntrospectionSettings, authentication: ClientAuthentication,
        anyMediaType: Bool = false, fetcher: (any DocumentFetcher)?, transport: any IntrospectionTransport, clock: Clock = Clock(),
        limits: IntrospectionState.Limits = .init(), report: @escaping @Sendable (Event) -> Void = { _ in },
        onStaleKeys: @escaping @Sendable (Thumbprint?, Double) async -> Void = { _, _ in }, shutdownFetcher: @escaping @Sendable () async -> Void = {}
    ) {
        self.policy = policy
        self.settings = settings
        self.authentication = authentication
        response = IntrospectionResponse(policy: policy, settings: settings)
        self.transport = transport
        self.clock = clock
        self.report = report
        self.onStaleKeys = onStaleKeys
        self.shutdownFetcher = shutdownFetcher
        let wakeup = Wakeup()
        self.wakeup = wakeup
        var known: HTTPURL?
        switch settings.endpoint {
        case .url(let url): (known, discovery) = (url, nil)
        case .discovered(let issuer):
            let types = [MetadataReader.json]
            discovery = fetcher.map {
                IntrospectionEndpoint(
                    issuer: issuer, byCertificate: authentication.showsCertificate,
                    reader: MetadataReader(fetcher: $0, types: anyMediaType ? .any(preferred: types) : .these(types)), time: clock.time,
                    wakeup: wakeup)
            }
        }
        var limits = limits
        (limits.maxConcurrent, limits.timeout, limits.cache) = (settings.maxConcurrent, settings.timeout, settings.cache)
        shared = Mutex(Shared(state: IntrospectionState(limits: limits), endpoint: known))
    }

    package var status: Status {
        shared.withLock { shared in
            var status = Status()
            status.isReady = isReady(shared)
            (status.endpoint, status.endpointFault) = (shared.endpoint, shared.endpointFault)
            status.requests = shared.requests
            status.failures = shared.failures
            status.inFlight = shared.state.underWay
            status.waiting = shared.state.waiting
            status.isCircuitOpen = shared.state.isCircuitOpen
            status.lastProblem = shared.lastProblem
            status.clientsLeftAlone = shared.state.clientsLeftAlone
            return status
        }
    }

    private func isReady(_ shared: borrowing Shared) -> Bool {
        shared.endpoint != nil && (!settings.signedResponse || shared.keys != nil) && !shared.isClosed
    }

    /// Takes over what a ``KeySetKeeper`` published, for signed answers.
    package func replaceKeys(_ keys: KeySet?) { shared.withLock { $0.keys = keys } }

    // MARK: Looking up

    /// Any thread.
    ///
    /// - Parameters:
    ///   - client: whose request it is; nil without a certificate.
    ///   - octets: of the request, that are kept while it waits.
    ///   - now: seconds since 1970.
    ///   - done: called once from any thread, unless this returns the answer or the ticket is abandoned; never from within this call.
    package func lookUp(
        _ token: [UInt8], _ digest: VerdictCache.Digest, for client: Thumbprint?, octets: Int, now: Double,
        done: @escaping @Sendable (IntrospectionAnswer) -> Void
    ) -> Looked {
        shared.withLock { shared in
            guard isReady(shared) else {
                count(.endpointUnknown, &shared)
                return .answered(.unavailable)
            }
            switch shared.state.lookUp(digest, token, for: client, octets: octets, now: clock.time.now(), date: now) {
            case .answered(let answer): return .answered(answer)
            case .failed(let failure):
                count(failure, &shared)
                return .answered(.unavailable)
            case .waits(let ticket, let question):
                shared.done[ticket.waiter] = done
                if let question { ask(question, &shared) }
                return .pending(Ticket(ticket: ticket))
            }
        }
    }

    /// The client has gone. Any thread; an answer that is on its way already may still arrive.
    package func abandon(_ ticket: Ticket) {
        shared.withLock { shared in
            shared.done[ticket.ticket.waiter] = nil
            let effects = shared.state.abandon(ticket.ticket, now: clock.time.now())
            return take(effects, &shared)
        }()
    }

    private func count(_ failure: IntrospectionFailure, _ shared: inout Shared) { shared.failures[failure, default: 0] += 1 }

    /// Performs what follows, but for what must be done without the lock: that is returned.
    private func take(_ effects: IntrospectionState.Effects, _ shared: inout Shared) -> @Sendable () -> Void {
        if let id = effects.cancel { shared.tasks.removeValue(forKey: id)?.cancel() }
        for question in effects.ask { ask(question, &shared) }
        var calls: [(@Sendable (IntrospectionAnswer) -> Void, IntrospectionAnswer)] = []
        for delivery in effects.deliveries {
            if let failure = delivery.failure { count(failure, &shared) }
            for waiter in delivery.waiters {
                if let done = shared.done.removeValue(forKey: waiter) { calls.append((done, delivery.answer)) }
            }
        }
        return { [calls] in for (done, answer) in calls { done(answer) } }
    }

    // MARK: Asking

    private func ask(_ question: IntrospectionState.Question, _ shared: inout Shared) {
        guard let endpoint = shared.endpoint else { return }
        shared.requests += 1
        shared.tasks[question.id] = Task { [self] in
            let (outcome, fault) = await outcome(of: question, at: endpoint)
            finish(question.id, outcome, fault, at: endpoint)
        }
    }

    private func outcome(
        of question: IntrospectionState.Question, at endpoint: HTTPURL
    ) async -> (IntrospectionState.Outcome, FetchFault?) {
        let seconds = question.deadline - clock.time.now()
        guard seconds > 0 else { return (.failed(.timeout), nil) }
        let identifier = Base64URL.encode(clock.random(24))
        guard
            let request = IntrospectionRequest(
                question.token, settings, authentication, issuer: policy.issuer.name, identifier: identifier, now: clock.date())
        else { return (.failed(.credentialsRefused), nil) }
        let body: [UInt8]
        do throws(FetchFault) { body = try await transport.post(request, to: endpoint, seconds: seconds) } catch {
            return (.failed(IntrospectionFailure(error)), error)
        }
        return (await outcome(of: body, to: question), nil)
    }

    private func outcome(of body: [UInt8], to question: IntrospectionState.Question) async -> IntrospectionState.Outcome {
        var answer = read(body)
        if case .keysStale = answer {
            // The issuer may sign with a key that it has since a moment ago: the question waits for a look at its keys.
            let left = question.deadline - clock.time.now()
            if left > 0 { await onStaleKeys(question.client, left) }
            answer = read(body)
        }
        switch answer {
        case .active(let token, let saysScopes): return .answered(.success(token), saysScopes: saysScopes)
        case .refused(let refusal): return .answered(.failure(refusal), saysScopes: false)
        case .failed(let failure): return .failed(failure)
        case .keysStale: return .failed(.signature)
        }
    }

    private func read(_ body: [UInt8]) -> IntrospectionResponse.Outcome {
        settings.signedResponse ? response.read(signed: body, keys: shared.withLock { $0.keys }, now: clock.date()) : response.read(body)
    }

    private func finish(_ id: Int, _ outcome: IntrospectionState.Outcome, _ fault: FetchFault?, at endpoint: HTTPURL) {
        let (deliver, events) = shared.withLock { shared -> (@Sendable () -> Void, [Event]) in
            // One that was abandoned ends as cancelled, and that is no failure.
            guard shared.tasks.removeValue(forKey: id) != nil else { return ({}, []) }
            let wasOpen = shared.state.isCircuitOpen
            let effects = shared.state.finished(id, outcome, now: clock.time.now(), date: clock.date())
            var events: [Event] = []
            if case .failed(let failure) = outcome {
                shared.lastProblem = "\(endpoint.shown) \(fault?.words ?? failure.words)"
                if isNews(&shared) { events.append(.failed(failure, endpoint, fault)) }
            } else {
                shared.lastReport = nil
                shared.lastProblem = nil
            }
            if wasOpen != shared.state.isCircuitOpen { events.append(wasOpen ? .circuitClosed : .circuitOpened) }
            return (take(effects, &shared), events)
        }
        deliver()
        if events.contains(.circuitOpened) || fault?.saysMoved == true { wakeup.signal() }
        for event in events { report(event) }
    }

    private func isNews(_ shared: inout Shared) -> Bool {
        let now = clock.time.now()
        if let last = shared.lastReport, now < last + Self.quietTime { return false }
        shared.lastReport = now
        return true
    }

    // MARK: Running

    /// Keeps the endpoint's address; ends when cancelled, and everything that waits then ends as unavailable. Must be run once, since
    /// it closes the connections.
    package func run() async {
        if let discovery {
            await discovery.run(take)
        } else {
            while !Task.isCancelled { await wakeup.wait() }
        }
        let deliver = shared.withLock { shared in
            shared.isClosed = true
            for task in shared.tasks.values { task.cancel() }
            shared.tasks = [:]
            return take(shared.state.close(now: clock.time.now()), &shared)
        }
        deliver()
        await transport.shutdown()
        await shutdownFetcher()
    }

    private func take(_ outcome: Result<HTTPURL, KeySetKeeper.Fault>) {
        switch outcome {
        case .success(let url):
            let isNew = shared.withLock { shared in
                defer { (shared.endpoint, shared.endpointFault) = (url, nil) }
                return shared.endpoint != url
            }
            if isNew { report(.endpointFound(url.shown)) }
        case .failure(let fault):
            shared.withLock { $0.endpointFault = fault }
            report(.endpointNotFound(fault))
        }
    }
}

extension FetchFault {
    /// Whether the metadata may name another endpoint by now.
    fileprivate var saysMoved: Bool {
        switch self {
        case .status(404), .status(410), .unreachable: true
        default: false
        }
    }
}
