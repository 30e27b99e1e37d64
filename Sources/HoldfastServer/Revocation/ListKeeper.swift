import ClientIdentity
import Credentials
import Crypto
import HTTPWire
import Logging
import NIOSSL
import Synchronization
import Telemetry
import Timekeeping
import TokenValidation

/// Keeps the revocation lists of one URL: fetches them at start and looks again as its schedule says, which is that of key sets. A look that
/// fails leaves the lists that are there, until they are stale.
///
/// It goes from one generation to the next, and ends with the last that has it.
final class ListKeeper: Sendable {
    struct Status: Sendable {
        var fetches = 0
        var failures = 0
        /// In words; nil after a look that succeeded.
        var lastFault: String?
        /// Seconds since 1970.
        var lastSuccess: Double?
    }

    let url: HTTPURL
    let refresh: Double
    let authorities: [NIOSSLCertificate]
    let lists: FetchedLists
    private let work: ListWork
    private let isOpened = Atomic(false)

    /// - Parameters:
    ///   - refresh: seconds between two looks at most.
    ///   - authorities: CAs trusted besides the system's.
    ///   - earlier: whose lists are good until others come.
    init(_ url: HTTPURL, refresh: Double, _ authorities: [NIOSSLCertificate], _ changes: TrustChanges, after earlier: ListKeeper? = nil) {
        self.url = url
        self.refresh = refresh
        self.authorities = authorities
        lists = FetchedLists(changes, after: earlier?.lists)
        work = ListWork(url: url, refresh: refresh, authorities: authorities, lists: lists)
    }

    deinit { work.retire() }

    var status: Status { work.status.withLock { $0 } }

    /// A line each, for readiness in full.
    var notes: [String] {
        let status = status
        let age = status.lastSuccess.map { ", last fetched \(Int((WallClock.seconds() - $0).rounded())) s ago" } ?? ""
        return ["revocation lists of \(url.shown): \(lists.lists.count)\(age)"]
            + (status.lastFault.map { ["warning: revocation lists of \(url.shown): the last look failed: it \($0)"] } ?? [])
    }

    /// Whether it is still looked for the first time, and nothing is there from before.
    var isUndecided: Bool { status.fetches == 0 && lists.lists.isEmpty }

    /// What runs until nobody has it any more; nil but for the first time that it is asked.
    func open(_ logger: Logger) -> (@Sendable () async -> Void)? {
        guard !isOpened.exchange(true, ordering: .acquiringAndReleasing) else { return nil }
        return { [work] in await work.run(logger) }
    }

    /// For whoever does not run it: one look.
    func look() async { await work.lookOnce() }
}

/// The work of a keeper, apart from it, so that running it does not keep it.
private final class ListWork: Sendable {
    private static let types = AcceptedMediaTypes.any(preferred: ["application/pkix-crl"])
    /// Seconds for a list of the largest size.
    private static let deadline = 60.0

    let status = Mutex(ListKeeper.Status())
    /// Of what is in use: the same again changes nothing.
    private let digest = Mutex<[UInt8]>([])
    private let url: HTTPURL
    private let refresh: Double
    private let authorities: [NIOSSLCertificate]
    private let lists: FetchedLists
    private let retired: AsyncStream<Never>
    private let retirement: AsyncStream<Never>.Continuation

    init(url: HTTPURL, refresh: Double, authorities: [NIOSSLCertificate], lists: FetchedLists) {
        self.url = url
        self.refresh = refresh
        self.authorities = authorities
        self.lists = lists
        (retired, retirement) = AsyncStream.makeStream()
    }

    func retire() { retirement.finish() }

    func run(_ logger: Logger) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keep(logger) }
            for await _ in self.retired {}
            group.cancelAll()
        }
    }

    private var fetcher: HTTPDocumentFetcher {
        HTTPDocumentFetcher(authorities: authorities, length: RevocationListFile.limit, seconds: Self.deadline)
    }

    func lookOnce() async {
        let fetcher = fetcher
        _ = await look(by: fetcher, nil)
        try? await fetcher.shutdown()
    }

    private func keep(_ logger: Logger) async {
        let fetcher = fetcher
        var state = KeySetState(timing: timing)
        let start = ContinuousClock.now
        while !Task.isCancelled {
            switch state.next(now: (ContinuousClock.now - start) / .seconds(1)) {
            case .wait(let until): try? await Task.sleep(until: start + .seconds(until), clock: .continuous)
            // Lists say themselves until when they are good.
            case .withdraw: break
            case .fetch:
                let age = await look(by: fetcher, logger)
                let now = (ContinuousClock.now - start) / .seconds(1)
                if let age { state.succeeded(now: now, maximumAge: age) } else { state.failed(now: now) }
            }
        }
        try? await fetcher.shutdown()
    }

    private var timing: KeySetState.Timing {
        var timing = KeySetState.Timing()
        timing.refreshed(atLeastEach: refresh)
        timing.usualRefresh = timing.longestRefresh
        timing.longestOutage = .infinity
        return timing
    }

    /// - Returns: how long what was found may be kept; nil where nothing was.
    private func look(by fetcher: HTTPDocumentFetcher, _ logger: Logger?) async -> Double? {
        let fault: String
        do throws(FetchFault) {
            let document = try await fetcher.fetch(url, accepting: Self.types)
            let before = digest.withLock { $0 }
            guard let problem = take(document.body) else {
                let isNew = before != digest.withLock { $0 }
                status.withLock {
                    $0.fetches += 1
                    $0.lastFault = nil
                    $0.lastSuccess = WallClock.seconds()
                }
                guard isNew else { return document.maximumAge ?? .infinity }
                let count = lists.lists.reduce(0) { $0 + $1.count }
                logger?.log(.listsFetched, metadata: ["url": "\(url.shown)", "lists": "\(lists.lists.count)", "revoked": "\(count)"])
                return document.maximumAge ?? .infinity
            }
            fault = problem
        } catch {
            fault = error.words
        }
        guard !Task.isCancelled else { return nil }
        status.withLock {
            $0.fetches += 1
            $0.failures += 1
            $0.lastFault = fault
        }
        logger?.log(.listsNotFetched, metadata: ["url": "\(url.shown)", "problem": "\(url.shown) \(fault)"])
        return nil
    }

    /// - Returns: what is wrong with it.
    private func take(_ body: [UInt8]) -> String? {
        let digest = Array(SHA256.hash(data: body))
        guard digest != self.digest.withLock({ $0 }) else { return nil }
        do throws(CredentialFault) {
            let read = try RevocationListFile.lists(in: body, url.shown)
            do throws(FetchedLists.Fault) { try lists.replace(by: read, now: WallClock.seconds()) } catch {
                return switch error {
                case .older(let issuer): "sends a list of \(issuer) that is older than the one at hand, which stays"
                case .unsigned(let issuer): "sends a list of \(issuer) that no key signed which signed the one at hand, which stays"
                }
            }
            self.digest.withLock { $0 = digest }
            return nil
        } catch {
            return error.problem
        }
    }
}
