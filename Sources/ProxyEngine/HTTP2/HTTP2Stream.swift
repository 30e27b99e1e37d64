import AccessControl
import HTTPWire
import NIOCore

/// One stream of a connection of HTTP/2: an exchange's client. What is of the stream alone is here: the part of its body that no upstream
/// has taken, and the part of its answer that the client has no room for.
///
/// This file holds what the stream is and its request; `+Answer` how it is answered.
final class HTTP2Stream: HTTP2Numbered {
    let id: UInt32
    let connection: HTTP2Connection
    /// Nil once it is over, while an answer may still wait for the client's windows.
    var exchange: Exchange?
    /// Octets of the head that the exchange keeps.
    var headOctets = 0

    /// The upstream has switched protocols on it.
    var isTunnel = false
    /// Of a front's, until it is asked.
    var call: EnvoyCall?
    /// Servers of gRPC end a call at once, and its clients know that.
    var isGRPC = false

    /// Once it is answered, the rest of its body may come.
    var mayDiscard: Bool { !isMalformed && !isTunnel && !isGRPC }

    // MARK: The request's body

    /// What has arrived and was not handed on.
    private var body = ByteBuffer()
    var bodyOctets: Int { body.readableBytes }
    /// Its end has arrived.
    private(set) var hasWholeBody = false
    private var isEndHandedOn = false
    /// Handed on, and perhaps not taken yet.
    private var handedOn = 0
    /// Of those, the ones that went with the head.
    private var withHead = 0
    /// What is wrong with it, found before anybody could be told.
    private var fault: WireFault?
    /// What the client sent is no request.
    private(set) var isMalformed = false

    // MARK: The answer

    /// What of it waits for the client.
    var waiting = ByteBuffer()
    /// What ends it is framed behind what waits.
    var isEnding = false
    var trailers: [UInt8] = []
    /// All of it is framed.
    var isDone = false
    var lastFrame: HTTP2Output.Mark?

    init(_ id: UInt32, on connection: HTTP2Connection) {
        self.id = id
        self.connection = connection
    }

    var loop: EngineLoop { connection.loop }

    // MARK: How it begins

    func begin(_ request: RequestFacts, from client: ConnectedClient? = nil) -> Exchange {
        let exchange = Exchange(request, from: client ?? connection.client, to: self, on: loop, abandonedAt: connection.abandonedAt, began: loop.now)
        self.exchange = exchange
        return exchange
    }

    /// - Parameter head: which was just parsed into the generation's storage.
    func ask(_ head: ByteBuffer, hasBody: Bool, opensWebSocket: Bool) {
        if connection.isFront { return askForDecision(head, hasBody: hasBody) }
        head.withUnsafeReadableBytes { octets in
            isGRPC = loop.generation.requestHead.contentType.map { GRPCRefusal.isAnswer(to: octets.slice($0)) } ?? false
            let exchange = begin(
                RequestFacts(
                    loop.generation.requestHead, hasBody: hasBody && !opensWebSocket, isHTTP2: true, opensWebSocket: opensWebSocket, isGRPC: isGRPC))
            if opensWebSocket { hasWholeBody = !hasBody }
            headOctets = head.readableBytes
            exchange.begin(octets)
        }
    }

    /// - Parameter isMalformed: it is no request by RFC 9113 section 8.1.1.
    func refuseUnread(_ fault: WireFault, isMalformed: Bool) {
        self.isMalformed = isMalformed
        begin(.unreadableHTTP2).refuseUnread(Refusal(fault), .refused(.form(fault)))
    }

    // MARK: Its body

    /// - Parameter data: shares the storage of what was read.
    func receivedBody(_ data: ByteBuffer, isLast: Bool) {
        if isLast { hasWholeBody = true }
        if call != nil { return receivedCall(data) }
        guard let exchange, exchange.mayUpload else { return connection.taken(data.readableBytes, of: id) }
        if body.readableBytes == 0, exchange.takesBody() {
            handOn(data, to: exchange)
        } else {
            body.writeImmutableBuffer(data)
        }
    }

    /// It is not what was announced; nothing more of it counts.
    func receivedMalformed(_ fault: WireFault) {
        isMalformed = true
        self.fault = fault
        if call != nil { return connection.reset(id, .protocolError, isClients: true) }
        exchange?.requestMalformed(fault)
    }

    private func handOn(_ data: ByteBuffer, to exchange: Exchange) {
        let isLast = hasWholeBody && fault == nil
        guard !isEndHandedOn, isLast || data.readableBytes > 0 else { return }
        isEndHandedOn = isLast
        handedOn += data.readableBytes
        exchange.requestBody(data, isLast: isLast)
        giveBack()
    }

    /// What the upstream has taken may be followed by more.
    private func giveBack() {
        let free = handedOn - withHead - (exchange?.unsentOctets ?? 0)
        guard free > 0 else { return }
        handedOn -= free
        connection.taken(free, of: id)
    }

    func takeShortBody() -> ByteBuffer? {
        guard hasWholeBody, fault == nil, !isEndHandedOn, (1...EngineSettings.smallBody).contains(body.readableBytes) else { return nil }
        isEndHandedOn = true
        withHead = body.readableBytes
        handedOn += withHead
        defer { body = ByteBuffer() }
        return body
    }

    func takeBody(_ takes: Bool) {
        guard takes, let exchange else { return }
        giveBack()
        if connection.output.isHolding { exchange.outputBlocked(isOutputBlocked) }
        guard exchange.takesBody() else { return }
        let data = body
        body = ByteBuffer()
        handOn(data, to: exchange)
        if let fault { exchange.requestMalformed(fault) }
    }

    /// The upstream answers: what is kept of the request to be sent again is let go of.
    func headReleased() {
        headOctets = 0
        withHead = 0
        giveBack()
    }
}
