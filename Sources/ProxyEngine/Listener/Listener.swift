import HTTPWire
package import NIOCore
package import NIOPosix
import NIOSSL
import Telemetry

/// The socket clients connect to. Accepted connections are spread over the loops.
package struct Listener {
    package let channel: any Channel
    /// Whether clients go on connecting to its address once it is closed: another process has the socket, or listens there too.
    package let isHandedOn: Bool
    private let loops: [any EventLoop]

    /// Where the address is handed on, nothing is accepted before this: another process answers meanwhile, or clients wait in the socket's queue.
    package func accept() async throws {
        if isHandedOn { try await channel.setOption(.autoRead, value: true).get() }
    }

    /// What has been accepted is served. NIO would drop a connection that is being set up on its own loop while the listening socket is closed.
    package func close() async {
        try? await channel.setOption(.autoRead, value: false).get()
        for loop in loops { try? await loop.submit {}.get() }
        try? await channel.eventLoop.submit {}.get()
        try? await channel.close().get()
    }

    /// - Parameters:
    ///   - place: of a socket that was passed, its descriptor belongs to the listener from now on.
    ///   - loops: each event loop of `group`, and how to get at what it owns once on it.
    ///   - notify: called on a loop.
    package static func bind(
        to place: ListeningPlace, group: any EventLoopGroup, seats: ConnectionSeats,
        loops: [(any EventLoop, @Sendable () -> EngineLoop)], notify: @escaping @Sendable (ListenerNotice) -> Void
    ) async throws -> Listener {
        let byLoop = LoopDirectory(loops, seats)
        let channel = try await ServerBootstrap(group: group)
            .gated(by: seats, notify: notify)
            .serverChannelOption(.autoRead, value: !place.isHandedOn)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A client may end its side and still wait for the answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // What one client sends is dealt with in small portions: others have their turn, and no buffer grows with what it sent.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReceiveAllocator(maximum: ReadPortions.usual))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try byLoop.setUp(channel) }
            }
            .listen(at: place, backlog: 4096)
        return Listener(channel: channel, isHandedOn: place.isHandedOn, loops: loops.map(\.0))
    }
}

extension Listener {
    /// The socket on which fronts ask for decisions.
    /// - Parameter address: a path that whoever may connect to is let in, or an address where each front shows a certificate.
    package static func bindForDecisions(
        _ address: DecisionAddress, group: any EventLoopGroup, seats: ConnectionSeats,
        loops: [(any EventLoop, @Sendable () -> EngineLoop)], notify: @escaping @Sendable (ListenerNotice) -> Void
    ) async throws -> Listener {
        let byLoop = LoopDirectory(loops, seats)
        let bootstrap = ServerBootstrap(group: group)
            .gated(by: seats, notify: notify)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReceiveAllocator(maximum: ReadPortions.usual))
        switch address {
        case .unix(let path):
            let channel =
                try await bootstrap
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try byLoop.setUpFront(channel) }
                }
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            return Listener(channel: channel, isHandedOn: false, loops: loops.map(\.0))
        case .network(let host, let port):
            let channel =
                try await bootstrap
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try byLoop.setUpTLSFront(channel) }
                }
                .bind(host: host, port: port).get()
            return Listener(channel: channel, isHandedOn: false, loops: loops.map(\.0))
        }
    }
}

/// Where fronts ask for decisions.
package enum DecisionAddress: Equatable, Sendable {
    case unix(String)
    case network(host: String, port: Int)
}

extension ServerBootstrap {
    /// Bounds what is accepted.
    package func gated(by seats: ConnectionSeats, notify: @escaping @Sendable (ListenerNotice) -> Void) -> ServerBootstrap {
        serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One at a time: NIO would take some more after it was told to stop.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptGate(seats: seats, notify: notify))
                }
            }
    }
}

/// Finds what a loop owns from one of its channels.
private struct LoopDirectory: Sendable {
    private let loops: [ObjectIdentifier: @Sendable () -> EngineLoop]
    private let seats: ConnectionSeats

    init(_ loops: [(any EventLoop, @Sendable () -> EngineLoop)], _ seats: ConnectionSeats) {
        self.seats = seats
        self.loops = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.0 as AnyObject), $0.1) })
    }

    private func loop(of channel: any Channel) throws -> EngineLoop {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop as AnyObject)]?() else { throw ChannelError.operationUnsupported }
        loop.eventBegan()
        guard !loop.isDraining else {
            loop.counters.metrics.connectionsRefused &+= 1
            throw ChannelError.ioOnClosedChannel
        }
        return loop
    }

    /// Whoever reaches the socket is a front: the file's rights say who does.
    func setUpFront(_ channel: any Channel) throws {
        let loop = try loop(of: channel)
        try channel.pipeline.syncOperations.addHandler(EndOfInputHandler())
        let front = FrontHandler(loop: loop, client: .unknownBehindFront(on: loop), seats: seats)
        loop.register(front)
        try channel.pipeline.syncOperations.addHandler(front)
    }

    func setUpTLSFront(_ channel: any Channel) throws {
        let loop = try loop(of: channel)
        guard let gate = loop.generation.frontGate else { throw ChannelError.operationUnsupported }
        try channel.pipeline.syncOperations.addHandler(EndOfInputHandler())
        let handshake = HandshakeHandler(loop: loop, seats: seats, frontGate: gate)
        try channel.pipeline.syncOperations.addHandler(
            ClientHelloHandler(spoken: ApplicationProtocol.allCases) { [unowned handshake] in try handshake.makeTLS(for: $0) })
        try channel.pipeline.syncOperations.addHandler(handshake)
    }

    /// The pipeline, in wire order.
    func setUp(_ channel: any Channel) throws {
        let loop = try loop(of: channel)
        try channel.pipeline.syncOperations.addHandler(EndOfInputHandler())
        // Of load balancers alone, before everything else: anybody could begin with such a header.
        if loop.generation.settings.proxyPeers.contains(where: { $0.contains(channel.remoteAddress) }) {
            try channel.pipeline.syncOperations.addHandler(ProxyHeaderHandler())
        }
        // Whoever has sent a whole ClientHello goes after those that have not; it leaves the pipeline once it has seen that.
        try channel.pipeline.syncOperations.addHandler(HandshakeNotice { [seats] in seats.wasAnswered($0) })
        let handshake = HandshakeHandler(loop: loop, seats: seats)
        // Looks at the first message, makes way for the TLS that is meant for it, which asks for the client's certificate, and leaves.
        try channel.pipeline.syncOperations.addHandler(
            ClientHelloHandler(spoken: loop.generation.settings.protocols) { [unowned handshake] in try handshake.makeTLS(for: $0) })
        // Until the handshake is over; the front of the protocol that was chosen afterwards. NIO's own HTTP handlers are left out: theirs is a second, laxer reading of the
        // message, and their pipelining handler costs two system calls a request.
        try channel.pipeline.syncOperations.addHandler(handshake)
    }
}
