import HTTPWire
import NIOCore

/// A client's side that can be turned into a tunnel.
protocol TunnelDownstream: Downstream {
    /// The upstream has switched protocols: from now on whatever either side sends is passed on as it comes.
    /// - Parameters:
    ///   - raw: what the generation's response head was parsed from.
    ///   - fields: whole lines that are added.
    func beginTunnel(_ raw: ByteBuffer, fields: [UInt8])
}

/// An offer to go on with WebSocket, which its route allows, and what became of it.
final class WebSocketUpgrade {
    /// What the upstream has to say of the client's key.
    let accept: [UInt8]
    /// Of the upstream, once it has switched.
    fileprivate(set) var frames: WebSocketFrames?

    /// The one protocol that is offered, whatever else a client names: for the request, and for the answer that takes it up.
    static let fields = Array("Connection: Upgrade\r\nUpgrade: websocket\r\n".utf8)

    /// The request's lines of it.
    let lines: [UInt8]

    init(accept: [UInt8], ownKey: [UInt8]? = nil) {
        self.accept = accept
        lines = Self.fields + (ownKey.map { Array("Sec-WebSocket-Key: ".utf8) + $0 + Array("\r\n".utf8) } ?? [])
    }

    /// Sixteen octets by chance in base64 (RFC 6455 section 4.1): it proves nothing but that the answer is to this request.
    static func key(using generator: inout some RandomNumberGenerator) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        // Of the last digit only two bits count.
        let last = Array("AQgw".utf8)
        return (0..<21).compactMap { _ in digits.randomElement(using: &generator) } + [last.randomElement(using: &generator) ?? last[0]]
            + Array("==".utf8)
    }
}

/// Two sides that speak WebSocket through us. It has no end of its own: the right to it ends it, and our own end does.
extension Exchange {
    func offer(_ octets: UnsafeRawBufferPointer) -> WebSocketUpgrade? {
        guard let accept = generation.settings.webSocketAccept, downstream is any TunnelDownstream else { return nil }
        if request.opensWebSocket {
            guard generation.requestHead.framing == .none else { return nil }
            var randomness = SystemRandomNumberGenerator()
            let key = WebSocketUpgrade.key(using: &randomness)
            return WebSocketUpgrade(accept: accept(key), ownKey: key)
        }
        guard let key = generation.requestHead.webSocketKey(in: octets)
        else { return nil }
        return WebSocketUpgrade(accept: accept(key))
    }

    /// Where a client of HTTP/2 asks for a tunnel, any answer of success would be one (RFC 9113 section 8.5): it gets none but that.
    var isUnwantedTunnel: Bool { request.opensWebSocket && (upgrade == nil || (200..<300).contains(generation.responseHead.status)) }

    /// The upstream took the offer up.
    func answerSwitched(_ raw: ByteBuffer) {
        guard let upgrade, let downstream = downstream as? any TunnelDownstream, state.switched(at: loop.now) == .pass else { return }
        record.status = request.isHTTP2 ? 200 : generation.responseHead.status
        upgrade.frames = WebSocketFrames()
        // What a tunnel carries is nobody's body.
        bodyLimit = .max
        downstream.beginTunnel(raw, fields: WebSocketUpgrade.fields)
        releaseHead()
        if loop.isDraining { return cut(.drained(.tunnel)) }
        progressed()
        // A client that did not wait for the answer is heard now.
        downstream.takeBody(true)
    }

    func noteFrames(_ part: ByteBuffer) {
        guard let upgrade, upgrade.frames != nil else { return }
        part.withUnsafeReadableBytes { upgrade.frames?.pass($0) }
    }

    /// Nothing new begins, and a tunnel would never end.
    func drain() {
        endAnnounced()
        if case .tunnelling = state.phase { cut(.drained(.tunnel)) }
    }

    /// What is left to be said in a tunnel that we end; nil where the client cannot be told, being in the middle of something.
    func farewell(_ ending: Ending) -> ByteBuffer? {
        guard let frames = upgrade?.frames, let code = ending.webSocketCode, frames.isBetweenFrames, !frames.hasClosed,
            downstream?.isOutputBlocked == false
        else { return nil }
        return ByteBuffer(bytes: WebSocketFrames.close(code))
    }
}

extension Ending {
    /// RFC 6455 section 7.4.1: a policy was violated, or the server goes away.
    fileprivate var webSocketCode: UInt16? {
        switch self {
        case .rightEnded: 1008
        case .drained, .clientSlow(.idle): 1001
        case .answered, .refused, .upstreamFailed, .clientGone, .clientSlow, .clientMalformed, .connectionFailed, .aborted: nil
        }
    }
}
