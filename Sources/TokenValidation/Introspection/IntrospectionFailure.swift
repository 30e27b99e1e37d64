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

    /// Follows the name of the endpoint, where there is no fault of the fetch that says more.
    package var words: String {
        switch self {
        case .endpointUnknown: "is not known yet"
        case .timeout: "does not answer in time"
        case .unreachable: "cannot be reached"
        case .interrupted: "breaks the connection off"
        case .credentialsRefused: "does not accept who we are"
        case .unavailable, .status, .contentType, .tooLarge: "does not answer as it should"
        case .malformed: "gives an answer that is not what RFC 7662 or RFC 9701 says one is"
        case .signature: "gives a signed answer that is by none of the issuer's keys"
        case .overload: "is asked too much already"
        case .circuitOpen, .clientCircuitOpen, .failedBefore: "is left alone for a while, since it failed"
        }
    }

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
