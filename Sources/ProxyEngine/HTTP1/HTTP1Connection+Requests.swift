import DecisionWire
import HTTPWire
import NIOCore

/// From received octets to requests and their bodies.
extension HTTP1Connection {
    /// - Returns: whether a head was there and was dealt with.
    func takeHead(_ bytes: inout ByteBuffer) -> Bool {
        switch input.head(in: &bytes, loop.generation) {
        case .none: return false
        case .incomplete(let isNew):
            if isNew { deadline = loop.now + loop.generation.settings.headTimeout }
            return false
        case .refused(let fault):
            refuseUnread(Refusal(fault), .refused(.form(fault)), began: loop.now)
            return true
        case .complete(let length):
            takeRequest(&bytes, length: length)
            return true
        }
    }

    /// Something that is no request, or did not become one in time.
    func refuseUnread(_ refusal: Refusal, _ ending: Ending, began: NIODeadline) {
        body = .none
        isHTTP10 = false
        begin(.unreadable, began: began).refuseUnread(refusal, ending)
    }

    private func begin(_ request: RequestFacts, from client: ConnectedClient? = nil, began: NIODeadline) -> Exchange {
        let exchange = Exchange(request, from: client ?? self.client, to: self, on: loop, abandonedAt: input.abandonedAt, began: began)
        phase = .exchanging(exchange)
        deadline = .distantFuture
        requestBegan()
        return exchange
    }

    private func takeRequest(_ bytes: inout ByteBuffer, length: Int) {
        let generation = loop.generation
        body = BodyReader(generation.requestHead.framing, limits: generation.settings.limits)
        isHTTP10 = generation.requestHead.minorVersion == 0
        if isFront { return takeCheck(&bytes, length: length) }
        let exchange = begin(RequestFacts(generation.requestHead, hasBody: !body.isOver), began: loop.now)
        shortBody = shortBody(behind: length, in: bytes)
        let offered = shortBody?.readableBytes ?? 0
        let head = bytes
        bytes.moveReaderIndex(forwardBy: length)
        head.withUnsafeReadableBytes { raw in exchange.begin(UnsafeRawBufferPointer(rebasing: raw.prefix(length))) }
        if offered > 0, shortBody == nil { bytes.moveReaderIndex(forwardBy: offered) }
        shortBody = nil
    }

    /// Another request is asked about: that one is judged, and the decision is the answer to this one.
    private func takeCheck(_ bytes: inout ByteBuffer, length: Int) {
        let generation = loop.generation
        let request = RequestFacts(generation.requestHead, hasBody: !body.isOver, front: .http)
        let head = bytes
        bytes.moveReaderIndex(forwardBy: length)
        do throws(CheckFault) {
            let question = try head.withUnsafeReadableBytes { raw throws(CheckFault) in
                try ForwardAuthRequest.read(generation.requestHead, UnsafeRawBufferPointer(rebasing: raw.prefix(length)))
            }
            let now = loop.clock.seconds()
            if self.client.isRefusedFront(under: generation, now: now) { throw CheckFault.frontRefused }
            let client = loop.decisions.client(of: question, by: .http, under: generation, now: now)
            begin(request, from: client, began: loop.now).begin(question)
        } catch {
            begin(request, began: loop.now).refuseCheck(error)
        }
    }

    /// A small body that is there already goes out with the head, in one write.
    private func shortBody(behind length: Int, in bytes: ByteBuffer) -> ByteBuffer? {
        guard let rest = body.remaining, rest > 0, rest <= EngineSettings.smallBody else { return nil }
        return bytes.getSlice(at: bytes.readerIndex + length, length: rest)
    }

    func takeShortBody() -> ByteBuffer? {
        guard let taken = shortBody else { return nil }
        shortBody = nil
        body = .none
        return taken
    }

    /// Hands on what `bytes` holds of the body.
    /// - Returns: whether there may be more to do.
    func forwardBody(_ bytes: inout ByteBuffer, _ exchange: Exchange) -> Bool {
        guard bytes.readableBytes > 0, !body.isOver, exchange.takesBody() else { return false }
        let step = body.next(&bytes)
        if let fault = step.fault {
            exchange.requestMalformed(fault)
            return true
        }
        payload += step.data.readableBytes
        exchange.requestBody(step.data, isLast: step.isOver)
        return step.isOver || !isStill(exchange)
    }

    /// Whether it is the one at hand.
    private func isStill(_ exchange: Exchange) -> Bool {
        if case .exchanging(let current) = phase { current === exchange } else { false }
    }
}
