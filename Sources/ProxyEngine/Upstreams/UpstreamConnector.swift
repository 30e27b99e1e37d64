package import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Opens connections to one upstream: its address, TLS and the name in its certificate. Requests and the readiness probe go this one way.
///
/// 1. A name may have several addresses, and NIO tries them beside each other: each attempt has handlers of its own, and what becomes
///    of the losers reaches nobody.
/// 2. A Unix socket whose backlog is full says so at once instead of letting the caller wait, so waiting is done here.
/// 3. One deadline covers all of it: the name, TCP, and the handshake.
package struct UpstreamConnector: Sendable {
    private let target: UpstreamTarget
    private let patience: TimeAmount

    /// How soon a full backlog is tried again: at first, and at most.
    private static let firstPause = TimeAmount.milliseconds(2)
    private static let longestPause = TimeAmount.milliseconds(100)

    package init(_ target: UpstreamTarget, patience: TimeAmount) {
        self.target = target
        self.patience = patience
    }

    /// - Returns: a channel that is connected and whose other end is verified; fails with an ``UpstreamFault``.
    package func connect(on eventLoop: any EventLoop) -> EventLoopFuture<any Channel> {
        let opening = Opening(eventLoop)
        let deadline = NIODeadline.now() + patience
        let timeout = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { opening.timedOut() }
        opening.future.assumeIsolated().whenComplete { _ in timeout.cancel() }
        attempt(opening, until: deadline, pause: Self.firstPause)
        return opening.future
    }

    private func attempt(_ opening: Opening, until deadline: NIODeadline, pause: TimeAmount) {
        guard !opening.isOver else { return }
        let eventLoop = opening.eventLoop
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(patience)
            .channelOption(.allowRemoteHalfClosure, value: true)
            // One read a turn: what a paused connection still delivers is one buffer, and everybody has a turn.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: ReceiveAllocator(maximum: EngineSettings.upstreamRead))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let sockets = target.sockets, !sockets.enter(channel) { throw IOError(errnoCode: EMFILE, reason: "sockets for the upstream") }
                    guard let tls = target.tls else { return }
                    let watch = UpstreamHandshakeHandler(tls)
                    try channel.pipeline.syncOperations.addHandlers(watch.makeTLSHandler(), watch)
                }
            }
        let connecting: EventLoopFuture<any Channel> =
            switch target.address {
            case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .host(let host, let port):
                if let address = try? SocketAddress(ipAddress: host, port: port) {
                    bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(to: address)
                } else {
                    bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
                }
            }
        connecting.hop(to: eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): opening.connected(channel)
            case .failure(let error as IOError) where error.errnoCode == EAGAIN && .now() + pause < deadline:
                eventLoop.assumeIsolated().scheduleTask(in: pause) {
                    attempt(opening, until: deadline, pause: min(pause * 2, Self.longestPause))
                }
            case .failure(let error): opening.failed(error)
            }
        }
    }
}

/// One connection on its way, until it is whole or has failed. On its loop alone.
private final class Opening {
    let eventLoop: any EventLoop
    private let promise: EventLoopPromise<any Channel>
    private(set) var isOver = false

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        promise = eventLoop.makePromise()
    }

    var future: EventLoopFuture<any Channel> { promise.futureResult }

    func connected(_ channel: any Channel) {
        guard !isOver else { return channel.close(promise: nil) }
        guard let watch = try? channel.pipeline.syncOperations.handler(type: UpstreamHandshakeHandler.self) else { return succeed(channel) }
        watch.whenOver { [self] fault in
            if let fault { failed(fault) } else { succeed(channel) }
        }
        current = channel
    }

    /// The channel whose handshake is under way.
    private var current: (any Channel)?

    private func succeed(_ channel: any Channel) {
        guard !isOver else { return }
        isOver = true
        current = nil
        promise.succeed(channel)
    }

    func failed(_ error: any Error) {
        guard !isOver else { return }
        isOver = true
        current?.closeAbruptly()
        current = nil
        promise.fail(UpstreamFault(connecting: error))
    }

    func timedOut() { failed(current == nil ? UpstreamFault.connectTimeout : UpstreamFault.handshakeTimeout) }
}

/// Stands behind TLS until the handshake is over, tells how it ended, and leaves the pipeline.
private final class UpstreamHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let tls: UpstreamTarget.TLS
    private let verdict = TLSVerdict()
    private var handler: NIOSSLClientHandler?
    private var outcome: UpstreamFault??
    private var tell: ((UpstreamFault?) -> Void)?

    init(_ tls: UpstreamTarget.TLS) { self.tls = tls }

    func makeTLSHandler() throws -> NIOSSLClientHandler {
        let made = try tls.makeHandler(verdict)
        handler = made
        return made
    }

    /// - Parameter tell: called once with what is wrong, nil where nothing is.
    func whenOver(_ tell: @escaping (UpstreamFault?) -> Void) {
        if let outcome { tell(outcome) } else { self.tell = tell }
    }

    private func end(_ fault: UpstreamFault?) {
        guard outcome == nil else { return }
        outcome = .some(fault)
        let tell = tell
        self.tell = nil
        tell?(fault)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let agreed) = event {
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            let isAgreed = tls.applicationProtocol.map { $0 == agreed } ?? true
            end(tls.fault(handler?.peerCertificate).map { .untrusted($0) } ?? (isAgreed ? nil : .protocolNotAgreed))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(verdict.cause.map { .untrusted($0) } ?? UpstreamFault(connecting: error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.closed)
        context.fireChannelInactive()
    }
}
