package import NIOCore

/// RFC 9113 section 6.5.2, RFC 8441 section 3. The raw value is the identifier.
package enum HTTP2Setting: UInt16, Sendable, CaseIterable {
    case headerTableSize = 1
    case enablePush = 2
    case maxConcurrentStreams = 3
    case initialWindowSize = 4
    case maxFrameSize = 5
    case maxHeaderListSize = 6
    case enableConnectProtocol = 8
}

/// What the peer has set, as far as it concerns us.
package struct HTTP2PeerSettings: Equatable, Sendable {
    package var initialWindow: Int = 65_535
    package var maximumFrame: Int = HTTP2FrameHead.maximumPayload
    /// Streams of ours that an upstream takes at once; nil where it does not say.
    package var streams: Int?
    /// Its table of our fields, which we use none of: until we say so it has the size that every table has at first.
    package var table = Table.initial
    package enum Table: Sendable {
        case initial
        /// It has been made smaller, and the next header block must say that we keep to that (RFC 9113 section 4.3.1).
        case shrinks
        case none
    }

    package init() {}

    /// Takes the settings of one frame, in their order. Those that nobody knows are ignored.
    /// - Parameter isServer: the peer is one, which pushes nothing (RFC 9113 section 6.5.2).
    package mutating func apply(_ payload: ByteBuffer, isServer: Bool = false) -> HTTP2Fault? {
        var rest = payload
        while let (identifier, value) = rest.readMultipleIntegers(as: (UInt16, UInt32).self) {
            switch HTTP2Setting(rawValue: identifier) {
            case .headerTableSize: if value < HPACKDecoder.defaultTableSize, table == .initial { table = .shrinks }
            case .enablePush: if value > (isServer ? 0 : 1) { return .settingInvalid }
            case .enableConnectProtocol: if value > 1 { return .settingInvalid }
            case .initialWindowSize:
                guard value <= HTTP2FrameHead.maximum31 else { return .windowOverflow }
                initialWindow = Int(value)
            case .maxFrameSize:
                guard (16_384...16_777_215).contains(value) else { return .settingInvalid }
                maximumFrame = Int(value)
            // A client's bounds nothing of ours: we push nothing.
            case .maxConcurrentStreams: streams = Int(value)
            // A head has a bound of its own.
            case .maxHeaderListSize, nil: break
            }
        }
        return nil
    }
}
