import BindingPolicy
import HTTPWire
package import NIOCore
import NIOPosix
package import NIOSSL
import NIOTLS
import Telemetry

/// A connection until its TLS handshake is over: says who is there, and makes way for the front of its protocol.
///
/// The connection takes its TLS policy when it is accepted: `generation` is the one of that moment.
package final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer

    private let loop: EngineLoop
    private let generation: LoopGeneration
    /// Nil until the client has said whom it asks for.
    private var tls: (any ClientTLS)?
    private let seats: ConnectionSeats
    /// Of the listener's clients, or of fronts that ask for decisions.
    private let gate: any ClientGate
    private let isFront: Bool
    private var context: ChannelHandlerContext?
    private var isOver = false
    /// The client ended its side behind its handshake; what it sent before is still to come.
    private var isInputEnded = false
    private var hello: ClientHello?
    /// Of the client itself, where a load balancer has said so.
    private var source: SocketAddress?
    var position = -1
    package var appointment = TimingWheel.Appointment()
    package private(set) var deadline: NIODeadline

    /// - Parameter frontGate: of the fronts that ask for decisions; nil for clients of the API.
    package init(loop: EngineLoop, seats: ConnectionSeats, frontGate: (any ClientGate)? = nil) {
        self.loop = loop
        generation = loop.generation
        gate = frontGate ?? generation.gate
        isFront = frontGate != nil
        self.seats = seats
        deadline = loop.now + generation.settings.handshakeTimeout
    }

    /// TLS for a connection whose ClientHello is this; nil where that asks for a host which is not served.
    package func makeTLS(for hello: ClientHello?) throws -> NIOSSLServerHandler? {
        // What is no ClientHello gets TLS's own answer.
        guard let site = hello.map({ gate.site(for: $0.serverName) }) ?? .listeners else { return nil }
        tls = try gate.makeTLS(for: site, asking: hello?.serverName)
        return tls?.handler
    }

    // MARK: The channel's callbacks

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.register(self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        loop.eventBegan()
        switch event {
        case TLSUserEvent.handshakeCompleted(let negotiated) where !isOver: completed(context, negotiated)
        case is ConnectionDismissed:
            if !isOver, !seats.keepIfUnread(context.channel) { refuse("crowded_out") }
        case ChannelEvent.inputClosed:
            isInputEnded = true
            // Nothing that could be answered.
            if tls == nil, !isOver { refuse(HandshakeFailure.clientGone) }
        case let event as ClientHelloHandler.ClientHelloSeen: hello = event.hello
        case let event as ProxyHeaderHandler.Seen:
            source = event.source
            if let source { seats.isFrom(source, context.channel) }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        isOver = true
        loop.deregister(self)
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // The end of input follows as an event of its own.
        case NIOSSLError.uncleanShutdown: break
        case let error as NIOSSLError:
            failed(tls?.refusal ?? HandshakeFailure.refusal(for: error))
            context.close(mode: .all, promise: nil)
        // The connection is closed where that was found.
        case let refusal as ClientHelloHandler.Refusal: failed(GateRefusal(code: refusal.code))
        case let refusal as ProxyHeaderHandler.Refusal: failed(GateRefusal(code: refusal.rawValue))
        // NIO closes the socket itself; closing through TLS would hold it for a close_notify that cannot come.
        case is IOError: break
        default: context.close(mode: .all, promise: nil)
        }
    }

    // MARK: How it ends

    private func completed(_ context: ChannelHandlerContext, _ negotiated: String?) {
        // A client that leaves Nagle's algorithm on waits for this acknowledgement before it sends its first request.
        try? context.channel.syncOptions?.setOption(ChannelOptions.tcpOption(.init(rawValue: tcpQuickAck)), value: 1)
        let changes = gate.trustChanges
        switch tls?.identify(now: loop.clock.seconds()) ?? .failure(GateRefusal(code: "unrecognized_name")) {
        case .failure(let refusal): refuse(refusal)
        case .success(let identified):
            let client = ConnectedClient(
                identified, at: source ?? context.channel.remoteAddress, under: generation, trustChanges: changes)
            guard let place = loop.ledger.connect(client.key, isFront ? .none : generation.settings.clientLimits) else {
                return refuse("client_connections_exceeded")
            }
            // In the end: it may make another go for this one.
            guard seats.hasProved(context.channel) else { return refuse("too_many_connections") }
            client.place = place
            loop.counters.metrics.handshakes &+= 1
            isOver = true
            if negotiated == ApplicationProtocol.http2.rawValue {
                loop.counters.metrics.http2Connections &+= 1
                makeWay(for: HTTP2Connection(loop: loop, client: client, isFront: isFront), context)
            } else if isFront {
                makeWay(for: FrontHandler(loop: loop, client: client, seats: seats), context)
            } else {
                makeWay(for: HTTP1Connection(loop: loop, client: client), context)
            }
        }
    }

    /// At once: what this read brought behind the handshake is the front's already.
    private func makeWay(for front: some ClientFront & ChannelHandler, _ context: ChannelHandlerContext) {
        loop.replace(self, by: front)
        if isInputEnded { front.endedBefore() }
        let operations = context.pipeline.syncOperations
        guard (try? operations.addHandler(front, position: .after(self))) != nil else { return front.lost() }
        operations.removeHandler(context: context, promise: nil)
    }

    private func refuse(_ code: String) { refuse(GateRefusal(code: code)) }

    private func refuse(_ refusal: GateRefusal) {
        failed(refusal)
        context?.channel.closeAbruptly(reset: true)
    }

    private func failed(_ refusal: GateRefusal) {
        guard !isOver else { return }
        isOver = true
        loop.handshakeFailed(
            HandshakeRefusal(
                code: refusal.code, address: (source ?? context?.channel.remoteAddress)?.addressText ?? "", hello: hello,
                certificate: refusal.certificate,
                meaning: refusal.meaning))
    }
}

extension HandshakeHandler: ClientFront {
    package func deadlineReached(_ now: NIODeadline) { refuse(loop.isDraining ? "draining" : "handshake_timeout") }

    func endedBefore() {}
    func lost() { loop.deregister(self) }
    func endAnnounced() {}

    /// A handshake may be one whose request is on its way.
    func drain() {
        deadline = min(deadline, loop.now + EngineSettings.drainGrace)
        loop.wheel.keep(self)
    }

    func cut(_ ending: Ending) {
        isOver = true
        context?.channel.closeAbruptly(reset: true)
    }
}

#if os(Linux)
private let tcpQuickAck: CInt = 12
#else
#error("Holdfast's listener is written for Linux")
#endif
