package import HTTPWire
package import NIOCore
package import NIOSSL

/// Stands before TLS until the ClientHello is whole, and puts the TLS into the pipeline that is meant for it: each of the listener's
/// identities has contexts of its own, so that no session begun under one can be resumed under another (CVE-2025-23419).
///
/// Two handshakes end here, in clear and unanswered, by the alerts that NIOSSL does not send: of clients that offer application protocols
/// none of which is spoken (no_application_protocol, RFC 7301 section 3.2), and of those that ask for a host which is not served
/// (unrecognized_name, RFC 6066 section 3).
package final class ClientHelloHandler: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Told to the handlers behind, before the connection is closed.
    package enum Refusal: Error { case noSharedProtocol, unknownName, proxyHeader }

    /// Told to the handlers behind.
    package struct ClientHelloSeen: Sendable { package let hello: ClientHello }

    /// Octets that are kept of a ClientHello which comes in pieces. What is longer is TLS's to refuse.
    private static let heldBound = 32 << 10

    private var reader = ClientHelloReader()
    private var held: ByteBuffer?
    private var isRefused = false
    private let spoken: [ApplicationProtocol]
    private let makeTLS: (ClientHello?) throws -> NIOSSLServerHandler?

    /// - Parameters:
    ///   - spoken: a client that offers nothing gets HTTP/1.1, where that is among them.
    ///   - makeTLS: given the ClientHello, or nil for what is none that can be read, which TLS itself refuses with the right alert. Nil for a
    ///     host that is not served.
    package init(spoken: [ApplicationProtocol] = [.http1], makeTLS: @escaping (ClientHello?) throws -> NIOSSLServerHandler?) {
        self.spoken = spoken
        self.makeTLS = makeTLS
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        let octets = unwrapInboundIn(data)
        switch octets.withUnsafeReadableBytes({ reader.take($0) }) {
        case .incomplete:
            // A copy: pieces of an octet would each keep the buffer that they were read into.
            var all = held ?? ByteBuffer()
            held = nil
            all.writeImmutableBuffer(octets)
            held = all
            if all.readableBytes > Self.heldBound { begin(nil, rest: nil, context) }
        case .read(let hello):
            // Told before it is acted upon: whoever writes down why a handshake failed wants to know whom the client asked for.
            context.fireUserInboundEventTriggered(ClientHelloSeen(hello: hello))
            guard speaks(hello) else { return refuse(.noSharedProtocol, context) }
            begin(hello, rest: octets, context)
        case .other:
            // From somebody who may not say whose connection it is.
            if held == nil, octets.withUnsafeReadableBytes({ ProxyHeader.begins($0) }) { return refuse(.proxyHeader, context) }
            begin(nil, rest: octets, context)
        }
    }

    private func speaks(_ hello: ClientHello) -> Bool {
        guard let offered = hello.protocols else { return spoken.contains(.http1) }
        return spoken.contains { offered.contains(Array($0.rawValue.utf8)) }
    }

    private func begin(_ hello: ClientHello?, rest: ByteBuffer?, _ context: ChannelHandlerContext) {
        do {
            guard let tls = try makeTLS(hello) else { return refuse(.unknownName, context) }
            try context.pipeline.syncOperations.addHandler(tls, position: .after(self))
        } catch {
            isRefused = true
            return context.close(promise: nil)
        }
        for octets in [held, rest] { if let octets { context.fireChannelRead(wrapInboundOut(octets)) } }
        held = nil
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        isRefused = true
        held = nil
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: refusal.alert)), promise: nil)
        // Some handlers close the connection for it, so the alert is on its way before.
        context.fireErrorCaught(refusal)
        context.close(promise: nil)
    }
}

extension ClientHelloHandler.Refusal {
    /// A record of type alert, fatal (RFC 8446 section 6).
    fileprivate var alert: [UInt8] {
        switch self {
        case .noSharedProtocol: [21, 3, 1, 0, 2, 2, 120]
        case .unknownName: [21, 3, 1, 0, 2, 2, 112]
        // unexpected_message
        case .proxyHeader: [21, 3, 1, 0, 2, 2, 10]
        }
    }

    var code: String {
        switch self {
        case .noSharedProtocol: HandshakeFailure.noApplicationProtocol
        case .unknownName: HandshakeFailure.unknownName
        case .proxyHeader: "proxy_header_unexpected"
        }
    }
}
