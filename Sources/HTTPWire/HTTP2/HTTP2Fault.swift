/// Why a connection of HTTP/2 ends: one code per cause, the same in the log and the metric. Codes are added, never renamed.
package enum HTTP2Fault: String, Error, CaseIterable, Sendable {
    // What is no HTTP/2 (RFC 9113).
    case prefaceInvalid = "preface_invalid"
    case settingsMissing = "settings_missing"
    case frameTooLarge = "frame_too_large"
    case frameSizeInvalid = "frame_size_invalid"
    case frameOnConnection = "frame_on_connection"
    case frameOnStream = "frame_on_stream"
    case paddingInvalid = "padding_invalid"
    case pushPromise = "push_promise"
    case streamIdInvalid = "stream_id_invalid"
    case streamIdle = "stream_idle"
    case streamClosed = "stream_closed"
    case headersInterrupted = "headers_interrupted"
    case continuationUnexpected = "continuation_unexpected"
    case settingInvalid = "setting_invalid"
    case windowInvalid = "window_invalid"
    case windowOverflow = "window_overflow"
    case windowExceeded = "window_exceeded"
    case compressionInvalid = "compression_invalid"

    // What asks for too much.
    case tooManyResets = "too_many_resets"
    case tooManyStreamErrors = "too_many_stream_errors"
    case tooManyContinuations = "too_many_continuations"
    case tooManyGlitches = "too_many_glitches"
    case headersTooLarge = "headers_too_large"

    // What takes too long.
    case settingsTimeout = "settings_timeout"
    case frameTimeout = "frame_timeout"

    /// What the peer is told.
    package var code: HTTP2ErrorCode {
        switch self {
        case .prefaceInvalid, .settingsMissing, .frameOnConnection, .frameOnStream, .paddingInvalid, .pushPromise, .streamIdInvalid,
            .streamIdle, .headersInterrupted, .continuationUnexpected, .settingInvalid, .windowInvalid:
            .protocolError
        case .frameTooLarge, .frameSizeInvalid: .frameSizeError
        case .streamClosed: .streamClosed
        case .windowOverflow, .windowExceeded: .flowControlError
        case .compressionInvalid: .compressionError
        case .tooManyResets, .tooManyStreamErrors, .tooManyContinuations, .tooManyGlitches, .headersTooLarge, .frameTimeout: .enhanceYourCalm
        case .settingsTimeout: .settingsTimeout
        }
    }

    /// It is a flood's, not a mistake's.
    package var isFlood: Bool { code == .enhanceYourCalm && self != .frameTimeout }
}
