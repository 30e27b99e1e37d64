import NIOCore

/// What goes to a client of HTTP/1.1, and in what portions: a value that writes nothing itself.
///
/// Output is gathered in one buffer and handed to TLS in one write. While a write is under way whose end is waited for, nothing more is
/// handed on: TLS and the channel keep each write with the whole of its storage, so that a client which does not read, fed octet by octet,
/// would hold a hundred times what is counted. Where the socket takes all of it, the end comes at once.
struct ClientOutbox {
    struct Write {
        let bytes: ByteBuffer
        /// `confirmed` is to be called when it is done. Waited for now and then only, since that costs.
        let isConfirmed: Bool
        /// The rest of its storage is still to be sent.
        let isPart: Bool
    }

    private(set) var gathered: ByteBuffer?
    private var isInFlight = false
    /// What is gathered ends an answer.
    private var isWhole = false
    /// What TLS and the channel may hold of earlier writes.
    private var unconfirmed = 0

    /// Nothing more is taken for this client, or from it, until it has read.
    var isBlocked: Bool { isInFlight }
    var isEmpty: Bool { gathered == nil }

    /// Adds to what is sent next. The only way in, so that nothing which waits can be overwritten.
    mutating func gather<Result>(_ buffers: inout BufferPool, _ write: (inout ByteBuffer) -> Result) -> Result {
        var out = gathered ?? buffers.take()
        gathered = nil
        let result = write(&out)
        gathered = out
        return result
    }

    /// Takes a part of an answer as it was read, without a copy, where nothing waits before it and little of its storage is anything else.
    mutating func adopt(_ part: ByteBuffer) -> Bool {
        guard gathered == nil, !isInFlight, part.readableBytes >= EngineSettings.adoptedPart else { return false }
        gathered = part
        return true
    }

    /// What is to be written now; nil where nothing is, or where the client does not keep up.
    /// - Parameter isWhole: it ends an answer.
    mutating func next(isWhole ends: Bool) -> Write? {
        if ends { isWhole = true }
        guard !isInFlight, let (bytes, isPart) = takePortion() else { return nil }
        unconfirmed += bytes.readableBytes + EngineSettings.writeOverhead
        isInFlight = unconfirmed > EngineSettings.unconfirmedOctets || (!isWhole && bytes.readableBytes < EngineSettings.smallWrite)
        if !isPart { isWhole = false }
        return Write(bytes: bytes, isConfirmed: isInFlight, isPart: isPart)
    }

    mutating func confirmed() {
        isInFlight = false
        unconfirmed = 0
    }

    /// Whatever the client still has to read, a portion at a time, whether it keeps up or not: nothing comes after it.
    mutating func rest() -> ByteBuffer? {
        isWhole = true
        return takePortion()?.bytes
    }

    /// TLS keeps the buffer of its latest write: a long answer ends with a short one.
    private mutating func takePortion() -> (bytes: ByteBuffer, isPart: Bool)? {
        guard var out = gathered else { return nil }
        gathered = nil
        let count = out.readableBytes
        let isLong = count > EngineSettings.portion || (isWhole && count > EngineSettings.adoptedPart)
        guard isLong, let portion = out.readSlice(length: min(EngineSettings.portion, count - EngineSettings.lastWrite)) else { return (out, false) }
        gathered = out
        return (portion, true)
    }
}
