/// What an answer says about the request that caused it.
struct UpstreamReport: Encodable, Sendable {
    /// The connection's number since the start, and the request's number on it, both from 1.
    let connection: Int
    let request: Int
    let method: String
    let target: String
    let version: String
    let fields: [[String]]
    /// The head as it arrived, octets as ISO-8859-1.
    let head: String
    /// Absent where the answer was sent before the body was read.
    let body: ReceivedBody?

    init(_ head: ReceivedHead, body: ReceivedBody?, connection: Int, request: Int) {
        self.connection = connection
        self.request = request
        method = head.method
        target = head.target
        version = head.version
        fields = head.fields
        self.head = head.raw
        self.body = body
    }
}
