import Logging
import NIOCore
import NIOSSL
import ProxyEngine
import ServiceLifecycle
import Synchronization
import Telemetry

/// Knows whether requests would reach the upstream, by opening a connection now and then the way they do, and why not.
///
/// It sends nothing: what a request to a legacy API would do, nobody knows. But it stays for a moment, since some only say no once the
/// connection is there: in TLS 1.3 a server that demands a client certificate tells so after the client's side of the handshake is
/// done, and proxies in front of nothing accept connections and close them.
final class UpstreamProbe: Service {
    private let target: Target
    private let group: any EventLoopGroup
    private let logger: Logger
    private let latest = Mutex<Finding>(.untried)

    enum Finding: Equatable, Sendable {
        case untried
        case reachable
        case failed(UpstreamFault)
    }

    /// Where requests go now, and the number of the generation that says so.
    typealias Target = @Sendable () -> (generation: Int, target: UpstreamTarget)

    private static let intervalWhileUp = Duration.seconds(5)
    private static let intervalWhileDown = Duration.milliseconds(500)
    /// How soon a reload is seen.
    private static let step = Duration.milliseconds(500)
    private static let patience = TimeAmount.seconds(2)

    init(group: any EventLoopGroup, logger: Logger, target: @escaping Target) {
        self.target = target
        self.group = group
        self.logger = logger
    }

    var finding: Finding { latest.withLock { $0 } }

    func run() async throws { await cancelWhenGracefulShutdown { await self.watch() } }

    private func watch() async {
        while !Task.isCancelled {
            let (generation, target) = target()
            let finding = await probe(target)
            let before = latest.withLock { latest in
                defer { latest = finding }
                return latest
            }
            if finding != before { tell(finding) }
            await pause(finding == .reachable ? Self.intervalWhileUp : Self.intervalWhileDown, unlessAfter: generation)
        }
    }

    private func pause(_ duration: Duration, unlessAfter generation: Int) async {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, target().generation == generation, !Task.isCancelled {
            try? await Task.sleep(for: min(Self.step, end - .now))
        }
    }

    private func tell(_ finding: Finding) {
        switch finding {
        case .untried: break
        case .reachable: logger.log(.upstreamReachable)
        case .failed(let fault): logger.log(.upstreamUnreachable, metadata: ["reason": "\(fault.reason)", "cause": "\(fault.cause)"])
        }
    }

    private func probe(_ target: UpstreamTarget) async -> Finding {
        let connector = UpstreamConnector(target, patience: Self.patience)
        let eventLoop = group.next()
        let began = NIODeadline.now()
        let finding = try? await eventLoop.flatSubmit {
            let finding = eventLoop.makePromise(of: Finding.self)
            // In the same turn of the loop: what the other end says right behind its handshake must not be missed.
            connector.connect(on: eventLoop).assumeIsolated().whenComplete { result in
                switch result {
                case .success(let channel): Self.stay(on: channel, since: began, finding)
                case .failure(let error): finding.succeed(.failed(UpstreamFault(connecting: error)))
                }
            }
            return finding.futureResult
        }.get()
        // Only a loop that is being shut down finds nothing.
        return finding ?? .untried
    }

    private static func stay(on channel: any Channel, since began: NIODeadline, _ finding: EventLoopPromise<Finding>) {
        let watch = UpstreamProbeHandler(finding)
        guard (try? channel.pipeline.syncOperations.addHandler(watch)) != nil else { return finding.succeed(.failed(.closed)) }
        let isEncrypted = (try? channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)) != nil
        let window = UpstreamProbeWindow.after(.now() - began, isEncrypted: isEncrypted)
        channel.eventLoop.assumeIsolated().scheduleTask(in: window) {
            watch.timeIsUp()
            channel.closeAbruptly()
        }
    }
}

/// How long the other end has to say no.
enum UpstreamProbeWindow {
    /// An answer to what we sent last takes one way there and back, and opening the connection took at least one, over TLS two: four times
    /// that leaves room for a server that thinks.
    static func after(_ opening: TimeAmount, isEncrypted: Bool) -> TimeAmount {
        let least = isEncrypted ? TimeAmount.milliseconds(250) : .milliseconds(50)
        return min(max(opening * 4, least), .seconds(1))
    }
}

/// The end of a connection that did not ask for one.
private final class UpstreamProbeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var finding: EventLoopPromise<UpstreamProbe.Finding>?

    init(_ finding: EventLoopPromise<UpstreamProbe.Finding>) { self.finding = finding }

    func timeIsUp() { end(.reachable) }

    private func end(_ found: UpstreamProbe.Finding) {
        finding?.succeed(found)
        finding = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failed(UpstreamFault(losing: error)))
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { end(.failed(.closed)) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failed(.closed))
        context.fireChannelInactive()
    }
}
