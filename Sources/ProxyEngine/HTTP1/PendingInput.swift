import HTTPWire
import NIOCore

/// What a client of HTTP/1.1 has sent and nobody could use yet.
struct PendingInput {
    private(set) var bytes = ByteBuffer()
    /// The client has ended its side.
    var isEnded = false
    /// When a client that ended its side without goodbye is taken for gone.
    var abandonedAt: NIODeadline?
    private var accumulation = HeadAccumulation()
    /// The beginning of a head has arrived.
    private(set) var isInHead = false
    /// Before the head at hand.
    private var emptyLines = 0

    var isEmpty: Bool { bytes.readableBytes == 0 }

    // MARK: What waits

    /// Puts what waits before what was read.
    /// - Returns: whether anything waited, so that the storage is ours.
    mutating func join(_ read: inout ByteBuffer) -> Bool {
        guard !isEmpty else { return false }
        bytes.writeBuffer(&read)
        swap(&bytes, &read)
        return true
    }

    mutating func take() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&bytes, &taken)
        return taken
    }

    /// Keeps what could not be used. TLS's own buffer comes up here and is written again by the next read: what stays is copied out of it.
    mutating func keep(_ rest: ByteBuffer, isOurs: Bool) {
        if rest.readableBytes == 0 {
            bytes = ByteBuffer()
        } else if isOurs {
            bytes = rest
            if bytes.readerIndex > 4096 { bytes.discardReadBytes() }
        } else {
            bytes = ByteBuffer(bytes: rest.readableBytesView)
        }
    }

    mutating func drop() { bytes = ByteBuffer() }

    /// A head may be longer than what is kept of pipelined requests, and its own limit ends it.
    func isFull(_ limits: WireLimits) -> Bool {
        bytes.readableBytes > (isInHead ? max(EngineSettings.pipelineBound, limits.head) : EngineSettings.pipelineBound)
    }

    // MARK: Heads

    enum Head {
        case none
        /// More of it has to come.
        /// - Parameter isNew: these are its first octets.
        case incomplete(isNew: Bool)
        case refused(WireFault)
        case complete(length: Int)
    }

    /// Looks for a head at the beginning of `bytes`, and parses it into the generation's storage.
    mutating func head(in bytes: inout ByteBuffer, _ generation: LoopGeneration) -> Head {
        skipEmptyLines(&bytes)
        guard bytes.readableBytes > 0 else { return .none }
        let limits = generation.settings.limits
        let progress = bytes.withUnsafeReadableBytes { raw in
            !isInHead || accumulation.isWorthParsing(raw, limits: limits) ? generation.requestHead.parse(raw) : .incomplete
        }
        switch progress {
        case .incomplete:
            let isNew = !isInHead
            if isNew {
                isInHead = true
                bytes.withUnsafeReadableBytes { _ = accumulation.isWorthParsing($0, limits: limits) }
            }
            return .incomplete(isNew: isNew)
        case .refused(let fault):
            headEnded()
            return .refused(fault)
        case .complete(let length):
            headEnded()
            return .complete(length: length)
        }
    }

    /// Some clients end a body with one too many: that begins no head, and no time runs.
    private mutating func skipEmptyLines(_ bytes: inout ByteBuffer) {
        while !isInHead, emptyLines < EngineSettings.emptyLineBound,
            bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) == 0x0d0a
        {
            bytes.moveReaderIndex(forwardBy: 2)
            emptyLines += 1
        }
    }

    mutating func headEnded() {
        emptyLines = 0
        guard isInHead else { return }
        isInHead = false
        accumulation.reset()
    }
}
