/// Why an issuer's answer about a token could not be had: the closed set that is logged and counted.
package enum IntrospectionFailure: String, CaseIterable, Sendable, Error {
    /// The endpoint is not known yet, or not the keys where answers are signed; or nobody is asked any more.
    case endpointUnknown = "endpoint_unknown"
    case timeout
    /// No connection, or none that TLS verified.
    case unreachable
    /// The connection broke before the answer was whole.
    case interrupted
    /// 401 or 403: the issuer does not accept who we are.
    case credentialsRefused = "credentials_refused"
    /// 429 or 5xx: the issuer cannot answer now.
    case unavailable
    /// Anything else but 200; redirects are not followed.
    case status
    case contentType = "content_type"
    case tooLarge = "too_large"
    /// Not what RFC 7662 or RFC 9701 says an answer is.
    case malformed
    /// A signed answer whose signature is none of the issuer's.
    case signature
    /// Too many questions wait already.
    case overload
    /// The issuer failed so often that it is left alone for a while.
    case circuitOpen = "circuit_open"
    /// It failed so often on tokens of this client that it is left alone with those for a while.
    case clientCircuitOpen = "client_circuit_open"
    /// It failed on this very token a moment ago.
    case failedBefore = "failed_before"

    init(_ fault: FetchFault) {
        self =
            switch fault {
            case .timeout: .timeout
            case .unreachable: .unreachable
            case .interrupted: .interrupted
            case .status(401), .status(403): .credentialsRefused
            case .status(429), .status(500...): .unavailable
            case .status: .status
            case .mediaType: .contentType
            case .tooLarge: .tooLarge
            case .nonsense: .malformed
            }
    }
}
