import HTTPWire
package import NIOCore

/// One connection of HTTP/2 to an upstream, shared by the exchanges of many clients: takes frames off the wire, tells
/// ``HTTP2ClientState`` of each and carries out what comes back. Each exchange has an ``HTTP2UpstreamStream``; there are no channels for
/// streams, and what all of them send in one tick of the loop goes out in one write.
///
/// This file holds what the connection is and how it ends; `+Frames` what arrives, `+Output` what is sent.
///
/// It is always read from: what a client does not take is bounded by its stream's window, so that it holds up nobody else.
package final class HTTP2UpstreamConnection: ChannelInboundHandler, UpstreamLink {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    let pool: UpstreamPool
    let place: UpstreamPlace
    private(set) var context: ChannelHandlerContext?
    private var isActive = false
    /// It is given to nobody any more, and ends with its last stream.
    private var isRetired = false
    var state: HTTP2ClientState
    private var reader = HTTP2FrameReader(withPreface: false)
    var decoder = HPACKDecoder()
    /// In the order of their identifiers.
    private(set) var streams: [HTTP2UpstreamStream] = []
    /// Of those, the ones that were told of something in this read.
    var touched: [HTTP2UpstreamStream] = []
    /// What arrived and is no whole frame yet.
    private var input = ByteBuffer()
    var output = HTTP2Output()
    /// Octets that answer the upstream's own frames, and wait for it to read.
    var replies = 0
    /// Something came over it since it stood unused last.
    private var isProven = false
    /// The pool counts on it, and does not know yet for how many.
    private var isGreeting = false
    var buffers = BufferPool()
    var idleSince = NIODeadline.distantPast
    private(set) var client: ClientKey?

    init(pool: UpstreamPool, place: UpstreamPlace) {
        self.pool = pool
        self.place = place
        var terms = HTTP2ClientState.Terms()
        terms.streams = pool.limits.exchangesPerConnection
        terms.block = pool.responses.head
        state = HTTP2ClientState(terms)
    }

    // MARK: The pool's side

    var isUsable: Bool { isActive && !isRetired && state.room > 0 && !state.isSpent && !output.isFull }
    var isUnused: Bool { streams.isEmpty }
    var isShared: Bool { pool.isShared }
    var keptUntil: NIODeadline { .distantFuture }
    var isServing: Bool { isActive }

    func take(again: Bool) -> any Upstream { HTTP2UpstreamStream(on: self, mayBeStale: again && (isUnused || !isProven)) }

    /// Its exchanges are told before the channel hears of it.
    func close(reset: Bool) { end(.closed, reset: reset) }

    // MARK: Streams

    /// - Returns: the stream's number; nil where it can have none.
    func open(_ stream: HTTP2UpstreamStream, for client: ClientKey?, endsStream: Bool) -> UInt32? {
        guard isActive, !isRetired, let id = state.open(endsStream: endsStream) else { return nil }
        if streams.isEmpty { isProven = false }
        streams.append(stream)
        if pool.limits.isolates { self.client = client }
        return id
    }

    func stream(_ id: UInt32) -> HTTP2UpstreamStream? { streams.position(of: id).map { streams[$0] } }

    /// Its exchange is over. The upstream is told where it does not know.
    func left(_ stream: HTTP2UpstreamStream, _ code: HTTP2ErrorCode = .cancel) {
        guard let position = streams.firstIndex(where: { $0 === stream }) else { return }
        streams.remove(at: position)
        output.waiting -= stream.dropOutput()
        if state.abandoned(stream.id), isActive { gather { HTTP2FrameWriter.reset(stream.id, code, to: &$0) } }
        guard isActive else { return }
        pool.hasRoom(self)
    }

    /// It let an exchange wait in vain: whether it is the upstream that is slow or the way to it that is gone, nobody knows.
    func retire() {
        isRetired = true
        place.idle.removeAll { $0 === self }
    }

    /// There may be room again where there was none.
    func offer() { if isUsable { pool.hasRoom(self) } else if isUnused, state.isLeaving { close() } }

    // MARK: The channel's side

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isActive = context.channel.isActive
        if isActive {
            isGreeting = true
            pool.greeting += 1
        }
        greet()
    }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { end(.closed) }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        streams.first?.exchange?.loop.eventBegan()
        isProven = true
        // What was slow was not the way to it.
        if isRetired { isRetired = false }
        var bytes = unwrapInboundIn(data)
        if input.readableBytes > 0 {
            input.writeBuffer(&bytes)
            bytes = input
            input = ByteBuffer()
        }
        if !state.hasSettings, Self.isHTTP1(bytes) { return end(.notHTTP2) }
        while isActive, step(&bytes) {}
        // Kept as a copy: a slice would keep the whole read's storage alive.
        if isActive, bytes.readableBytes > 0 { input = ByteBuffer(bytes: bytes.readableBytesView) }
        if state.hasSettings { greeted() }
        readEnded()
        if isUsable, !place.idle.contains(where: { $0 === self }) { offer() }
    }

    /// The last handler: what would be passed on goes nowhere.
    package func channelReadComplete(context: ChannelHandlerContext) {}

    /// - Returns: whether there may be more to do.
    private func step(_ bytes: inout ByteBuffer) -> Bool {
        switch reader.next(&bytes) {
        case .incomplete: return false
        case .fault(let fault): fail(fault)
        case .preface: break
        case .frame(let head, let payload): received(head, payload)
        case .data(let part): received(part)
        }
        return true
    }

    /// A server of HTTP/1.1 answers the preface as if it were a request.
    private static func isHTTP1(_ bytes: ByteBuffer) -> Bool { bytes.readableBytesView.starts(with: "HTTP/1".utf8) }

    package func channelInactive(context: ChannelHandlerContext) {
        end(.closed)
        pool.closed(self)
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { end(UpstreamFault(losing: error)) }

    private func greeted() {
        guard isGreeting else { return }
        isGreeting = false
        pool.greeting -= 1
    }

    // MARK: Its end

    /// The upstream broke the protocol: it is told, and nothing of what it sent counts any more.
    func fail(_ fault: HTTP2Fault) {
        guard isActive, let context else { return }
        var out = ByteBuffer()
        HTTP2FrameWriter.goAway(last: 0, fault.code, to: &out)
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        end(.nonsense(fault))
    }

    private func end(_ fault: UpstreamFault, reset: Bool = false) {
        guard isActive else { return }
        isActive = false
        greeted()
        touched = []
        place.idle.removeAll { $0 === self }
        context?.channel.closeAbruptly(reset: reset)
        let lost = streams
        streams = []
        // However many it served, it failed once.
        if lost.contains(where: \.isBlaming) { pool.blame(place) }
        for stream in lost { stream.lost(fault) }
    }
}
