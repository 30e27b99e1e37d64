import HTTPWire
import NIOCore

/// The client's side of an exchange, in whatever protocol. Called on the loop; each call may end the exchange.
protocol Downstream: AnyObject {
    /// Whether what is sent waits for the client to read.
    var isOutputBlocked: Bool { get }
    /// Whether the protocol and our own plans allow another request after an answer that begins now.
    var mayPersist: Bool { get }

    /// An interim response that the upstream sent: `raw` is what the generation's response head was parsed from.
    func passInterim(_ raw: ByteBuffer)
    /// 100, in the upstream's place.
    func sayContinue()
    /// The final response's head, parsed from `raw`.
    /// - Parameters:
    ///   - closing: the connection ends after it.
    ///   - fields: whole lines that are added.
    func beginAnswer(_ raw: ByteBuffer, closing: Bool, fields: [UInt8])
    /// - Parameter part: may share the storage of what was read, so it is copied where it has to wait.
    func passBody(_ part: ByteBuffer)
    /// - Parameter trailers: whole lines, where the client's protocol has a place for them and they were kept.
    func endAnswer(trailers: [UInt8])
    /// Sends what was handed over.
    /// - Parameter isWhole: it ends an answer.
    func flush(isWhole: Bool)

    /// An answer of ours in the upstream's place. The exchange is over.
    /// - Parameter fields: whole lines that are added.
    func answer(_ answer: OwnAnswer, fields: [UInt8])
    /// The exchange is over in order: the client has the whole answer.
    func exchangeOver(keepsClient: Bool)
    /// The exchange is over, and what the client has of the answer must not look whole.
    /// - Parameter atOnce: nobody waits for the client to have what was sent before.
    func cut(atOnce: Bool)
    /// The exchange is over, and nobody is there to be answered.
    func drop()

    /// The whole of the request's body, where it is short and has arrived with the head: it is taken, or nil.
    func takeShortBody() -> ByteBuffer?
    /// Whether more of the request's body is to be read now.
    func takeBody(_ takes: Bool)
}
