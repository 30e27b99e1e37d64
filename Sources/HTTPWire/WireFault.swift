/// Why a message was refused: one code per refusal, the same in the log and the metric.
///
/// Over HTTP/1.1, nothing more on the connection can be read for certain after a fault: answer with `status` and close. In a message of
/// the upstream every fault means "nonsense": close that connection, answer 502. Codes are added, never renamed.
package enum WireFault: String, Error, CaseIterable, Sendable {
    // The start line.
    case emptyLinesExcessive = "empty_lines_excessive"
    case requestLineMalformed = "request_line_malformed"
    case methodInvalid = "method_invalid"
    case methodTooLong = "method_too_long"
    case targetInvalid = "target_invalid"
    case targetTooLong = "target_too_long"
    case versionUnsupported = "version_unsupported"
    case statusLineMalformed = "status_line_malformed"

    // Field lines, wherever they stand.
    case bareCR = "bare_cr"
    case bareLF = "bare_lf"
    case lineFolded = "line_folded"
    case fieldNameInvalid = "field_name_invalid"
    case whitespaceBeforeColon = "whitespace_before_colon"
    case fieldValueInvalid = "field_value_invalid"
    case headTooLarge = "head_too_large"
    case fieldsTooMany = "fields_too_many"

    // What single fields say.
    case hostMissing = "host_missing"
    case hostDuplicated = "host_duplicated"
    case hostInvalid = "host_invalid"
    case fieldDuplicated = "field_duplicated"
    case connectionMalformed = "connection_malformed"
    case connectionNamesFraming = "connection_names_framing"
    case expectationUnknown = "expectation_unknown"
    case maxForwardsInvalid = "max_forwards_invalid"

    // What only HTTP/2 can say (RFC 9113 section 8). There these, and all that is not a bound of ours, make a request malformed.
    case pseudoFieldMissing = "pseudo_field_missing"
    case pseudoFieldRepeated = "pseudo_field_repeated"
    case pseudoFieldUnknown = "pseudo_field_unknown"
    /// Behind another field, or in a trailer section.
    case pseudoFieldMisplaced = "pseudo_field_misplaced"
    case schemeInvalid = "scheme_invalid"
    /// `:protocol` of an extended CONNECT (RFC 8441).
    case protocolUnknown = "protocol_unknown"
    /// Host names another host than `:authority`.
    case hostDiffers = "host_differs"
    /// `Connection` and the like, or a `TE` that is not `trailers`.
    case connectionFieldForbidden = "connection_field_forbidden"
    /// Content-Length, from what DATA brought.
    case contentLengthDiffers = "content_length_differs"

    // Where the body ends.
    case contentLengthInvalid = "content_length_invalid"
    case contentLengthDuplicated = "content_length_duplicated"
    case transferEncodingInvalid = "transfer_encoding_invalid"
    case transferEncodingDuplicated = "transfer_encoding_duplicated"
    case transferEncodingUnknown = "transfer_encoding_unknown"
    case transferEncodingInHTTP10 = "transfer_encoding_in_http10"
    case framingAmbiguous = "framing_te_and_cl"
    case chunkSizeInvalid = "chunk_size_invalid"
    case chunkMalformed = "chunk_malformed"
    case chunkExtensionTooLarge = "chunk_extension_too_large"
    case trailersTooLarge = "trailers_too_large"
    /// More than is taken: of its length, or of what has come of it.
    case bodyTooLarge = "body_too_large"
}

extension WireFault {
    /// The status code a client is answered with.
    package var status: Int {
        switch self {
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .expectationUnknown: 417
        case .headTooLarge, .fieldsTooMany, .trailersTooLarge: 431
        case .methodTooLong, .transferEncodingUnknown, .protocolUnknown: 501
        case .versionUnsupported: 505
        default: 400
        }
    }
}

/// Why a scan of a head stopped before its end.
enum HeadStop: Error {
    /// The octets end where the message does not.
    case incomplete
    case refused(WireFault)
}

/// What is known of a head after looking at the octets received so far.
package enum HeadProgress: Equatable, Sendable {
    /// Nothing wrong yet; come again with more octets.
    case incomplete
    /// The head takes `length` octets from the first one given; the body, or the next message, follows.
    case complete(length: Int)
    case refused(WireFault)
}
