import NIOCore

/// One stream, from its HEADERS until both sides have ended it (RFC 9113 section 5.1).
struct HTTP2StreamState: Equatable, Sendable, HTTP2Numbered {
    let id: UInt32
    /// The client has not ended its side: more of its body, or trailers, may come.
    var isRemoteOpen = true
    var send: HTTP2SendWindow
    var receive: HTTP2ReceiveWindow
    /// Octets of its body that were delivered and not taken yet.
    var untaken = 0
    /// What Content-Length leaves; nil where it says nothing.
    var expected: Int?
    /// Octets of its body that are still read for nothing, and until when, once it has been answered; nil while it has not.
    var discards: Discards?

    struct Discards: Equatable, Sendable {
        var left: Int
        let end: NIODeadline
    }

    /// - Returns: false where the body is not what Content-Length says (RFC 9113 section 8.1.1).
    mutating func receiveBody(_ count: Int, isLast: Bool) -> Bool {
        guard let rest = expected else { return true }
        guard count <= rest else { return false }
        expected = rest - count
        return !isLast || count == rest
    }
}

/// Streams that are over here while the client may not know it: what it still sends on them is no fault. As many as it can believe to be
/// open.
struct HTTP2ClosedStreams: Equatable, Sendable {
    private let capacity: Int
    private var ids: [UInt32] = []
    private var next = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    mutating func insert(_ id: UInt32) {
        if ids.count < capacity {
            ids.append(id)
        } else if ids.indices.contains(next) {
            ids[next] = id
            next = (next + 1) % capacity
        }
    }

    func contains(_ id: UInt32) -> Bool { ids.contains(id) }
}
