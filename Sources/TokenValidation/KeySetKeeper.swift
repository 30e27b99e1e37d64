import Crypto
package import Files
import Synchronization

/// Keeps the key set of one issuer: fetches it at start, refreshes it, and keeps the last good one while its source is down.
///
/// The decisions are ``KeySetState``'s; this performs them. `run` is the one task that does, and ends when cancelled.
package final class KeySetKeeper: Sendable {
    package enum Source: Equatable, Sendable {
        case file(String)
        case url(FetchURL)
        /// By the issuer's metadata (RFC 8414), or OpenID Connect's.
        case discovered(issuer: String)
    }

    package enum Fault: Error, Equatable, Sendable {
        case fetch(FetchFault)
        case metadata(IssuerMetadata.Fault)
        case keySet(KeySet.Fault)
        case file(FileFault)
    }

    package enum Event: Equatable, Sendable {
        /// Another set than before is in use.
        case replaced(keys: Int, unusable: Int, publishedSecrets: Int)
        case failed(Fault)
        /// The last good set became too old.
        case withdrawn
    }

    /// For readiness and metrics.
    package struct Status: Equatable, Sendable {
        package var keys = 0
        /// Times of the keeper's clock, in seconds.
        package var lastSuccess: Double?
        package var lastFault: Fault?
        /// Looks at the source, and those that failed.
        package var fetches = 0
        package var failures = 0
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

    package let source: Source
    package let time: Time
    private let timing: KeySetState.Timing
    private let fetcher: any DocumentFetcher
    private let publish: @Sendable (KeySet?) -> Void
    private let report: @Sendable (Event) -> Void
    private let wakeup = Wakeup()
    private let isRefreshWanted = Atomic(false)
    private let current = Mutex(Status())

    /// - Parameters:
    ///   - timing: nil for the usual one of that kind of source.
    ///   - publish: called from the keeper's task with each new set, and with nil when there is none any more.
    ///   - report: called likewise, for the log.
    package init(
        source: Source, timing: KeySetState.Timing? = nil, fetcher: any DocumentFetcher, time: Time = .system,
        publish: @escaping @Sendable (KeySet?) -> Void, report: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.source = source
        self.time = time
        self.fetcher = fetcher
        self.publish = publish
        self.report = report
        if case .file = source { self.timing = timing ?? .file } else { self.timing = timing ?? KeySetState.Timing() }
    }

    package var status: Status { current.withLock { $0 } }

    /// Says that a token named an unknown key or had a bad signature. From any thread, on each such token: what is asked
    /// already costs one atomic load.
    package func requestRefresh() {
        guard !isRefreshWanted.load(ordering: .relaxed), !isRefreshWanted.exchange(true, ordering: .acquiringAndReleasing) else { return }
        wakeup.signal()
    }

    /// What the one running task knows.
    private struct Progress {
        var state: KeySetState
        var reader: KeySetReader
        /// Of the text that the published set was read from: the same text again changes nothing.
        var inUse: SHA256.Digest?
    }

    package func run() async {
        var progress = Progress(state: KeySetState(timing: timing), reader: KeySetReader(source: source, fetcher: fetcher))
        while !Task.isCancelled {
            if isRefreshWanted.load(ordering: .acquiring) { progress.state.refreshWanted() }
            switch progress.state.next(now: time.now()) {
            case .wait(let until): await wait(until: until)
            case .withdraw: withdraw(&progress)
            case .fetch:
                // Before the fetch: what is asked during it may be about what it did not see.
                isRefreshWanted.store(false, ordering: .releasing)
                let outcome = await progress.reader.read()
                guard !Task.isCancelled else { return }
                take(outcome, &progress)
            }
        }
    }

    private func take(_ outcome: Result<KeySetReader.Reading, Fault>, _ progress: inout Progress) {
        switch outcome {
        case .failure(let fault): fail(fault, &progress)
        case .success(.unchanged): succeed(&progress, maximumAge: nil, replacement: nil)
        case .success(.document(let document)):
            let digest = SHA256.hash(data: document.body)
            guard digest != progress.inUse else {
                return succeed(&progress, maximumAge: document.maximumAge, replacement: nil)
            }
            do throws(KeySet.Fault) {
                let keys = try KeySet(document.body)
                progress.inUse = digest
                succeed(&progress, maximumAge: document.maximumAge, replacement: keys)
            } catch {
                fail(.keySet(error), &progress)
            }
        }
    }

    private func succeed(_ progress: inout Progress, maximumAge: Double?, replacement: KeySet?) {
        let now = time.now()
        progress.state.succeeded(now: now, maximumAge: maximumAge)
        current.withLock {
            $0.fetches += 1
            $0.lastSuccess = now
            $0.lastFault = nil
            if let replacement { $0.keys = replacement.count }
        }
        guard let keys = replacement else { return }
        publish(keys)
        report(.replaced(keys: keys.count, unusable: keys.unusableKeys, publishedSecrets: keys.publishedSecrets))
    }

    private func fail(_ fault: Fault, _ progress: inout Progress) {
        progress.state.failed(now: time.now())
        progress.reader.forget()
        current.withLock {
            $0.fetches += 1
            $0.failures += 1
            $0.lastFault = fault
        }
        report(.failed(fault))
    }

    private func withdraw(_ progress: inout Progress) {
        progress.inUse = nil
        progress.reader.forget()
        current.withLock { $0.keys = 0 }
        publish(nil)
        report(.withdrawn)
    }

    private func wait(until: Double) async {
        let (time, wakeup) = (time, wakeup)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await time.sleepUntil(until) }
            // Once a refresh is wanted, only the time until it may be made is waited for.
            if !isRefreshWanted.load(ordering: .acquiring) { group.addTask { await wakeup.wait() } }
            await group.next()
            group.cancelAll()
        }
    }
}
