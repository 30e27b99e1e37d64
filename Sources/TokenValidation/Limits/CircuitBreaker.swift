package import BindingPolicy

/// Leaves an issuer alone that keeps failing, for everybody or for one client: a run of failures opens it, and from time to time one
/// question finds out whether it may close. No clock of its own; times are seconds of one monotonic clock.
///
/// What a token can cause counts once for that token, and what one client's tokens cause shuts out that client and nobody else: for
/// everybody it opens by failed connections, or by the failures of more than one client. Any answer ends the run.
package struct CircuitBreaker: Sendable {
    /// Failures in a row.
    package static let threshold = 5
    /// Of them, what one client can contribute.
    static let ofOneClient = 3
    /// Seconds after which a failure no longer counts.
    static let window = 30.0
    /// Seconds: doubled with each probe that fails.
    package static let firstPause = 1.0
    package static let longestPause = 30.0
    /// Probes at once, each by another client.
    static let probesAtOnce = 3
    /// Clients whose failures are remembered.
    static let mostClients = 1024

    /// Nil for those without a certificate, who count as one.
    package typealias Client = Thumbprint?

    package enum Admission: Equatable, Sendable {
        case usual
        /// Finds out whether the issuer works again, for everybody or for this client.
        case probe
        /// The issuer is left alone.
        case refused
        /// It is left alone with this client's tokens.
        case clientRefused
    }

    package enum Failure: Equatable, Sendable {
        /// There was no connection: nothing that a token could cause.
        case unreachable
        /// No answer in time, or one that is none.
        case unanswered
    }

    private struct Seen: Equatable {
        let client: Client
        /// Nil for a failure that no token can cause.
        let token: VerdictCache.Digest?
        let at: Double
    }

    private struct Pause: Equatable {
        var until: Double
        var length: Double

        /// A longer one, from now on.
        func longer(now: Double) -> Pause { Pause(from: now, length: min(length * 2, CircuitBreaker.longestPause)) }

        init(from now: Double, length: Double) {
            until = now + length
            self.length = length
        }
    }

    private enum Common {
        case closed([Seen])
        case open(Pause)
        /// The pause is over: one probe at a time for each client finds out. Those that failed, and when they may try again.
        case trial(Pause, probing: Set<Client>, failed: [Client: Pause])
    }

    private enum Own {
        case closed([Seen])
        case open(Pause)
        case probing(Pause)
    }

    private var common = Common.closed([])
    private var own: [Client: Own] = [:]

    package init() {}

    /// For everybody.
    package var isOpen: Bool { if case .closed = common { false } else { true } }

    /// Nobody at all is let in now.
    package var refusesAll: Bool { if case .open = common { true } else { false } }

    package func isOpen(for client: Client) -> Bool {
        switch own[client] {
        case nil, .closed: false
        case .open, .probing: true
        }
    }

    /// Clients with whose tokens the issuer is left alone.
    package var clientsLeftAlone: Int { own.values.count { if case .closed = $0 { false } else { true } } }

    package var clientsRemembered: Int { own.count }

    // MARK: Before a question

    package mutating func admit(_ client: Client, now: Double) -> Admission {
        let isOwnProbe: Bool
        switch own[client] {
        case nil, .closed: isOwnProbe = false
        case .open(let pause) where now >= pause.until: isOwnProbe = true
        case .open, .probing: return .clientRefused
        }
        let admission = admitToAll(client, now)
        guard admission != .refused, isOwnProbe, case .open(let pause) = own[client] else { return admission }
        own[client] = .probing(pause)
        return .probe
    }

    private mutating func admitToAll(_ client: Client, _ now: Double) -> Admission {
        switch common {
        case .closed: return .usual
        case .open(let pause):
            guard now >= pause.until else { return .refused }
            common = .trial(pause, probing: [client], failed: [:])
            return .probe
        case .trial(let pause, var probing, let failed):
            guard probing.count < Self.probesAtOnce, !probing.contains(client), now >= failed[client]?.until ?? -.infinity else {
                return .refused
            }
            probing.insert(client)
            common = .trial(pause, probing: probing, failed: failed)
            return .probe
        }
    }

    // MARK: After it

    /// The issuer answered, be it something useless.
    package mutating func reached(by client: Client) {
        common = .closed([])
        own[client] = nil
    }

    package mutating func failed(_ failure: Failure, by client: Client, with token: VerdictCache.Digest, isProbe: Bool, now: Double) {
        let seen = Seen(client: client, token: failure == .unreachable ? nil : token, at: now)
        if failure == .unanswered { failedOwn(seen, isProbe: isProbe) } else if isProbe { giveUpOwnProbe(client, now) }
        switch common {
        case .closed(let run):
            let run = Self.appended(run, seen, most: Self.ofOneClient)
            common = run.count < Self.threshold ? .closed(run) : .open(Pause(from: now, length: Self.firstPause))
        case .trial(let pause, var probing, var failures) where isProbe && probing.contains(client):
            probing.remove(client)
            failures[client] = (failures[client] ?? pause).longer(now: now)
            // A probe that one client's token fails says nothing for the others.
            common =
                failure == .unreachable || failures.count > 1
                ? .open(pause.longer(now: now)) : .trial(pause, probing: probing, failed: failures)
        // Asked before it opened: that is known already.
        case .open, .trial: break
        }
    }

    /// The probe was given up before it found anything out: the next question is one.
    package mutating func probeAbandoned(by client: Client, now: Double) {
        giveUpOwnProbe(client, now)
        if case .trial(let pause, var probing, let failed) = common {
            probing.remove(client)
            common = .trial(pause, probing: probing, failed: failed)
        }
    }

    private mutating func giveUpOwnProbe(_ client: Client, _ now: Double) {
        guard case .probing(var pause) = own[client] else { return }
        pause.until = now
        own[client] = .open(pause)
    }

    private mutating func failedOwn(_ seen: Seen, isProbe: Bool) {
        switch own[seen.client] {
        case .probing(let pause) where isProbe: own[seen.client] = .open(pause.longer(now: seen.at))
        case .probing, .open: break
        case .closed, nil:
            var run: [Seen] = []
            if case .closed(let before) = own[seen.client] { run = before }
            run = Self.appended(run, seen, most: Self.threshold)
            makeRoom(for: seen.client, now: seen.at)
            own[seen.client] = run.count < Self.threshold ? .closed(run) : .open(Pause(from: seen.at, length: Self.firstPause))
        }
    }

    /// A run with one failure more: once for each token, so many of one client, and without those of long ago.
    private static func appended(_ run: [Seen], _ seen: Seen, most: Int) -> [Seen] {
        var run = run.filter { seen.at < $0.at + window }
        if let token = seen.token {
            let own = run.filter { $0.token != nil && $0.client == seen.client }
            guard !own.contains(where: { $0.token == token }) else { return run }
            if own.count >= most, let oldest = run.firstIndex(where: { $0.token != nil && $0.client == seen.client }) { run.remove(at: oldest) }
        }
        return run + [seen]
    }

    private mutating func makeRoom(for client: Client, now: Double) {
        guard own[client] == nil, own.count >= Self.mostClients else { return }
        own = own.filter { if case .closed(let run) = $0.value { run.last.map { now < $0.at + Self.window } ?? false } else { true } }
        if own.count >= Self.mostClients, let any = own.keys.first { own[any] = nil }
    }
}
