package import NIOCore

/// A connection of HTTP/2 to an upstream, as its client sees it, as a value: which streams we have open, both sides' windows and settings
/// (RFC 9113). It is told of each frame and says what follows; no octets are written here, and no clock is read.
///
/// This file holds what our own side does; `+Frames` what the upstream sends.
///
/// 1. Octets of a body are given back to the connection's window as they arrive, and to the stream's when the client has room for them: one
///    client that stands still holds up nobody else's answer, and holds one stream's window.
/// 2. A stream's window is small at first and widens with the first octets that find room: an answer that nobody reads holds little.
package struct HTTP2ClientState: Sendable {
    package struct Terms: Equatable, Sendable {
        /// Open at once, whatever more the upstream allows.
        package var streams = 100
        /// The same before it has said what it allows.
        package var streamsAtFirst = 8
        /// Octets of an answer that may arrive before the client takes any: SETTINGS_INITIAL_WINDOW_SIZE.
        package var firstWindow = 16 << 10
        /// The same once the client takes them.
        package var window = 64 << 10
        package var connectionWindow = 1 << 20
        /// Octets of a header block, as it is on the wire.
        package var block = 64 << 10
        /// CONTINUATION frames of one header block (VU#421644).
        package var continuations = 16

        package init() {}
    }

    /// One of our requests, from its HEADERS until both sides have ended it.
    struct Stream: Equatable, Sendable, HTTP2Numbered {
        let id: UInt32
        var isLocalOpen: Bool
        var isRemoteOpen = true
        var send: HTTP2SendWindow
        var receive: HTTP2ReceiveWindow
        /// What Content-Length leaves of the answer's body; nil where it says nothing.
        var expected: Int?
        /// The final answer's head has come: a further block is its trailers.
        var hasHead = false
    }

    package let terms: Terms
    package internal(set) var peer = HTTP2PeerSettings()
    /// In the order of their identifiers.
    var streams: [Stream] = []
    var nextStream: UInt32 = 1
    var send = HTTP2SendWindow()
    var receive: HTTP2ReceiveWindow
    var block: HTTP2ConnectionState.OpenBlock?
    package internal(set) var hasSettings = false
    /// The upstream takes no further stream.
    package internal(set) var isLeaving = false

    package init(_ terms: Terms = Terms()) {
        self.terms = terms
        receive = HTTP2ReceiveWindow(terms.connectionWindow, announced: min(65_535, terms.connectionWindow))
    }

    /// What we tell the upstream first: that it pushes nothing, and keeps to our bounds.
    package func settings(headerList: Int) -> [(HTTP2Setting, UInt32)] {
        [
            (.enablePush, 0), (.initialWindowSize, UInt32(clamping: terms.firstWindow)), (.maxHeaderListSize, UInt32(clamping: headerList)),
        ]
    }

    // MARK: Streams

    package var openStreams: Int { streams.count }

    /// Streams that may be opened now. Before the upstream has spoken it may be taken to allow any number (RFC 9113 section 6.5.2); what is
    /// too much for it, it refuses, so that these are few.
    package var room: Int {
        guard !isLeaving, nextStream < HTTP2FrameHead.maximum31 else { return 0 }
        return max(0, min(terms.streams, hasSettings ? peer.streams ?? terms.streams : terms.streamsAtFirst) - streams.count)
    }

    func index(of id: UInt32) -> Int? { streams.position(of: id) }

    package func isOpen(_ id: UInt32) -> Bool { index(of: id) != nil }

    /// - Parameter endsStream: nothing follows the request's head.
    /// - Returns: its number; nil where there is no room for it.
    package mutating func open(endsStream: Bool) -> UInt32? {
        guard room > 0 else { return nil }
        let id = nextStream
        nextStream += 2
        streams.append(
            Stream(
                id: id, isLocalOpen: !endsStream, send: HTTP2SendWindow(peer.initialWindow), receive: HTTP2ReceiveWindow(terms.firstWindow)))
        return id
    }

    /// The end of the request was sent.
    package mutating func ended(_ id: UInt32) {
        guard let index = index(of: id) else { return }
        streams[index].isLocalOpen = false
        removeIfOver(at: index)
    }

    /// We gave it up. What the upstream still sends on it is nobody's.
    /// - Returns: whether the upstream is to be told.
    package mutating func abandoned(_ id: UInt32) -> Bool {
        guard let index = index(of: id) else { return false }
        streams.remove(at: index)
        return true
    }

    mutating func removeIfOver(at index: Int) {
        guard streams.indices.contains(index), !streams[index].isLocalOpen, !streams[index].isRemoteOpen else { return }
        streams.remove(at: index)
    }

    // MARK: Requests

    /// What each header block of ours begins with.
    package mutating func beginBlock(_ out: inout ByteBuffer) {
        guard peer.table == .shrinks else { return }
        HTTP2AnswerWriter.writeEmptyTable(to: &out)
        peer.table = .none
    }

    /// Octets of a body that may be sent now, in one frame.
    package func sendable(on id: UInt32, atMost bound: Int) -> Int {
        guard let index = index(of: id) else { return 0 }
        return max(0, min(bound, peer.maximumFrame, send.octets, streams[index].send.octets))
    }

    package mutating func sent(_ octets: Int, on id: UInt32) {
        guard octets > 0, let index = index(of: id) else { return }
        streams[index].send.use(octets)
        send.use(octets)
    }

    /// All streams together may send nothing more at present.
    package var isSpent: Bool { send.octets <= 0 }

    // MARK: Answers

    /// The final answer's head has come.
    /// - Parameter length: octets that its body has, where that is known.
    /// - Returns: false where it contradicts the end of the stream that came with it (RFC 9113 section 8.1.1).
    package mutating func answerBegan(_ id: UInt32, length: Int?) -> Bool {
        guard let index = index(of: id) else { return true }
        streams[index].hasHead = true
        streams[index].expected = length
        return streams[index].isRemoteOpen || (length ?? 0) == 0
    }

    /// Whether all the octets came that were announced.
    package func isWholeBody(of id: UInt32) -> Bool {
        guard let index = index(of: id), let rest = streams[index].expected else { return true }
        return rest == 0
    }

    /// Octets of an answer's body have found room.
    package mutating func taken(_ octets: Int, of id: UInt32) {
        guard octets > 0, let index = index(of: id) else { return }
        streams[index].receive.giveBack(octets)
    }

    /// By how much the upstream is to be told that a stream's window grows; nil for nothing to tell.
    package mutating func windowUpdate(of id: UInt32) -> Int? {
        guard let index = index(of: id), streams[index].isRemoteOpen, let least = streams[index].receive.update() else { return nil }
        streams[index].receive.widen(to: terms.window)
        return least + (streams[index].receive.update() ?? 0)
    }

    /// The same of the connection's.
    package mutating func connectionWindowUpdate() -> Int? { receive.update() }
}
