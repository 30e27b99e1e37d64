import HoldfastConfiguration
import NIOCore
import NIOPosix

/// What each part may have of the descriptors this process can open. A value: nobody is handed the last ones, since a runtime that cannot
/// open a file ends the process (libdispatch traps where it cannot read its threads' state in /proc).
///
/// Where all parts fit, each gets what the configuration says. Where they do not, clients get what the others leave.
package struct DescriptorPlan: Equatable, Sendable {
    /// What is asked for.
    package struct Demand: Equatable, Sendable {
        /// Open before anything was started.
        package var inherited: Int
        package var loops: Int
        /// Loops of the control plane.
        package var controlLoops: Int
        /// Client connections, and of those the ones in their handshake.
        package var clients: Int
        package var handshakes: Int
        /// Upstream connections a loop, to all upstreams; how many those are, and their addresses at most, each of which is looked at.
        package var upstream: Int
        package var upstreams: Int
        package var addresses: Int
        /// Issuers whose keys or metadata are fetched.
        package var fetched: Int
        /// Questions to issuers at once, by issuer that is asked.
        package var questions: [Int]
        /// Listeners beside the clients' one: admin, metadata.
        package var pageServers: Int
        /// Connections of fronts that ask for decisions; nil where none do.
        package var fronts: Int?

        package init(
            inherited: Int, loops: Int, controlLoops: Int, clients: Int, handshakes: Int, upstream: Int, fetched: Int, questions: [Int],
            pageServers: Int, upstreams: Int = 1, addresses: Int = 1, fronts: Int? = nil
        ) {
            self.fronts = fronts
            self.inherited = inherited
            self.loops = loops
            self.controlLoops = controlLoops
            self.clients = clients
            self.handshakes = handshakes
            self.upstream = upstream
            self.upstreams = upstreams
            self.addresses = addresses
            self.fetched = fetched
            self.questions = questions
            self.pageServers = pageServers
        }
    }

    package let limit: Int
    package let demand: Demand
    /// Of the process itself.
    package let fixed: Int
    /// Client connections at once.
    package let clients: Int
    /// Sockets of clients, at which nothing more is accepted: those included that are being closed, or refused.
    package let sockets: Int
    /// Client connections in their handshake.
    package let handshakes: Int
    /// Upstream connections a loop.
    package let upstream: Int
    /// Sockets towards the upstream, over all loops: those included that are being opened to a second address, or closed.
    package let upstreamSockets: Int
    /// Questions at once to each issuer that is asked.
    package let questions: [Int]
    /// Connections of each listener beside the clients' one.
    package let pages: Int
    /// Whether there are enough to run at all.
    package let isEnough: Bool

    /// For name look-ups, files of keys, the upstream's probe, libdispatch, and whatever else opens one for a moment.
    package static let runtime = 16
    /// An event loop's epoll, timer and wake-up descriptors.
    private static let perLoop = 3
    /// libdispatch's own epoll, event and timer descriptors, and one for each signal that is waited for.
    private static let dispatch = 8
    /// Connections of a page server at most: more has no use.
    package static let pageConnections = 256
    /// Sockets that are being closed, or refused, beside the connections.
    private static let closing = 16
    /// Fewer make no server.
    private static let least = 4

    package init(_ demand: Demand, limit: Int) {
        self.limit = limit
        self.demand = demand
        let listeners = 1 + demand.pageServers + (demand.fronts.map { 1 + $0 } ?? 0)
        fixed = demand.inherited + Self.perLoop * (demand.loops + demand.controlLoops) + Self.dispatch + listeners
        let free = limit - fixed - Self.runtime
        // A look at keys may take a second connection while the first is being closed. A name of several addresses takes one socket more
        // for a moment, and so may one that is being closed.
        let keys = Share(want: 2 * demand.fetched, least: demand.fetched, part: 8)
        let asked = Share(want: demand.questions.reduce(0, +), least: demand.questions.count, part: 8)
        let pages = Share(want: Self.pageConnections * demand.pageServers, least: Self.least * demand.pageServers, part: 12)
        let upstream = Share(
            want: (demand.upstream + Self.spare(demand.upstream)) * demand.loops + demand.addresses - 1, least: 2 * demand.loops * demand.upstreams,
            part: 3)
        let fits = [keys, asked, pages, upstream].reduce(demand.clients + Self.closing) { $0 + $1.want } <= free
        let given = [keys, asked, pages, upstream].map { fits ? $0.want : $0.given(of: free) }
        let rest = free - given.reduce(0, +)

        sockets = max(1, min(demand.clients + Self.closing, rest))
        clients = min(demand.clients, sockets)
        handshakes = clients < demand.clients ? min(demand.handshakes, Self.handshakes(clients)) : demand.handshakes
        self.upstream = fits ? demand.upstream : Self.withoutSpare(given[3] / demand.loops, wanted: demand.upstream)
        upstreamSockets = given[3]
        questions = Self.questions(demand.questions, given[1])
        self.pages = demand.pageServers == 0 ? 0 : given[2] / demand.pageServers
        isEnough = rest >= min(Self.least, demand.clients)
    }

    /// What is kept from clients: for the upstream, keys, the admin endpoint and the runtime.
    package var reserve: Int { max(0, limit - sockets) }
    /// What one upstream gets of connections a loop.
    func upstreamShare(of wanted: Int) -> Int { max(1, wanted * upstream / max(1, demand.upstream)) }
    /// Whether less is to be had than the configuration says.
    package var isShort: Bool { clients < demand.clients || upstream < demand.upstream || questions != demand.questions }

    /// The least limit with which it would start.
    package var needed: Int {
        var limit = self.limit
        while !DescriptorPlan(demand, limit: limit).isEnough { limit += 1 }
        return limit
    }

    /// One part's wish, and what it gets of too little.
    private struct Share {
        let want: Int
        let least: Int
        /// It may have one part of so many.
        let part: Int

        func given(of free: Int) -> Int { min(want, max(least, free / part)) }
    }

    /// Beside the connections that serve: being opened to a second address, or being closed.
    private static func spare(_ connections: Int) -> Int { 1 + connections / 8 }

    private static func withoutSpare(_ sockets: Int, wanted: Int) -> Int {
        var connections = min(sockets, wanted)
        while connections > 1, connections + spare(connections) > sockets { connections -= 1 }
        return max(1, connections)
    }

    /// A quarter, as ever, but of a handful some more: with a single one every newcomer would push out the last.
    private static func handshakes(_ clients: Int) -> Int { max(clients / 4, min(4, max(1, clients / 2))) }

    /// One for each, and of the rest the same part.
    private static func questions(_ wanted: [Int], _ given: Int) -> [Int] {
        let more = wanted.reduce(0, +) - wanted.count
        let rest = given - wanted.count
        guard rest < more else { return wanted }
        return wanted.map { 1 + max(0, ($0 - 1) * rest / more) }
    }
}

