import HTTPWire
import NIOCore

/// What goes to a client of HTTP/2, frames of all its streams in one buffer.
struct HTTP2Output {
    var box = ClientOutbox()
    /// Counts the writes, so that it is known whether a frame can still be changed.
    private(set) var epoch = 0
    /// Octets of answers that wait for the client's windows, of all streams.
    var waiting = 0
    /// It will be written at the end of the tick.
    var isDue = false
    var isFlushing = false
    /// So much waits that upstreams are read from only where there is ample room for what they bring.
    var isHolding = false
    /// Whose turn was last.
    var lastServed: UInt32 = 0

    var gathered: Int { box.gathered?.readableBytes ?? 0 }
    /// Frames that answer the client's own, which it does not read.
    var isFull: Bool { gathered > EngineSettings.heldFrames }
    /// More of a body may be framed: what waits behind it can still be shared out fairly.
    var takesBodies: Bool { !box.isBlocked && gathered < EngineSettings.framedBodies }

    mutating func next() -> ClientOutbox.Write? {
        let write = box.next(isWhole: gathered <= EngineSettings.adoptedPart)
        if write != nil { epoch += 1 }
        return write
    }

    mutating func rest() -> ByteBuffer? {
        epoch += 1
        return box.rest()
    }

    /// A frame that was written last on its stream.
    struct Mark {
        fileprivate let epoch: Int
        fileprivate let flags: Int
    }

    func mark(_ flags: Int) -> Mark { Mark(epoch: epoch, flags: flags) }

    /// Makes a frame the last of its stream, where it has not been sent.
    mutating func end(at mark: Mark, _ buffers: inout BufferPool) -> Bool {
        guard mark.epoch == epoch, box.gathered != nil else { return false }
        return box.gather(&buffers) { out in
            guard let flags = out.getInteger(at: mark.flags, as: UInt8.self) else { return false }
            out.setInteger(flags | HTTP2FrameFlags.endStream.rawValue, at: mark.flags)
            return true
        }
    }
}

extension EngineSettings {
    /// Octets of answers that wait for a client of HTTP/2, beyond which its upstreams are not read from.
    static let heldAnswers = 192 << 10
    /// A stream's window that takes whatever one read of an upstream brings.
    static let ampleWindow = 65_535
    /// Octets of its requests' heads that are kept for the upstream, beyond which no further request is taken.
    static let heldHeads = 256 << 10
    /// Octets of frames that wait for it, beyond which nothing is taken from it.
    static let heldFrames = 64 << 10
    /// Octets of frames beyond which bodies wait.
    static let framedBodies = 32 << 10
    /// Octets of a body in one frame: a TLS record with its head.
    static let framePayload = (16 << 10) - HTTP2FrameHead.length
}
