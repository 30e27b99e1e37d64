/// How much of a message head, and of the framing around a body, a peer may make us look at.
package struct WireLimits: Equatable, Sendable {
    /// Octets of a method; longer is 501 (RFC 9112 section 3).
    package var method = 32
    /// Octets of a request target; longer is 414.
    package var target = 8 * 1024
    /// Octets of a whole head, from the first of the start line to the end of the empty line; longer is 431 (RFC 6585).
    package var head = 48 * 1024
    /// Field lines of a head; more is 431.
    package var fields = 100
    /// Octets of one chunk that the leading zeros of its size and its extensions may take.
    package var chunkExtension = 1024
    /// Octets that they may take in all of a body's chunks beyond the data these carry (RFC 9112 section 7.1.1): nobody needs to read
    /// more of them than of the body.
    package var chunkExtensions = 16 * 1024
    /// Whether blanks may stand between a chunk's size and the end of its line, as some old servers write them.
    package var allowsChunkPadding = false
    /// Whether a line of a trailer section may be continued on the next one; where it is kept, they are joined by a space.
    package var allowsFoldedTrailers = false
    /// Of the framing of chunked bodies only ``ResponseTolerance/bareLF`` counts.
    package var tolerance: ResponseTolerance = []
    /// Whether a request of HTTP/2 may say that it came in clear: on a socket of this machine, where another proxy asks.
    package var takesCleartext = false
    /// Octets of a whole trailer section.
    package var trailers = 8 * 1024

    package init() {}

    /// What a client may send.
    package static let request = WireLimits()

    /// What the upstream may send: a larger head, since it is our own side that answers, and as many fields as fit into it where
    /// they have 64 octets each. Servers that set a cookie or a link for every item of a page send hundreds.
    package static let response: WireLimits = {
        var limits = WireLimits()
        limits.head = 64 * 1024
        limits.fields = 1000
        limits.allowsChunkPadding = true
        limits.allowsFoldedTrailers = true
        return limits
    }()

    package static func response(tolerating tolerance: ResponseTolerance) -> WireLimits {
        var limits = response
        limits.tolerance = tolerance
        return limits
    }
}
