package import NIOCore

/// Bodies that are read for nothing, behind an answer that did not wait for them.
///
/// RFC 9113 section 8.1 lets a server reset such a stream without an error, and clients that people use do not cope with that while they
/// send: they lose the answer, or wait for a window that never grows. So what is short may end by itself, as over HTTP/1.1.
extension HTTP2ConnectionState {
    /// Octets of a body.
    static let discardedBody = 4 << 20

    /// - Returns: what follows of a part of such a body.
    mutating func discard(_ part: HTTP2DataPart, _ discards: HTTP2StreamState.Discards, at index: Int) -> OnData {
        let count = part.data.readableBytes
        receive.giveBack(count)
        guard !part.endsStream, count <= discards.left else {
            abandoned(part.stream)
            return part.endsStream ? .ignore : .unwanted
        }
        streams[index].receive.giveBack(count)
        streams[index].discards?.left = discards.left - count
        return .discarded
    }

    /// Those that did not end in time.
    /// - Returns: whom the client is to be told that they are not wanted.
    package mutating func stopDiscarding(at now: NIODeadline) -> [UInt32] {
        let late = streams.filter { $0.discards.map { $0.end <= now } ?? false }.map(\.id)
        for id in late { abandoned(id) }
        return late
    }

    /// When the next of them has had its time; nil where there is none.
    package var discardEnd: NIODeadline? { streams.compactMap(\.discards?.end).min() }
}
