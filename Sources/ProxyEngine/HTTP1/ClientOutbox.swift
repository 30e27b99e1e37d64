import NIOCore

/// What goes to a client of HTTP/1.1, and in what portions: a value that writes nothing itself.
///
/// Output is gathered in one buffer and handed to TLS in one write. While a write is under way whose end is waited for, nothing more is
/// handed on: TLS and the channel keep each write with the whole of its storage, so that a client which does not read, fed octet by octet,
/// would hold a hundred times what is counted. The end of a whole answer's write is waited for now and then only, since that costs.
struct ClientOutbox {
    enum Write {
        /// A part of what is gathered, whose storage it shares.
        case part(ByteBuffer)
        case plain(ByteBuffer)
        /// `confirmed` is to be called when it is done.
        case confirmed(ByteBuffer)
    }

    private(set) var gathered: ByteBuffer?
    private var isInFlight = false
    private var unconfirmed = 0
    /// Kept from the channel's events, since asking it for each request costs.
    var isWritable = true

    /// Nothing more is taken for this client, or from it, until it has read.
    var isBlocked: Bool { isInFlight || !isWritable }
    var isEmpty: Bool { gathered == nil }

    /// Adds to what is sent next. The only way in, so that nothing which waits can be overwritten.
    mutating func gather<Result>(_ buffers: inout BufferPool, _ write: (inout ByteBuffer) -> Result) -> Result {
        var out = gathered ?? buffers.take()
        gathered = nil
        let result = write(&out)
        gathered = out
        return result
    }

    /// What is to be written now, a TLS record at a time; nil where nothing is, or where the client does not keep up.
    /// - Parameter isWhole: it ends an answer.
    mutating func next(isWhole: Bool) -> Write? {
        guard !isBlocked, var out = gathered else { return nil }
        gathered = nil
        unconfirmed += 1
        if out.readableBytes > EngineSettings.recordSize, let record = out.readSlice(length: EngineSettings.recordSize) {
            gathered = out
            return .part(record)
        }
        // The watermark tells of large writes that stay unread, and of many small ones it would tell too late.
        let isConfirmed = out.readableBytes < EngineSettings.smallWrite && (!isWhole || unconfirmed > EngineSettings.unconfirmedWrites)
        guard isConfirmed else { return .plain(out) }
        isInFlight = true
        return .confirmed(out)
    }

    mutating func confirmed() {
        isInFlight = false
        unconfirmed = 0
    }

    /// Whatever the client still has to read, a record at a time, whether it keeps up or not: nothing comes after it.
    mutating func rest() -> ByteBuffer? {
        guard var out = gathered else { return nil }
        gathered = nil
        guard out.readableBytes > EngineSettings.recordSize, let record = out.readSlice(length: EngineSettings.recordSize) else { return out }
        gathered = out
        return record
    }
}
