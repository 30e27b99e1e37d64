/// What a client may choose in its handshake (RFC 7301). The raw value is what stands on the wire.
package enum ApplicationProtocol: String, CaseIterable, Sendable {
    case http2 = "h2"
    /// Also spoken with clients that offer nothing, where it may be spoken at all.
    case http1 = "http/1.1"
}
