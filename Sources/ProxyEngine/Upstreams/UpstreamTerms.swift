package import HTTPWire
package import NIOCore

/// How requests are put to one upstream, and how long its answers are waited for.
package struct UpstreamTerms: Sendable {
    package var rewrite: RequestRewrite
    /// A whole line by which it can be sure of us; empty for none.
    package var credentials: [UInt8]
    /// That it does not advance.
    package var response: TimeAmount
    /// From the end of the request to the first octet of the answer.
    package var firstOctet: TimeAmount
    /// Nil where its answers go out as they come.
    package var compression: CompressionTerms?

    package init(rewrite: RequestRewrite, credentials: [UInt8] = [], response: TimeAmount, firstOctet: TimeAmount? = nil) {
        self.rewrite = rewrite
        self.credentials = credentials
        self.response = response
        self.firstOctet = firstOctet ?? response
    }
}
