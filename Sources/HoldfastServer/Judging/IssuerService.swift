import ServiceLifecycle
import Synchronization
import TokenValidation

/// What runs for one issuer, apart from the desk itself, so that running it does not keep the desk.
struct IssuerWork: Sendable {
    let keeper: KeySetKeeper?
    let introspector: Introspector?
    let fetcher: HTTPDocumentFetcher?
    private let retired: AsyncStream<Never>
    private let retirement: AsyncStream<Never>.Continuation

    init(keeper: KeySetKeeper?, introspector: Introspector?, fetcher: HTTPDocumentFetcher?) {
        self.keeper = keeper
        self.introspector = introspector
        self.fetcher = fetcher
        (retired, retirement) = AsyncStream.makeStream()
    }

    /// Nobody has the issuer any more.
    func retire() { retirement.finish() }

    /// Once, until it is retired or cancelled: the connections are closed in the end.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            if let keeper { group.addTask { await keeper.run() } }
            if let introspector { group.addTask { await introspector.run() } }
            for await _ in retired {}
            group.cancelAll()
        }
        try? await fetcher?.shutdown()
    }
}

/// Runs what the issuers of all generations need: each from when its desk is opened until no generation has it any more.
final class IssuerService: Service {
    private let opened: AsyncStream<@Sendable () async -> Void>
    private let opening: AsyncStream<@Sendable () async -> Void>.Continuation

    init() { (opened, opening) = AsyncStream.makeStream() }

    func open(_ desk: IssuerDesk) {
        let work = desk.work
        open { await work.run() }
    }

    /// Whatever else generations need; it ends by itself, or cancelled.
    func open(_ work: @escaping @Sendable () async -> Void) { opening.yield(work) }

    func run() async throws { await cancelWhenGracefulShutdown { await self.runUntilCancelled() } }

    func runUntilCancelled() async {
        await withDiscardingTaskGroup { group in
            for await work in opened { group.addTask { await work() } }
        }
    }
}
