import NIOCore

/// The upstream's side of an exchange, in whatever protocol: a connection, or a stream of one. Called on the loop.
///
/// What it reads it reports to its ``Exchange``: `interimResponse`, `answerBegan`, `answerBody`, `answerEnded`, `upstreamLost`,
/// `upstreamWritable`.
protocol Upstream: AnyObject {
    /// Where it is.
    var place: UpstreamPlace { get }
    /// Serves an exchange from now on: its request's head, with its body where that is short.
    /// - Parameter isChunked: more of the body comes, of a length that is not known.
    func serve(_ exchange: Exchange, _ request: ByteBuffer, isChunked: Bool)
    /// More of the request's body; `data` may share the storage of what was read, so it is copied where it has to wait.
    func send(_ data: ByteBuffer, isLast: Bool)
    /// More of a body may be handed on.
    var isWritable: Bool { get }
    /// It may still refer to the storage of what it was given.
    var isSending: Bool { get }
    /// Octets that were handed on and not written yet, framing included.
    var unsentOctets: Int { get }
    func setReading(_ on: Bool)
    /// Ends the exchange; nothing more of this side reaches it.
    /// - Parameter keeping: whether the connection may serve another one.
    func finish(keeping: Bool)
    /// It is not wanted after all.
    func release()
    /// It has let its exchange wait in vain.
    func blame()
}
