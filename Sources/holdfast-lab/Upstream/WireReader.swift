import NIOCore

/// Reads one connection's octets as lines and counted runs, and hands each octet to the ledger as it arrives.
struct WireReader {
    private static let longestHead = 1 << 20

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var buffer = ByteBuffer()
    private let ledger: UpstreamLedger

    init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, ledger: UpstreamLedger) {
        self.inbound = inbound.makeAsyncIterator()
        self.ledger = ledger
    }

    /// A message head with the empty line that ends it; nil where the peer closes before one is complete.
    mutating func head() async throws -> ByteBuffer? {
        try await run(through: [13, 10, 13, 10])
    }

    /// A line with its end.
    mutating func line() async throws -> ByteBuffer? {
        try await run(through: [13, 10])
    }

    /// Between 1 and `limit` octets; nil at the end of the stream.
    mutating func some(atMost limit: Int) async throws -> ByteBuffer? {
        if buffer.readableBytes == 0, try await !more() { return nil }
        return buffer.readSlice(length: min(limit, buffer.readableBytes))
    }

    private mutating func run(through mark: [UInt8]) async throws -> ByteBuffer? {
        var searched = 0
        while true {
            let view = buffer.readableBytesView
            if let end = view.dropFirst(searched).firstRange(of: mark)?.upperBound {
                return buffer.readSlice(length: end - view.startIndex)
            }
            guard view.count <= Self.longestHead else { throw LabError("a head or line beyond \(Self.longestHead) octets") }
            searched = max(0, view.count - mark.count + 1)
            guard try await more() else { return nil }
        }
    }

    private mutating func more() async throws -> Bool {
        guard var octets = try await inbound.next() else { return false }
        try ledger.received(octets)
        if buffer.readableBytes == 0 { buffer = octets } else { buffer.writeBuffer(&octets) }
        return true
    }
}
