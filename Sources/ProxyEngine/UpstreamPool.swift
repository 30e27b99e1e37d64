import NIOCore
import NIOPosix
import NIOSSL
import Telemetry

/// A loop's connections to the upstream: the last one used is the first one used again, and those above the need die idle.
///
/// An exchange gets a kept-alive connection at once, or waits for one that is being opened or that another exchange gives
/// back. Connections, and exchanges that wait, are bounded.
package final class UpstreamPool {
    private let eventLoop: any EventLoop
    private let target: UpstreamTarget
    private let settings: EngineSettings
    private let counters: LoopCounters

    private var idle: [UpstreamConnection] = []
    private var open: [ObjectIdentifier: UpstreamConnection] = [:]
    private var connecting = 0
    private var waiting = CircularBuffer<ClientConnection>()

    enum Acquisition {
        case ready(UpstreamConnection)
        /// `upstreamReady` or `upstreamFailed` of the exchange is called later.
        case waiting
        case saturated
    }

    init(eventLoop: any EventLoop, target: UpstreamTarget, settings: EngineSettings, counters: LoopCounters) {
        self.eventLoop = eventLoop
        self.target = target
        self.settings = settings
        self.counters = counters
    }

    func acquire(for client: ClientConnection) -> Acquisition {
        while let connection = idle.popLast() {
            if connection.isUsable { return .ready(connection) }
        }
        guard waiting.count < EngineSettings.waitingBound else { return .saturated }
        waiting.append(client)
        openWhereNeeded()
        return .waiting
    }

    /// For an exchange that must not be given a connection that may have been closed meanwhile.
    func acquireFresh(for client: ClientConnection) -> Acquisition {
        guard waiting.count < EngineSettings.waitingBound else { return .saturated }
        for connection in idle { connection.close() }
        idle.removeAll(keepingCapacity: true)
        waiting.prepend(client)
        openWhereNeeded()
        return .waiting
    }

    /// The client went away while it waited.
    func forget(_ client: ClientConnection) {
        if let position = waiting.firstIndex(where: { $0 === client }) { waiting.remove(at: position) }
    }

    func release(_ connection: UpstreamConnection) {
        guard connection.isUsable else { return }
        if let client = waiting.popFirst() {
            client.upstreamReady(connection)
        } else {
            connection.idleSince = .now()
            idle.append(connection)
        }
    }

    func closed(_ connection: UpstreamConnection) {
        open[ObjectIdentifier(connection)] = nil
        if let position = idle.firstIndex(where: { $0 === connection }) { idle.remove(at: position) }
        openWhereNeeded()
    }

    /// The oldest stand first.
    func closeIdle(_ now: NIODeadline) {
        while let first = idle.first, first.idleSince + settings.upstreamIdleTimeout <= now {
            idle.removeFirst()
            first.close()
        }
    }

    func closeAll() {
        for connection in Array(open.values) { connection.close() }
    }

    // MARK: Opening

    private func openWhereNeeded() {
        while connecting < waiting.count, open.count + connecting < settings.upstreamConnectionsPerLoop {
            connecting += 1
            connect { [self] result in
                connecting -= 1
                switch result {
                case .success(let connection): opened(connection)
                case .failure(let error): failed(UpstreamFault(connecting: error))
                }
            }
        }
    }

    private func opened(_ connection: UpstreamConnection) {
        counters.metrics.upstreamConnections &+= 1
        guard connection.isUsable else { return openWhereNeeded() }
        open[ObjectIdentifier(connection)] = connection
        release(connection)
    }

    /// One failure fails one exchange; the others have attempts of their own.
    private func failed(_ fault: UpstreamFault) {
        if let client = waiting.popFirst() { client.upstreamFailed(fault) }
        openWhereNeeded()
    }

    /// - Parameter done: called once, on the loop.
    private func connect(_ done: @escaping (Result<UpstreamConnection, any Error>) -> Void) {
        let connection = UpstreamConnection(pool: self, tls: target.tls, onReady: done)
        let isolated = NIOLoopBound(connection, eventLoop: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(settings.connectTimeout)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try isolated.value.addHandlers(to: channel.pipeline.syncOperations)
                }
            }
        let channel =
            switch target.address {
            case .host(let host, let port):
                bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
            case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        channel.assumeIsolated().whenFailure { connection.notReady($0) }
        // TCP's own time-out ends with the connection; this one covers a handshake that hangs.
        if target.tls != nil {
            eventLoop.assumeIsolated().scheduleTask(in: settings.connectTimeout) { connection.handshakeDeadlineReached() }
        }
    }
}

extension UpstreamFault {
    fileprivate init(connecting error: any Error) {
        switch error {
        case let fault as UpstreamFault: self = fault
        case ChannelError.connectTimeout: self = .connectTimeout
        case let error as NIOConnectionError:
            let timedOut = error.connectionErrors.contains { if case ChannelError.connectTimeout = $0.error { true } else { false } }
            self = timedOut ? .connectTimeout : .unreachable
        case is NIOSSLError: self = .untrusted
        default: self = .unreachable
        }
    }
}
