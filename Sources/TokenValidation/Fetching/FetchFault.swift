/// Why a document could not be had, as far as it is known. What a server said of itself is in it as it may be shown: short and printable.
package enum FetchFault: Error, Equatable, Sendable {
    /// Why there was no connection.
    package enum Unreachable: String, CaseIterable, Sendable {
        case unknownName = "the name of the host cannot be resolved"
        case refused = "the connection is refused"
        case tooSlow = "there is no connection within the time"
        case untrusted = "its certificate is not trusted: expired, not valid yet, or of an authority that is not among the trusted ones"
        case otherName = "its certificate is for another name"
        case noTLS = "it does not speak TLS at that port"
        case refusesCertificate = "it wants a certificate, or another than Holdfast shows"
        case tls = "the TLS handshake fails"
        case other = "no connection is to be had"
    }

    case timeout
    case unreachable(Unreachable)
    /// Anything but 200; redirects are not followed.
    case status(Int)
    /// The one that was found; nil for none, or more than one.
    case mediaType(String?)
    case tooLarge
    /// What came is no HTTP.
    case nonsense
    /// The connection was there and broke.
    case interrupted

    /// From a closed set, for logs.
    package var code: String {
        switch self {
        case .timeout: "timeout"
        case .unreachable(.untrusted), .unreachable(.otherName): "untrusted"
        case .unreachable: "unreachable"
        case .status: "status"
        case .mediaType: "media_type"
        case .tooLarge: "too_large"
        case .nonsense: "nonsense"
        case .interrupted: "interrupted"
        }
    }

    /// Follows the name of what was asked for.
    package var words: String {
        switch self {
        case .timeout: "does not answer in time"
        case .unreachable(let cause): "cannot be reached: \(cause.rawValue)"
        case .status(let status): "answers \(status), where 200 is needed; redirects are not followed"
        case .mediaType(let found): "answers with \(found.map { "the media type \($0)" } ?? "no media type"), which is not accepted"
        case .tooLarge: "answers with more than is read"
        case .nonsense: "answers with something that is no HTTP"
        case .interrupted: "breaks the connection off"
        }
    }
}
