import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import ProxyEngine
import ServiceLifecycle
import Synchronization

/// Knows whether the upstream accepts connections, and whether it is the one meant where it is reached over TLS, by opening
/// one now and then. It sends nothing: what a request to a legacy API would do, nobody knows.
final class UpstreamProbe: Service {
    private let target: UpstreamTarget
    private let group: any EventLoopGroup
    private let logger: Logger
    private let reachable = Atomic(false)

    private static let intervalWhileUp = Duration.seconds(5)
    private static let intervalWhileDown = Duration.milliseconds(500)

    init(target: UpstreamTarget, group: any EventLoopGroup, logger: Logger) {
        self.target = target
        self.group = group
        self.logger = logger
    }

    var isReachable: Bool { reachable.load(ordering: .relaxed) }

    func run() async throws { await cancelWhenGracefulShutdown { await self.watch() } }

    private func watch() async {
        while !Task.isCancelled {
            let up = await probe()
            if reachable.exchange(up, ordering: .relaxed) != up {
                if up { logger.notice("upstream reachable") } else { logger.warning("upstream unreachable") }
            }
            try? await Task.sleep(for: up ? Self.intervalWhileUp : Self.intervalWhileDown)
        }
    }

    private func probe() async -> Bool {
        let eventLoop = group.next()
        let verdict = eventLoop.makePromise(of: Bool.self)
        let bootstrap = ClientBootstrap(group: eventLoop).connectTimeout(Self.patience).channelInitializer { [target] channel in
            channel.eventLoop.makeCompletedFuture {
                try UpstreamProbeHandler.add(to: channel.pipeline.syncOperations, tls: target.tls, verdict: verdict)
            }
        }
        let connecting =
            switch target.address {
            case .host(let host, let port): bootstrap.connect(host: host, port: port)
            case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        connecting.whenFailure { _ in verdict.succeed(false) }
        let deadline = eventLoop.scheduleTask(in: Self.patience * 2) { verdict.succeed(false) }
        let isUp = (try? await verdict.futureResult.get()) ?? false
        deadline.cancel()
        if let channel = try? await connecting.get() { try? await channel.close() }
        return isUp
    }

    private static let patience = TimeAmount.seconds(2)
}

/// Waits for the connection, or for the end of its handshake.
private final class UpstreamProbeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let tls: UpstreamTarget.TLS?
    private let handler: NIOSSLClientHandler?
    private let verdict: EventLoopPromise<Bool>

    static func add(
        to pipeline: ChannelPipeline.SynchronousOperations, tls: UpstreamTarget.TLS?, verdict: EventLoopPromise<Bool>
    ) throws {
        let handler = try tls?.makeHandler(TLSVerdict())
        if let handler { try pipeline.addHandler(handler) }
        try pipeline.addHandler(UpstreamProbeHandler(tls: tls, handler: handler, verdict: verdict))
    }

    private init(tls: UpstreamTarget.TLS?, handler: NIOSSLClientHandler?, verdict: EventLoopPromise<Bool>) {
        self.tls = tls
        self.handler = handler
        self.verdict = verdict
    }

    func channelActive(context: ChannelHandlerContext) { if tls == nil { verdict.succeed(true) } }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event, let tls { verdict.succeed(tls.fault(handler?.peerCertificate) == nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { verdict.succeed(false) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { verdict.succeed(false) }
}
