import NIOCore

/// A connection of HTTP/2 as its server sees it, as a value: which streams are open, both sides' windows and settings, and how much patience
/// is left (RFC 9113). It is told of each frame and says what follows; no octets are written here, and no clock is read.
///
/// What a frame means is in `+Frames`, what our own side does in `+Answers`.
package struct HTTP2ConnectionState: Sendable {
    /// How a connection takes its leave (RFC 9113 section 6.8).
    package enum Departure: Equatable, Sendable {
        case staying
        /// The client was told to open nothing more, and may have before it heard of it.
        case announced
        /// Nothing beyond this stream is looked at.
        case leaving(last: UInt32)
    }

    /// A header block of which more has to come.
    struct OpenBlock {
        var stream: UInt32
        var endsStream: Bool
        var octets: ByteBuffer
        var continuations = 0
    }

    package let limits: HTTP2Limits
    /// Octets of a header block, as it is on the wire.
    let blockBound: Int
    package internal(set) var peer = HTTP2PeerSettings()
    package internal(set) var departure = Departure.staying
    /// The highest that the client has opened.
    package internal(set) var lastStream: UInt32 = 0
    /// What it passed over last: none of these was ever opened.
    var skipped: Range<UInt32> = 0..<0
    /// In the order of their identifiers.
    var streams: [HTTP2StreamState] = []
    var send = HTTP2SendWindow()
    var receive: HTTP2ReceiveWindow
    var block: OpenBlock?
    var closed: HTTP2ClosedStreams
    var hasSettings = false
    /// Of ours, that the client has not acknowledged.
    package internal(set) var awaitsSettings = true
    /// The PING that was sent with the announcement of our leaving is not answered.
    var awaitsDeparturePing = false
    var resets: HTTP2Allowance
    var streamErrors: HTTP2Allowance
    var glitches: HTTP2Allowance

    /// - Parameter head: octets of a request's head.
    package init(_ limits: HTTP2Limits, head: Int) {
        self.limits = limits
        blockBound = max(head, HTTP2FrameHead.maximumPayload)
        receive = HTTP2ReceiveWindow(limits.connectionWindow, announced: min(65_535, limits.connectionWindow))
        closed = HTTP2ClosedStreams(capacity: limits.streams)
        resets = HTTP2Allowance(limits.resets, within: limits.interval)
        streamErrors = HTTP2Allowance(limits.streamErrors, within: limits.interval)
        glitches = HTTP2Allowance(limits.glitches, within: limits.interval)
    }

    /// What we tell the client first.
    /// - Parameters:
    ///   - headerList: octets of a request's fields, as RFC 9113 section 6.5.2 counts them.
    ///   - offersWebSocket: RFC 8441 section 3.
    package func settings(headerList: Int, offersWebSocket: Bool = false) -> [(HTTP2Setting, UInt32)] {
        [
            (.maxConcurrentStreams, UInt32(clamping: limits.streams)), (.initialWindowSize, UInt32(clamping: limits.streamWindow)),
            (.maxHeaderListSize, UInt32(clamping: headerList)),
        ] + (offersWebSocket ? [(.enableConnectProtocol, 1)] : [])
    }

    package var openStreams: Int { streams.count }
    /// A header block has begun and not ended.
    package var isInHeaders: Bool { block != nil }
    /// What has come of it.
    package var blockOctets: Int { block?.octets.readableBytes ?? 0 }

    // MARK: Streams

    func index(of id: UInt32) -> Int? { streams.position(of: id) }

    /// The client opens streams with odd numbers; those with even ones are never opened.
    func isIdle(_ id: UInt32) -> Bool { id & 1 == 0 || id > lastStream }

    /// It is over: what of its body nobody has taken is given back to the connection.
    mutating func remove(at index: Int) {
        guard streams.indices.contains(index) else { return }
        let stream = streams.remove(at: index)
        receive.giveBack(stream.untaken)
        if stream.isRemoteOpen { closed.insert(stream.id) }
    }

    package func isOpen(_ id: UInt32) -> Bool { index(of: id) != nil }
}
