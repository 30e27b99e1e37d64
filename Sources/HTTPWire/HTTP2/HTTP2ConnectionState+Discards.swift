import NIOCore

/// Bodies that are read for nothing, behind an answer that did not wait for them.
///
/// RFC 9113 section 8.1 lets a server reset such a stream without an error, and clients that people use do not cope with that while they
/// send: they lose the answer, or wait for a window that never grows. So what is short may end by itself, as over HTTP/1.1.
extension HTTP2ConnectionState {
    /// Octets of a body.
    static let discardedBody = 4 << 20

    /// - Returns: what follows of a part of such a body.
    mutating func discard(_ part: HTTP2DataPart, left: Int, at index: Int) -> OnData {
        let count = part.data.readableBytes
        receive.giveBack(count)
        guard !part.endsStream else {
            over(at: index)
            return .ignore
        }
        guard count <= left else {
            over(at: index)
            return .unwanted
        }
        streams[index].receive.giveBack(count)
        streams[index].discards = left - count
        return .discarded
    }

    /// Those that did not end in time.
    /// - Returns: whom the client is to be told that they are not wanted.
    package mutating func stopDiscarding() -> [UInt32] {
        let left = streams.filter { $0.discards != nil }.map(\.id)
        for id in left { abandoned(id) }
        return left
    }

    package var isDiscarding: Bool { streams.contains { $0.discards != nil } }

    private mutating func over(at index: Int) {
        let id = streams[index].id
        abandoned(id)
    }
}