/// Too few to begin with.
struct DescriptorShortage: Error, CustomStringConvertible {
    let plan: DescriptorPlan

    var description: String {
        "this process may open \(plan.limit) descriptors, and \(plan.needed) are the least for this configuration: raise the limit (`ulimit -n`, LimitNOFILE=), or lower `threads`"
    }
}

/// The admin endpoint, the upstream's probe and the control plane's client share these threads, away from the data path.
enum ControlPlane {
    static let loops = min(2, System.coreCount)

    /// Before anything uses them; once a process.
    static func start() -> MultiThreadedEventLoopGroup {
        NIOSingletons.groupLoopCountSuggestion = loops
        return .singleton
    }
}

extension DescriptorPlan.Demand {
    /// - Parameter start: of the process, for a reload: loops, listeners and what clients may have of them stay until it is restarted.
    init(_ configuration: HoldfastConfiguration, inherited: Int, since start: Self?) {
        self.init(
            inherited: inherited, loops: configuration.loopCount, controlLoops: ControlPlane.loops,
            clients: configuration.listener.maxConnections, handshakes: configuration.listener.maxHandshakes,
            upstream: configuration.upstreams.reduce(0) { $0 + $1.maxConnections },
            fetched: configuration.tokens.count { $0.needsFetching }, questions: configuration.tokens.compactMap { $0.introspection?.maxConcurrent },
            pageServers: (configuration.admin == nil ? 0 : 1) + (configuration.resource?.metadataAddress == nil ? 0 : 1),
            upstreams: configuration.upstreams.count, addresses: configuration.upstreams.reduce(0) { $0 + $1.mostAddresses },
            fronts: configuration.decisions?.maxConnections)
        guard let start else { return }
        (loops, clients, handshakes, pageServers, fronts) = (start.loops, start.clients, start.handshakes, start.pageServers, start.fronts)
    }
}

extension HoldfastConfiguration.TokenIssuer {
    fileprivate var needsFetching: Bool {
        switch keys {
        case .url, .discovered: true
        case .file, .none: introspection != nil
        }
    }
}
