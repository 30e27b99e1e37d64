/// The frames of HTTP/2 (RFC 9113 section 6). The raw value is the type's octet.
package enum HTTP2FrameType: UInt8, Sendable, CaseIterable {
    case data = 0
    case headers = 1
    case priority = 2
    case resetStream = 3
    case settings = 4
    case pushPromise = 5
    case ping = 6
    case goAway = 7
    case windowUpdate = 8
    case continuation = 9
}

package struct HTTP2FrameFlags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Of DATA and HEADERS.
    package static let endStream = HTTP2FrameFlags(rawValue: 0x1)
    /// Of SETTINGS and PING.
    package static let acknowledgement = HTTP2FrameFlags(rawValue: 0x1)
    /// Of HEADERS and CONTINUATION.
    package static let endHeaders = HTTP2FrameFlags(rawValue: 0x4)
    /// Of DATA and HEADERS.
    package static let padded = HTTP2FrameFlags(rawValue: 0x8)
    /// Of HEADERS.
    package static let priority = HTTP2FrameFlags(rawValue: 0x20)
}

/// Why a stream or the connection ends, as the peer is told (RFC 9113 section 7).
package enum HTTP2ErrorCode: UInt32, Sendable, CaseIterable {
    case noError = 0
    case protocolError = 1
    case internalError = 2
    case flowControlError = 3
    case settingsTimeout = 4
    case streamClosed = 5
    case frameSizeError = 6
    case refusedStream = 7
    case cancel = 8
    case compressionError = 9
    case connectError = 10
    case enhanceYourCalm = 11
    case inadequateSecurity = 12
    case http11Required = 13
}

/// The nine octets before each frame (RFC 9113 section 4.1).
package struct HTTP2FrameHead: Equatable, Sendable {
    package static let length = 9
    /// What we take, and what every peer takes: the initial SETTINGS_MAX_FRAME_SIZE.
    package static let maximumPayload = 16_384
    /// Of stream identifiers and windows: 2^31 - 1.
    package static let maximum31: UInt32 = 0x7fff_ffff

    /// Octets behind it.
    package var payload: Int
    /// Nil for a type that nobody knows: such frames are ignored.
    package var type: HTTP2FrameType?
    package var flags: HTTP2FrameFlags
    /// 0 is the connection.
    package var stream: UInt32

    package init(payload: Int, type: HTTP2FrameType?, flags: HTTP2FrameFlags = [], stream: UInt32 = 0) {
        self.payload = payload
        self.type = type
        self.flags = flags
        self.stream = stream
    }

    /// - Parameter reader: whose first nine octets they are; nil where there are fewer.
    init?(_ reader: OctetReader, at position: Int) {
        guard position >= 0, reader.count - position >= Self.length else { return nil }
        payload = Int(reader.octetOrZero(position)) << 16 | Int(reader.octetOrZero(position + 1)) << 8 | Int(reader.octetOrZero(position + 2))
        type = HTTP2FrameType(rawValue: reader.octetOrZero(position + 3))
        flags = HTTP2FrameFlags(rawValue: reader.octetOrZero(position + 4))
        stream = reader.integer32(position + 5) & Self.maximum31
    }

    /// What is wrong with a frame whatever came before it: its size, and whether it may stand on its stream, or on the connection.
    package var fault: HTTP2Fault? {
        guard payload <= Self.maximumPayload else { return .frameTooLarge }
        guard let type else { return nil }
        switch type {
        case .data, .headers, .continuation, .priority, .resetStream: if stream == 0 { return .frameOnConnection }
        case .settings, .ping, .goAway: if stream != 0 { return .frameOnStream }
        case .pushPromise: return .pushPromise
        case .windowUpdate: break
        }
        switch type {
        case .resetStream, .windowUpdate: return payload == 4 ? nil : .frameSizeInvalid
        case .settings: return payload % 6 == 0 && (payload == 0 || !flags.contains(.acknowledgement)) ? nil : .frameSizeInvalid
        case .ping: return payload == 8 ? nil : .frameSizeInvalid
        case .goAway: return payload >= 8 ? nil : .frameSizeInvalid
        // A stream's error by the letter (RFC 9113 section 6.3); taken for the connection's, it makes us reset nothing.
        case .priority: return payload == 5 ? nil : .frameSizeInvalid
        case .data, .headers, .continuation, .pushPromise: return nil
        }
    }
}

extension OctetReader {
    /// Four octets in network order; zeros where there are none.
    func integer32(_ position: Int) -> UInt32 { UInt32(truncatingIfNeeded: word(position)).byteSwapped }
}
