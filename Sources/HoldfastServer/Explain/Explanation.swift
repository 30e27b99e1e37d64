import AccessControl
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

    package enum Rule: String, CaseIterable, Comparable, Sendable {
        case certificate = "the client certificate is accepted"
        case head = "the request can be parsed for certain"
        case method = "its method is served"
        case loop = "it has not been through this gateway before"
        case host = "its host is served"
        case document = "the resource's metadata is only read"
        case interactionID = "it has an interaction id"
        case path = "the path has one reading"
        case certificateTerms = "its certificate says what this route asks for"
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
        case client = "it is of this registered client"
        case authentication = "the user authenticated as this route asks"
        case authenticationAge = "the user authenticated recently enough"
        case scope = "it has the scopes of this route"
        case clientScope = "this registered client may use them"
        case routeClaims = "it has the claims of this route"
        case body = "its body is not larger than is taken"

        /// In the order of the list.
        package static func < (left: Rule, right: Rule) -> Bool { (places[left] ?? 0) < (places[right] ?? 0) }

        private static let places = Dictionary(uniqueKeysWithValues: zip(allCases, 0...))

        init(_ fault: RequestFault) {
            switch fault {
            case .methodMiscased, .methodRefused: self = .method
            case .loop: self = .loop
            case .hostMissing, .misdirected, .otherConnection: self = .host
            case .documentReadOnly: self = .document
            case .interactionIDMissing: self = .interactionID
            }
        }

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
            case .keyUnknown, .keyUnsuitable, .keyUnusable, .keysUnavailable: self = .key
            case .signatureInvalid: self = .signature
            case .audienceMismatch: self = .audience
            case .tokenExpired: self = .expiry
            case .tokenNotYetValid: self = .beginning
            case .tokenInactive, .introspectionUnavailable: self = .introspection
            case .issuerNotForRoute: self = .routeIssuer
            case .confirmationMissing, .confirmationMalformed, .confirmationMalformedHex, .confirmationUnsupported,
                .confirmationMismatch, .certificateRenewed, .confirmationUnproven:
                self = .binding
            case .certificateExpired, .certificateNotYetValid, .certificateRevoked, .certificateUntrusted, .certificateMissing,
                .certificateDenied, .clientUnknown, .clientAmbiguous, .revocationListMissing, .revocationListStale,
                .certificateStatusUnknown, .certificateStatusUnavailable:
                self = .certificate
            case .clientMismatch: self = .client
            case .scopeNotForClient: self = .clientScope
            case .certificateInsufficient: self = .certificateTerms
            case .authenticationInsufficient: self = .authentication
            case .authenticationTooOld: self = .authenticationAge
            case .scopeInsufficient: self = .scope
            case .claimInsufficient: self = .routeClaims
            case .pathAmbiguous: self = .path
            }
        }
    }

    /// What becomes of the request.
    package enum Ending: Equatable, Sendable {
        case forwarded
        /// By Holdfast itself, with what these words say.
        case answered(String)
        /// The code that the client, the log and the metric get, and a sentence.
        case refused(String, String)
        /// Forwarded all the same: its route only reports.
        case reported(String, String)
    }

    /// The route in plain words.
    package let route: String
    package let findings: [Finding]
    package let ending: Ending
    /// Where it would go, where there are several; in words.
    package let upstream: String?

    /// Nil where nothing is wrong with the request.
    package var reason: String? {
        switch ending {
        case .forwarded, .answered: nil
        case .refused(let code, _), .reported(let code, _): code
        }
    }

    package var isPermitted: Bool { reason == nil }

    /// The last line.
    package var conclusion: String {
        switch ending {
        case .forwarded: "The request would be forwarded\(upstream.map { " to \($0)" } ?? "")."
        case .answered(let words): "The request would be answered by Holdfast itself: \(words)."
        case .refused(let code, let sentence): "The request would be refused: \(code). \(sentence)"
        case .reported(let code, let sentence):
            "The request would be forwarded all the same, and the refusal only reported (report_only): \(code). \(sentence)"
        }
    }
}
