import BindingPolicy
import NIOCore
import NIOEmbedded

@testable import ProxyEngine

/// One end of a connection in memory: what was written to it, and whether its peer reads.
final class Wire: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let channel: EmbeddedChannel
    private var received: [UInt8] = []
    /// Our side of it has ended in order.
    private(set) var hasEnded = false
    /// The peer takes nothing: writes wait.
    private var isStuck = false
    /// The next write fails, as one to a connection that was reset does.
    var breaks = false
    private var waiting: [(ByteBuffer, EventLoopPromise<Void>?)] = []

    init(_ eventLoop: EmbeddedEventLoop, _ handler: (any ChannelHandler)? = nil) throws {
        channel = EmbeddedChannel(loop: eventLoop)
        try channel.pipeline.syncOperations.addHandler(self)
        if let handler { try channel.pipeline.syncOperations.addHandler(handler) }
        channel.connect(to: try SocketAddress(ipAddress: "192.0.2.9", port: 443), promise: nil)
    }

    var isOpen: Bool { channel.isActive }

    func sends(_ text: String) { sends(Array(text.utf8)) }

    func sends(_ octets: [UInt8]) {
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: octets))
        channel.pipeline.fireChannelReadComplete()
    }

    func ends() { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    func leaves() { channel.close(promise: nil) }

    func stopsReading() {
        isStuck = true
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
    }

    func readsAgain() {
        isStuck = false
        let held = waiting
        waiting = []
        for (bytes, promise) in held {
            received += bytes.readableBytesView
            promise?.succeed(())
        }
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// What came since the last call.
    func take() -> String { String(decoding: takeOctets(), as: UTF8.self) }

    func takeOctets() -> [UInt8] {
        defer { received = [] }
        return received
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if breaks {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return context.close(promise: nil)
        }
        let bytes = unwrapOutboundIn(data)
        if isStuck { return waiting.append((bytes, promise)) }
        received += bytes.readableBytesView
        promise?.succeed(())
    }

    func flush(context: ChannelHandlerContext) {}

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        hasEnded = true
        promise?.succeed(())
    }
}

final class FakeClient {
    let connection: HTTP1Connection
    let wire: Wire

    init(_ connection: HTTP1Connection, _ wire: Wire) {
        self.connection = connection
        self.wire = wire
    }

    func asks(_ path: String = "/", method: String = "GET", _ fields: String = "") {
        wire.sends("\(method) \(path) HTTP/1.1\r\nHost: api\r\n\(fields)\r\n")
    }

    /// The status of the next answer; what of it came is taken.
    func status() -> Int? { wire.take().split(separator: " ").dropFirst().first.flatMap { Int($0) } }
}

final class FakeUpstream {
    let wire: Wire

    let name: UpstreamName
    /// Its number.
    let address: Int

    init(_ eventLoop: EmbeddedEventLoop, _ name: UpstreamName, at address: Int) throws {
        wire = try Wire(eventLoop)
        self.name = name
        self.address = address
    }

    static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    func answers(_ text: String = FakeUpstream.answer) { wire.sends(text) }
}
