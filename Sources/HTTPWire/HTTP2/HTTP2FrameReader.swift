package import NIOCore

/// Takes frames off the wire, in whatever pieces they arrive: the preface, whole frames, and DATA as it comes, so that no more than one
/// short frame is ever kept. Whether a frame may stand where it stands is ``HTTP2ConnectionState``'s
/// to say, or ``HTTP2ClientState``'s.
package struct HTTP2FrameReader: Sendable {
    package enum Event: Equatable, Sendable {
        /// More has to come.
        case incomplete
        case fault(HTTP2Fault)
        case preface
        /// - Parameter payload: its octets, without padding and priority; shares the storage of what was read.
        case frame(HTTP2FrameHead, payload: ByteBuffer)
        /// A part of a DATA frame.
        case data(HTTP2DataPart)
    }

    /// The octets that begin each connection (RFC 9113 section 3.4).
    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private enum Expecting {
        case preface
        case frame
        /// The rest of a DATA frame: octets of the body, then of the padding.
        case data(stream: UInt32, rest: Int, padding: Int, isLast: Bool)
    }

    private var expecting: Expecting

    /// - Parameter begins: whether the peer's connection begins with the preface, as a client's does.
    package init(withPreface begins: Bool = true) { expecting = begins ? .preface : .frame }

    /// A frame other than DATA has begun, or the preface; it is kept until it is whole.
    package var isBetweenFrames: Bool { if case .frame = expecting { true } else { false } }
    package var isInData: Bool { if case .data = expecting { true } else { false } }

    /// What is next in `bytes`; what is not whole stays there.
    package mutating func next(_ bytes: inout ByteBuffer) -> Event {
        switch expecting {
        case .preface: return takePreface(&bytes)
        case .data(let stream, let rest, let padding, let isLast):
            guard bytes.readableBytes > 0 else { return .incomplete }
            return .data(part(stream, rest, padding, isLast, begins: 0, &bytes))
        case .frame: return takeFrame(&bytes)
        }
    }

    /// Compared as it comes: what is no HTTP/2 is not waited for.
    private mutating func takePreface(_ bytes: inout ByteBuffer) -> Event {
        let preface = Self.preface
        guard bytes.readableBytesView.starts(with: preface.prefix(bytes.readableBytes)) else { return .fault(.prefaceInvalid) }
        guard bytes.readableBytes >= preface.count else { return .incomplete }
        bytes.moveReaderIndex(forwardBy: preface.count)
        expecting = .frame
        return .preface
    }

    private mutating func takeFrame(_ bytes: inout ByteBuffer) -> Event {
        let begun = bytes.withUnsafeReadableBytes { raw in
            OctetReader(raw, limit: HTTP2FrameHead.length + 1).flatMap { reader in
                HTTP2FrameHead(reader, at: 0).map { ($0, reader.octetOrZero(HTTP2FrameHead.length)) }
            }
        }
        guard let (head, first) = begun else { return .incomplete }
        if let fault = head.fault { return .fault(fault) }
        if head.type == .data { return takeData(head, padding: Int(first), &bytes) }
        guard bytes.readableBytes >= HTTP2FrameHead.length + head.payload else { return .incomplete }
        bytes.moveReaderIndex(forwardBy: HTTP2FrameHead.length)
        guard var payload = bytes.readSlice(length: head.payload) else { return .incomplete }
        if head.type == .headers, let fault = Self.strip(&payload, head.flags) { return .fault(fault) }
        return .frame(head, payload: payload)
    }

    private mutating func takeData(_ head: HTTP2FrameHead, padding first: Int, _ bytes: inout ByteBuffer) -> Event {
        var padding = 0
        var begins = HTTP2FrameHead.length
        if head.flags.contains(.padded) {
            guard head.payload > 0 else { return .fault(.frameSizeInvalid) }
            guard bytes.readableBytes > begins else { return .incomplete }
            guard first < head.payload else { return .fault(.paddingInvalid) }
            padding = first
            begins += 1
        }
        bytes.moveReaderIndex(forwardBy: begins)
        let overhead = begins - HTTP2FrameHead.length
        return .data(
            part(
                head.stream, head.payload - overhead - padding, padding, head.flags.contains(.endStream), begins: overhead, frame: head.payload,
                &bytes))
    }

    /// - Parameters:
    ///   - begins: octets of the frame that were taken and carry nothing.
    ///   - frame: of the whole frame where it begins here.
    private mutating func part(
        _ stream: UInt32, _ rest: Int, _ padding: Int, _ isLast: Bool, begins: Int, frame: Int? = nil, _ bytes: inout ByteBuffer
    ) -> HTTP2DataPart {
        let data = bytes.readSlice(length: min(rest, bytes.readableBytes)) ?? ByteBuffer()
        let left = rest - data.readableBytes
        let padded = left == 0 ? min(padding, bytes.readableBytes) : 0
        bytes.moveReaderIndex(forwardBy: padded)
        let isWhole = left == 0 && padded == padding
        expecting = isWhole ? .frame : .data(stream: stream, rest: left, padding: padding - padded, isLast: isLast)
        return HTTP2DataPart(
            stream: stream, data: data, padding: begins + padded, frame: frame, isEmpty: frame != nil && rest == 0, isLast: isLast, isWhole: isWhole,
            endsStream: isWhole && isLast)
    }

    /// Takes padding and priority off a HEADERS frame.
    private static func strip(_ payload: inout ByteBuffer, _ flags: HTTP2FrameFlags) -> HTTP2Fault? {
        var padding = 0
        if flags.contains(.padded) {
            guard let octet = payload.readInteger(as: UInt8.self) else { return .frameSizeInvalid }
            padding = Int(octet)
        }
        let priority = flags.contains(.priority) ? 5 : 0
        guard payload.readableBytes >= priority else { return .frameSizeInvalid }
        guard payload.readableBytes >= priority + padding else { return .paddingInvalid }
        payload.moveReaderIndex(forwardBy: priority)
        payload = payload.readSlice(length: payload.readableBytes - padding) ?? ByteBuffer()
        return nil
    }
}

/// A part of a DATA frame, as it arrived.
package struct HTTP2DataPart: Equatable, Sendable {
    package var stream: UInt32
    /// Of the body; shares the storage of what was read.
    package var data: ByteBuffer
    /// Octets of this part that carry nothing. The window counts them all the same.
    package var padding: Int
    /// Octets of the whole frame, where it begins with this part: those that the window counts.
    package var frame: Int?
    /// The whole frame, which begins with this part, has no octet of the body.
    package var isEmpty: Bool
    /// The frame is the last of its stream.
    package var isLast: Bool
    /// The frame ends with it.
    package var isWhole: Bool
    /// The body ends with it.
    package var endsStream: Bool
}
