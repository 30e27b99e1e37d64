import HTTPWire
package import NIOCore
import NIOSSL
import NIOTLS

/// One kept-alive connection to the upstream: reads responses strictly and hands them to the exchange it serves.
///
/// Octets that no exchange waits for are never a response (RFC 9112 section 9.2): they close the connection.
package final class UpstreamConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// What of a response is still to come.
    private enum Expecting {
        case nothing
        case head(interim: Int)
        case length(Int)
        case chunks(ChunkedBodyReader)
        case end
    }

    private let pool: UpstreamPool
    private var onReady: ((Result<UpstreamConnection, any Error>) -> Void)?
    private let tls: UpstreamTarget.TLS?
    private var tlsHandler: NIOSSLClientHandler?
    private var context: ChannelHandlerContext?
    /// Kept from the channel's events: asking the channel costs more than everything else that is done for a request here.
    private var isActive = false
    private(set) var isWritable = true
    private var client: ClientConnection?
    private var expecting = Expecting.nothing
    /// The beginning of a head or of a chunk's framing that has not arrived whole.
    private var partial = ByteBuffer()
    private var readingPaused = false
    /// Octets stand behind the response that just ended: whose they are cannot be known.
    private var surplus = false
    private(set) var exchangesServed = 0
    var idleSince = NIODeadline.distantPast

    init(pool: UpstreamPool, tls: UpstreamTarget.TLS?, onReady: @escaping (Result<UpstreamConnection, any Error>) -> Void) {
        self.pool = pool
        self.tls = tls
        self.onReady = onReady
    }

    func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        if let tls {
            let handler = try tls.makeHandler()
            tlsHandler = handler
            try pipeline.addHandler(handler)
        }
        try pipeline.addHandler(self)
    }

    // MARK: The exchange's side

    var isUsable: Bool { isActive && client == nil }
    /// Whether an earlier exchange used it, so that the upstream may have closed it since.
    var isReused: Bool { exchangesServed > 1 }

    /// Begins an exchange. The caller writes the request.
    func serve(_ client: ClientConnection) {
        self.client = client
        expecting = .head(interim: 0)
        exchangesServed &+= 1
    }

    func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }
    func flush() { context?.flush() }

    /// Ends the exchange; nothing more of this connection reaches its client.
    func finish(keeping: Bool) {
        client = nil
        if readingPaused { setReading(true) }
        if keeping, !surplus, case .nothing = expecting {
            pool.release(self)
        } else {
            close()
        }
    }

    /// Over TLS the end takes a while: meanwhile it is given to nobody.
    func close() {
        isActive = false
        context?.close(mode: .all, promise: nil)
    }

    func setReading(_ on: Bool) {
        guard readingPaused == on, let context else { return }
        readingPaused = !on
        try? context.channel.syncOptions?.setOption(.autoRead, value: on)
        if on { context.read() }
    }

    // MARK: The channel's side

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func channelActive(context: ChannelHandlerContext) {
        isActive = true
        if tls == nil { becomeReady() }
        context.fireChannelActive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event, let tls {
            if tls.accepts(tlsHandler?.peerCertificate) {
                becomeReady()
            } else {
                notReady(UpstreamFault.untrusted)
                close()
            }
        }
        if case ChannelEvent.inputClosed = event { inputClosed() }
        context.fireUserInboundEventTriggered(event)
    }

    private func becomeReady() {
        let tell = onReady
        onReady = nil
        tell?(.success(self))
    }

    /// It could not be opened, or was lost before it could be used.
    func notReady(_ error: any Error) {
        let tell = onReady
        onReady = nil
        tell?(.failure(error))
    }

    func handshakeDeadlineReached() {
        guard onReady != nil else { return }
        notReady(UpstreamFault.connectTimeout)
        close()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard let client else { return close() }
        client.loop.eventBegan()
        if partial.readableBytes > 0 {
            partial.writeBuffer(&bytes)
            bytes = partial
            partial = ByteBuffer()
        }
        if let fault = deliver(&bytes, to: client) {
            fail(fault)
        } else if self.client === client {
            // Kept as a copy: a slice would keep the whole read's storage alive.
            if bytes.readableBytes > 0 { partial = ByteBuffer(bytes: bytes.readableBytesView) }
            client.flushToClient()
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable, let client {
            client.loop.eventBegan()
            client.upstreamWritable()
        }
    }

    /// The last handler: what would be passed on goes nowhere.
    package func channelReadComplete(context: ChannelHandlerContext) {}

    /// The upstream ended its side. Only such an end, one that was read, can be the end of a body.
    private func inputClosed() {
        client?.loop.eventBegan()
        if case .end = expecting, let client {
            expecting = .nothing
            client.responseEnded()
        } else {
            fail(.closed)
        }
        close()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        isActive = false
        notReady(UpstreamFault.unreachable)
        fail(.closed)
        pool.closed(self)
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        notReady(error)
        // A body that only the end of the connection ends must not look complete where the end was not a clean one.
        if case .end = expecting { fail(.closed) }
        if !(error is IOError) { context.close(promise: nil) }
    }

    private func fail(_ fault: UpstreamFault) {
        expecting = .nothing
        guard let client else { return }
        self.client = nil
        client.upstreamLost(fault, reused: isReused)
        close()
    }

    // MARK: Responses

    /// Hands on what `bytes` holds and leaves what is not whole yet.
    private func deliver(_ bytes: inout ByteBuffer, to client: ClientConnection) -> UpstreamFault? {
        while self.client === client {
            switch expecting {
            case .nothing:
                // More than the response: what it is cannot be known, so this connection is not used again.
                if bytes.readableBytes > 0 { close() }
                return nil
            case .head(let interim):
                guard bytes.readableBytes > 0 else { return nil }
                switch deliverHead(&bytes, interim: interim, to: client) {
                case .success(true): continue
                case .success(false): return nil
                case .failure(let fault): return fault
                }
            case .length(let rest):
                guard let part = bytes.readSlice(length: min(rest, bytes.readableBytes)), part.readableBytes > 0 else { return nil }
                let left = rest - part.readableBytes
                expecting = left == 0 ? .nothing : .length(left)
                client.responseBody(part)
                if left == 0 { end(bytes, client) }
            case .chunks(var reader):
                expecting = .nothing
                guard let more = deliverChunks(&bytes, &reader, to: client) else { return .nonsense }
                guard more else { continue }
                expecting = .chunks(reader)
                return nil
            case .end:
                guard let part = bytes.readSlice(length: bytes.readableBytes), part.readableBytes > 0 else { return nil }
                client.responseBody(part)
            }
        }
        return nil
    }

    /// Marks the connection before the exchange ends, which may hand it to the next one at once.
    private func end(_ rest: ByteBuffer, _ client: ClientConnection) {
        surplus = rest.readableBytes > 0
        client.responseEnded()
    }

    /// - Returns: whether a whole head was there.
    private func deliverHead(_ bytes: inout ByteBuffer, interim: Int, to client: ClientConnection) -> Result<Bool, UpstreamFault> {
        let loop = client.loop
        let progress = loop.responseHead.parse(bytes, answering: client.isHeadRequest ? .head : .other)
        switch progress {
        case .incomplete: return .success(false)
        case .refused: return .failure(.nonsense)
        case .complete(let length):
            guard let raw = bytes.readSlice(length: length) else { return .failure(.nonsense) }
            if (100..<200).contains(loop.responseHead.status) {
                // 101 answers an upgrade, and none was forwarded.
                guard loop.responseHead.status != 101, interim < EngineSettings.interimBound else { return .failure(.nonsense) }
                expecting = .head(interim: interim + 1)
                client.interimResponse(raw)
                return .success(true)
            }
            begin(raw, &bytes, to: client)
            return .success(true)
        }
    }

    private func begin(_ raw: ByteBuffer, _ bytes: inout ByteBuffer, to client: ClientConnection) {
        let framing = client.loop.responseHead.framing
        switch framing {
        case .none: expecting = .nothing
        case .length(let length): expecting = length == 0 ? .nothing : .length(length)
        case .chunked: expecting = .chunks(ChunkedBodyReader(limits: .response))
        case .untilClose: expecting = .end
        }
        client.responseBegan(raw, upstreamPersists: client.loop.responseHead.isPersistent)
        if case .nothing = expecting, self.client === client { end(bytes, client) }
    }

    /// - Returns: whether more is to come; nil where the framing is broken.
    private func deliverChunks(_ bytes: inout ByteBuffer, _ reader: inout ChunkedBodyReader, to client: ClientConnection) -> Bool? {
        while self.client === client {
            let step = bytes.withUnsafeReadableBytes { reader.next($0) }
            switch step.event {
            case .needMore:
                bytes.moveReaderIndex(forwardBy: step.consumed)
                return true
            case .data(let range):
                let part = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)
                bytes.moveReaderIndex(forwardBy: step.consumed)
                if let part { client.responseBody(part) }
            case .end:
                bytes.moveReaderIndex(forwardBy: step.consumed)
                end(bytes, client)
                return false
            case .fault: return nil
            }
        }
        return false
    }
}
