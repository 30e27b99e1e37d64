/// Why a connection was not accepted for its client certificate. It is closed; no request on it is looked at.
package enum HandshakeFault: Error, Equatable, Sendable {
    case certificateMissing
    case certificateRefused(PathFault)

    /// For logs and metrics; stable.
    package var code: String {
        switch self {
        case .certificateMissing: "cert_missing"
        case .certificateRefused(let fault): fault.code
        }
    }

    /// A few words for a log.
    package var meaning: String {
        switch self {
        case .certificateMissing: "the client sent no certificate"
        case .certificateRefused(let fault): fault.meaning
        }
    }
}
