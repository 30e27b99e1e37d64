package import BindingPolicy
import Crypto
package import HTTPWire
import Synchronization

/// Keeps the key set of one issuer: fetches it at start, refreshes it, looks at once where a token may be signed with a newer key, and
/// keeps the last good set while its source is down.
///
/// The decisions are ``KeySetState``'s and ``KeyLooks``'; this performs them. `run` is the one task that does, and ends when cancelled.
package final class KeySetKeeper: Sendable {
    package enum Source: Equatable, Sendable {
        case file(String)
        case url(HTTPURL)
        /// By the metadata of the issuer with this URL (RFC 8414), or OpenID Connect's.
        case discovered(from: HTTPURL)
    }

    package enum Event: Equatable, Sendable {
        /// Another set than before is in use.
        case replaced(KeySetReport)
        case failed(Fault)
        /// The last good set became too old.
        case withdrawn
    }

    /// For readiness and metrics.
    package struct Status: Equatable, Sendable {
        package var keys = 0
        /// Of the set in use, or the last that was.
        package var report: KeySetReport?
        /// Times of the keeper's clock, in seconds.
        package var lastSuccess: Double?
        package var lastFault: Fault?
        /// Looks at the source, and those that failed.
        package var fetches = 0
        package var failures = 0
        /// Requests that wait for a look, and those that were not given one.
        package var waiting = 0
        package var refusedLooks = 0
    }

    /// The keeper's clock: monotonic seconds, and a sleep until one of them that ends early when cancelled.
    package struct Time: Sendable {
        package let now: @Sendable () -> Double
        package let sleepUntil: @Sendable (Double) async -> Void

        package init(now: @escaping @Sendable () -> Double, sleepUntil: @escaping @Sendable (Double) async -> Void) {
            self.now = now
            self.sleepUntil = sleepUntil
        }

        package static var system: Time {
            let start = ContinuousClock.now
            return Time(
                now: { (ContinuousClock.now - start) / .seconds(1) },
                sleepUntil: { try? await Task.sleep(until: start + .seconds($0), clock: .continuous) })
        }
    }

    /// Keys in use, and how long ago their source confirmed them, in seconds: another keeper of the same source may go on with them.
    package struct Kept: Sendable {
        package let keys: KeySet
        let digest: SHA256.Digest
        let age: Double
    }

    package struct Ticket: Sendable { fileprivate let id: Int }

    package enum Looked: Sendable {
        /// `done` will be called, unless the ticket is abandoned before.
        ///
        /// - isFresh: whether the look begins only now: a key that it does not find is not there.
        case pending(Ticket, isFresh: Bool)
        /// Judge by the keys there are.
        case refused
    }

    /// Seconds that a request waits for looks.
    package static let patience = 3.0

    private struct Shared {
        var looks: KeyLooks
        /// On its way to everybody by now.
        var published: KeySet?
        var digest: SHA256.Digest?
        var done: [Int: @Sendable () -> Void] = [:]
        var isRunning = false
        var status = Status()
    }

    package let source: Source
    package let time: Time
    private let timing: KeySetState.Timing
    private let anyMediaType: Bool
    private let earlier: Kept?
    private let fetcher: any DocumentFetcher
    private let publish: @Sendable (KeySet?) -> Void
    private let report: @Sendable (Event) -> Void
    private let wakeup = Wakeup()
    private let isRefreshWanted = Atomic(false)
    private let shared: Mutex<Shared>

    /// - Parameters:
    ///   - timing: nil for the usual one of that kind of source.
    ///   - anyMediaType: whether it does not matter what a server calls its documents.
    ///   - earlier: keys that are in use already; they are withdrawn when their time is over, unless the source confirms them.
    ///   - publish: called from the keeper's task with each new set, and with nil when there is none any more.
    ///   - report: called likewise, for the log.
    package init(
        source: Source, timing: KeySetState.Timing? = nil, anyMediaType: Bool = false, keeping earlier: Kept? = nil, fetcher: any DocumentFetcher,
        time: Time = .system,
        publish: @escaping @Sendable (KeySet?) -> Void, report: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.source = source
        self.time = time
        self.anyMediaType = anyMediaType
        self.earlier = earlier
        self.fetcher = fetcher
        self.publish = publish
        self.report = report
        if case .file = source { self.timing = timing ?? .file } else { self.timing = timing ?? KeySetState.Timing() }
        var shared = Shared(looks: KeyLooks(cooldown: self.timing.cooldown))
        if let earlier {
            (shared.published, shared.digest) = (earlier.keys, earlier.digest)
            (shared.status.keys, shared.status.report) = (earlier.keys.count, earlier.keys.report)
            shared.status.lastSuccess = time.now() - earlier.age
        }
        self.shared = Mutex(shared)
    }

    /// Nil where there are none.
    package var kept: Kept? {
        shared.withLock { shared in
            guard let keys = shared.published, let digest = shared.digest, let last = shared.status.lastSuccess else { return nil }
            return Kept(keys: keys, digest: digest, age: max(0, time.now() - last))
        }
    }

    package var status: Status {
        shared.withLock { shared in
            var status = shared.status
            status.waiting = shared.looks.waiting
            status.refusedLooks = shared.looks.refusals
            return status
        }
    }

    // MARK: What tokens ask for

    /// Says that a look may be worth it before long. From any thread, on each such token: what is asked already costs one atomic load.
    package func requestRefresh() {
        guard !isRefreshWanted.load(ordering: .relaxed), !isRefreshWanted.exchange(true, ordering: .acquiringAndReleasing) else { return }
        wakeup.signal()
    }

    /// Asks for a look at the keys at once, or for a place among those who wait for the one under way. From any thread.
    ///
    /// - Parameters:
    ///   - client: whose token it is; nil without a certificate.
    ///   - octets: of the request, that are kept while it waits.
    ///   - holding: the set that the token was judged by. Where a newer one is on its way, that is waited for, and costs no look.
    ///   - done: called once, when the new set has been published or could not be had. It must not do its work at once: it may be called
    ///     from within this call.
    package func look(
        for client: Thumbprint?, octets: Int, holding keys: KeySet?, done: @escaping @Sendable () -> Void
    ) -> Looked {
        let isBehind = shared.withLock { $0.isRunning && $0.published != nil && $0.published !== keys }
        guard !isBehind else {
            done()
            return .pending(Ticket(id: 0), isFresh: false)
        }
        return look(for: client, octets: octets, done: done)
    }

    private func look(for client: Thumbprint?, octets: Int, done: @escaping @Sendable () -> Void) -> Looked {
        let (looked, begins) = shared.withLock { shared -> (Looked, Bool) in
            guard shared.isRunning, case .waits(let id, let isFresh, let begins) = shared.looks.ask(for: client, octets: octets, now: time.now())
            else { return (.refused, false) }
            shared.done[id] = done
            return (.pending(Ticket(id: id), isFresh: isFresh), begins)
        }
        if begins { wakeup.signal() }
        return looked
    }

    /// Nobody waits any more. Any thread; a call that is on its way already may still arrive.
    package func abandon(_ ticket: Ticket) {
        shared.withLock { shared in
            shared.done[ticket.id] = nil
            shared.looks.abandon(ticket.id)
        }
    }

    /// The same for a task: returns when the look ended, after so many seconds, or on cancellation.
    ///
    /// - Returns: whether there was a look.
    package func look(for client: Thumbprint?, seconds: Double) async -> Bool {
        let ended = Wakeup()
        guard case .pending(let ticket, _) = look(for: client, octets: 0, done: { ended.signal() }) else { return false }
        let hasEnded = await ended.wait(until: time.now() + seconds, time)
        if !hasEnded { abandon(ticket) }
        return hasEnded
    }

    // MARK: Looking

    /// What the one running task knows.
    private struct Progress {
        var state: KeySetState
        var reader: KeySetReader
        /// The published set, and the digest of its text: the same text again changes nothing.
        var inUse: (keys: KeySet, digest: SHA256.Digest)?
    }

    package func run() async {
        shared.withLock { $0.isRunning = true }
        var progress = Progress(
            state: KeySetState(timing: timing), reader: KeySetReader(source: source, fetcher: fetcher, anyMediaType: anyMediaType))
        if let earlier {
            progress.inUse = (earlier.keys, earlier.digest)
            progress.state.keep(since: shared.withLock { $0.status.lastSuccess } ?? time.now())
        }
        while !Task.isCancelled {
            if isRefreshWanted.load(ordering: .acquiring) { progress.state.refreshWanted() }
            if shared.withLock({ $0.looks.isWanted }) { progress.state.lookWanted() }
            switch progress.state.next(now: time.now()) {
            case .wait(let until): _ = await wakeup.wait(until: until, time)
            case .withdraw: withdraw(&progress)
            case .fetch: await look(&progress)
            }
        }
        shared.withLock { $0.isRunning = false }
        tellWaiting(foundNew: false)
    }

    private func look(_ progress: inout Progress) async {
        // Before the fetch: what is asked during it may be about what it did not see.
        isRefreshWanted.store(false, ordering: .releasing)
        shared.withLock { $0.looks.began() }
        let outcome = await progress.reader.read()
        guard !Task.isCancelled else { return }
        let before = progress.inUse?.keys
        take(outcome, &progress)
        tellWaiting(foundNew: progress.inUse.map { $0.keys !== before && $0.keys.adds(to: before) } ?? false)
    }

    private func tellWaiting(foundNew: Bool) {
        let calls = shared.withLock { shared in
            shared.looks.ended(foundNew: foundNew, now: time.now()).compactMap { shared.done.removeValue(forKey: $0) }
        }
        for call in calls { call() }
    }

    private func take(_ outcome: Result<KeySetReader.Reading, Fault>, _ progress: inout Progress) {
        switch outcome {
        case .failure(let fault): fail(fault, &progress)
        case .success(.unchanged): succeed(&progress, maximumAge: nil, replacement: nil)
        case .success(.document(let document, let place)):
            let digest = SHA256.hash(data: document.body)
            guard digest != progress.inUse?.digest else {
                return succeed(&progress, maximumAge: document.maximumAge, replacement: nil)
            }
            do throws(KeySet.Fault) {
                let keys = try KeySet(document.body, replacing: progress.inUse?.keys)
                progress.inUse = (keys, digest)
                succeed(&progress, maximumAge: document.maximumAge, replacement: keys)
            } catch {
                fail(.keySet(place, error), &progress)
            }
        }
    }

    private func succeed(_ progress: inout Progress, maximumAge: Double?, replacement: KeySet?) {
        let now = time.now()
        progress.state.succeeded(now: now, maximumAge: maximumAge)
        shared.withLock {
            $0.status.fetches += 1
            $0.status.lastSuccess = now
            $0.status.lastFault = nil
            if let replacement { ($0.status.keys, $0.status.report) = (replacement.count, replacement.report) }
        }
        guard let keys = replacement else { return }
        publish(keys)
        shared.withLock { ($0.published, $0.digest) = (keys, progress.inUse?.digest) }
        report(.replaced(keys.report))
    }

    private func fail(_ fault: Fault, _ progress: inout Progress) {
        progress.state.failed(now: time.now())
        progress.reader.forget()
        shared.withLock {
            $0.status.fetches += 1
            $0.status.failures += 1
            $0.status.lastFault = fault
        }
        report(.failed(fault))
    }

    private func withdraw(_ progress: inout Progress) {
        progress.inUse = nil
        progress.reader.forget()
        shared.withLock { ($0.status.keys, $0.status.report) = (0, nil) }
        publish(nil)
        shared.withLock { ($0.published, $0.digest) = (nil, nil) }
        report(.withdrawn)
    }
}
