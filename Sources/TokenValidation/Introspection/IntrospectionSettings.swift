package import HTTPWire

/// How an issuer is asked about tokens. Without anything secret: that is ``ClientAuthentication``'s.
package struct IntrospectionSettings: Equatable, Sendable {
    package enum Endpoint: Equatable, Sendable {
        case url(HTTPURL)
        /// By the metadata of the issuer with this URL.
        case discovered(from: HTTPURL)
    }

    package let endpoint: Endpoint
    /// The name by which the issuer knows us.
    package let clientID: String
    /// Seconds for which an answer is remembered at most; 0 asks each time.
    package let cache: Double
    /// Seconds that a request waits for an answer.
    package let timeout: Double
    /// Questions under way at once.
    package let maxConcurrent: Int
    /// Answers must be signed (RFC 9701), by one of `responseAlgorithms`.
    package let signedResponse: Bool
    package let responseAlgorithms: [SignatureAlgorithm]

    package init(
        endpoint: Endpoint, clientID: String, cache: Double = 30, timeout: Double = 3, maxConcurrent: Int = 64,
        signedResponse: Bool = false, responseAlgorithms: [SignatureAlgorithm] = []
    ) {
        self.endpoint = endpoint
        self.clientID = clientID
        self.cache = max(0, cache)
        self.timeout = max(0.001, timeout)
        self.maxConcurrent = max(1, maxConcurrent)
        self.signedResponse = signedResponse
        self.responseAlgorithms = responseAlgorithms
    }
}
