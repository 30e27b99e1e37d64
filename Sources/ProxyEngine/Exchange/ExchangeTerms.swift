package import NIOCore

/// The patience an exchange has with either side. One value per generation.
package struct ExchangeTerms: Equatable, Sendable {
    /// A request's body that does not advance.
    package var body: TimeAmount
    /// An upstream that does not advance, or a client that does not read.
    package var response: TimeAmount
    /// The same until its answer begins, once it has all of the request.
    package var firstOctet: TimeAmount
    /// A lookup has a shorter time-out of its own; this one is for the case that it never ends.
    package var lookup: TimeAmount
    /// How long an upstream may take over `Expect: 100-continue` before the client is told to go on.
    package var continuation: TimeAmount
    /// What the client may take over the octets of a body, in either direction.
    package var rate: MinimumRate

    package init(body: TimeAmount, response: TimeAmount, lookup: TimeAmount, continuation: TimeAmount, minimumRate: Int, grace: TimeAmount) {
        self.body = body
        self.response = response
        firstOctet = response
        self.lookup = lookup
        self.continuation = continuation
        rate = MinimumRate(octetsPerSecond: minimumRate, grace: grace)
    }
}
