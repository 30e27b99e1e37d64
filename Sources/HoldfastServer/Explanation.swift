import BindingPolicy

/// What `holdfast explain` says: each rule that a request has to pass, in the order in which the proxy looks at them.
package struct Explanation: Sendable {
    package enum Outcome: String, Sendable {
        case passed = "passed"
        case failed = "failed"
        /// An earlier rule had failed.
        case notReached = "not reached"
    }

    package struct Finding: Sendable {
        package let rule: Rule
        package let outcome: Outcome
        package var expected: String?
        package var found: String?
        /// What to do next, or what the mistake is.
        package var notes: [String] = []
    }

    package enum Rule: String, CaseIterable, Sendable {
        case certificate = "the client certificate is accepted"
        case path = "the path has one reading"
        case form = "the token is well-formed"
        case header = "its header is well-formed"
        case claims = "its claims are well-formed"
        case issuer = "its issuer is trusted"
        case type = "it is an access token"
        case algorithm = "its algorithm is allowed"
        case required = "it has the claims that every token needs"
        case key = "the issuer's key is known and fits"
        case signature = "the signature is valid"
        case routeIssuer = "its issuer counts on this route"
        case introspection = "its issuer calls it active"
        case expiry = "it has not expired"
        case beginning = "it is valid already"
        case audience = "it is meant for this API"
        case binding = "it is bound to this certificate"
        case authentication = "the user authenticated as this route asks"
        case authenticationAge = "the user authenticated recently enough"
        case scope = "it has the scopes of this route"
        case routeClaims = "it has the claims of this route"

        /// The rule that a refusal for `reason` means; nil for those that no token can have.
        init?(_ reason: DenialReason) {
            switch reason {
            case .credentialsMissing, .schemeUnsupported, .credentialsMalformed, .credentialsDuplicated, .credentialsInTwoPlaces,
                .tokenMalformed, .tokenTooLarge, .tokenEncrypted:
                self = .form
            case .headerMalformed, .headerCritical, .algorithmMissing: self = .header
            case .typeNotAccepted: self = .type
            case .algorithmNotAllowed: self = .algorithm
            case .claimsMalformed: self = .claims
            case .claimMissing: self = .required
            case .issuerUnknown: self = .issuer
            case .keyUnknown, .keyUnsuitable, .keysUnavailable: self = .key
            case .signatureInvalid: self = .signature
            case .audienceMismatch: self = .audience
            case .tokenExpired: self = .expiry
            case .tokenNotYetValid: self = .beginning
            case .tokenInactive, .introspectionUnavailable: self = .introspection
            case .issuerNotForRoute: self = .routeIssuer
            case .confirmationMissing, .confirmationMalformed, .confirmationMalformedHex, .confirmationUnsupported,
                .confirmationMismatch, .confirmationUnproven:
                self = .binding
            case .certificateExpired, .certificateNotYetValid, .certificateRevoked, .certificateUntrusted, .certificateMissing:
                self = .certificate
            case .authenticationInsufficient: self = .authentication
            case .authenticationTooOld: self = .authenticationAge
            case .scopeInsufficient: self = .scope
            case .claimInsufficient: self = .routeClaims
            case .pathAmbiguous: self = .path
            }
        }
    }

    /// The route in plain words.
    package let route: String
    package let findings: [Finding]
    /// Nil where the request would be forwarded; else the code that the client, the log and the metric get.
    package let reason: String?
    package let explanation: String?

    package var isPermitted: Bool { reason == nil }
}
