import NIOCore

/// A connection to an upstream as its pool knows it, of whatever protocol.
protocol UpstreamLink: AnyObject {
    var place: UpstreamPlace { get }
    /// It may be given an exchange.
    var isUsable: Bool { get }
    /// It serves nobody.
    var isUnused: Bool { get }
    /// It serves many at once, and stays among those that may be given away while it does.
    var isShared: Bool { get }
    var idleSince: NIODeadline { get set }
    /// As the upstream has said of it.
    var keptUntil: NIODeadline { get }
    /// Whom alone it may serve; nil for nobody in particular.
    var client: ClientKey? { get }
    /// - Parameter again: it stood there before, so that the upstream may have closed it meanwhile.
    /// - Returns: what serves one exchange.
    func take(again: Bool) -> any Upstream
    func close(reset: Bool)
}

extension UpstreamLink {
    func close() { close(reset: false) }
}

/// What is spoken with an upstream.
package enum UpstreamProtocol: Hashable, Sendable {
    case http1
    /// HTTP/2, agreed by ALPN.
    case http2
    /// HTTP/2 in clear, known beforehand (RFC 9113 section 3.3).
    case cleartextHTTP2

    package var isHTTP2: Bool { self != .http1 }
}
