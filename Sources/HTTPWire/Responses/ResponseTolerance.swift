/// What an upstream may do wrong and is understood all the same, where its owner says so. A client never may.
///
/// Each leaves open where a message or a line ends, so that a connection on which it has happened is not used again
/// (``ResponseHead/isPersistent``); what is written to the client is clean whatever it is.
package struct ResponseTolerance: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `Transfer-Encoding` twice, in two lines or one, with `chunked` each time: a servlet copied it. The body is chunked once.
    package static let repeatedChunked = ResponseTolerance(rawValue: 1 << 0)
    /// `Transfer-Encoding: chunked` and a valid `Content-Length`: the latter is dropped (RFC 9112 section 6.3 (3)).
    package static let lengthBesideChunked = ResponseTolerance(rawValue: 1 << 1)
    /// `Transfer-Encoding: chunked` in HTTP/1.0, which has no chunks (section 6.1).
    package static let chunkedInHTTP10 = ResponseTolerance(rawValue: 1 << 2)
    /// LF without CR ends a line, in heads and between chunks (section 2.2).
    package static let bareLF = ResponseTolerance(rawValue: 1 << 3)
    /// Control characters in values and reasons, a CR that ends no line among them: each becomes a space (RFC 9110 section 5.5).
    package static let controlCharacters = ResponseTolerance(rawValue: 1 << 4)
}
