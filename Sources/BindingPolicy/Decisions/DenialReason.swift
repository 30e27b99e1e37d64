/// Why a request was refused by judgement: one code a refusal, the same in the log, the metric and `explain`.
///
/// The raw value is the public code. Codes are a contract: they are added to, never renamed.
package enum DenialReason: String, CaseIterable, Sendable {
    // No usable credentials at all: 401 with a challenge that carries no error (RFC 6750 section 3.1).
    case credentialsMissing = "credentials_missing"
    case schemeUnsupported = "scheme_unsupported"

    // Credentials that are not one well-formed bearer token: 400 invalid_request.
    case credentialsMalformed = "credentials_malformed"
    case credentialsDuplicated = "credentials_duplicated"
    case credentialsInTwoPlaces = "credentials_in_two_places"

    // A token that is not valid here: 401 invalid_token.
    case tokenMalformed = "token_malformed"
    case tokenTooLarge = "token_too_large"
    case tokenEncrypted = "token_encrypted"
    case headerMalformed = "header_malformed"
    case headerCritical = "header_critical_unknown"
    case typeNotAccepted = "typ_not_accepted"
    case algorithmMissing = "alg_missing"
    case algorithmNotAllowed = "alg_not_allowed"
    case claimsMalformed = "claims_malformed"
    case claimMissing = "claim_missing"
    case issuerUnknown = "iss_unknown"
    case keyUnknown = "kid_unknown"
    case keyUnsuitable = "key_unsuitable"
    case keyUnusable = "key_unusable"
    case signatureInvalid = "signature_invalid"
    case audienceMismatch = "aud_mismatch"
    case tokenExpired = "token_expired"
    case tokenNotYetValid = "token_not_yet_valid"
    case tokenInactive = "token_inactive"
    case issuerNotForRoute = "iss_not_for_route"

    // The token is valid but this connection does not prove its key: 401 invalid_token.
    case confirmationMissing = "cnf_missing"
    case confirmationMalformed = "cnf_malformed"
    case confirmationMalformedHex = "cnf_malformed_hex"
    case confirmationUnsupported = "cnf_unsupported"
    case confirmationMismatch = "cnf_mismatch"
    /// It is bound to the certificate that this connection's has replaced: the same holder, from the same issuer.
    case certificateRenewed = "cert_renewed"
    /// It is bound to this certificate, and another client's all the same: its `client_id` is none of this one's.
    case clientMismatch = "client_mismatch"
    /// The token may be bound, but this connection showed no certificate at all.
    case confirmationUnproven = "cnf_unproven"

    // The certificate of this connection no longer holds (it did at the handshake): 401 invalid_token.
    case certificateExpired = "cert_expired"
    case certificateNotYetValid = "cert_not_yet_valid"
    case certificateRevoked = "cert_revoked"
    case certificateUntrusted = "cert_untrusted"
    /// Nothing tells whether it has been revoked.
    case revocationListMissing = "crl_missing"
    case revocationListStale = "crl_stale"
    /// Its responder does not know it.
    case certificateStatusUnknown = "ocsp_unknown"
    /// Its responder gave no usable answer.
    case certificateStatusUnavailable = "ocsp_unavailable"

    // Valid and bound, but the user must authenticate in another way or again: 401 insufficient_user_authentication (RFC 9470).
    case authenticationInsufficient = "acr_insufficient"
    case authenticationTooOld = "auth_too_old"

    // Valid and bound, but not enough for this route: 403 insufficient_scope.
    case scopeInsufficient = "scope_insufficient"
    case claimInsufficient = "claim_insufficient"

    // The operator lets this certificate in no more, and no token helps: 403.
    case certificateDenied = "cert_denied"

    // A certificate of none of the clients that the configuration names, or of two of them: 403, and no token helps.
    case clientUnknown = "client_unknown"
    case clientAmbiguous = "client_ambiguous"

    // The token has the scope, and the client may not use it, whatever its tokens say: 403.
    case scopeNotForClient = "scope_not_for_client"

    // The certificate does not say of its holder what this route asks for, and no token helps: 403.
    case certificateInsufficient = "cert_insufficient"

    // A route that asks for a certificate and no token, and none was shown: 403, since no token would help.
    case certificateMissing = "cert_missing"

    // The path could be read in two ways and the routes would differ: 400, no challenge.
    case pathAmbiguous = "path_ambiguous"

    // Nothing can be judged now, and that is our side's fault: 503 with Retry-After, no challenge.
    case keysUnavailable = "keys_unavailable"
    case introspectionUnavailable = "introspection_unavailable"
}

extension DenialReason {
    /// The answer on the wire (requirements, decision table C).
    package enum Answer: Equatable, Sendable {
        /// 401, a `Bearer` challenge without an error code.
        case challenge
        /// 400, `error="invalid_request"`.
        case invalidRequest
        /// 401, `error="invalid_token"`.
        case invalidToken
        /// 401, `error="insufficient_user_authentication"` (RFC 9470 section 3).
        case insufficientAuthentication
        /// 403, `error="insufficient_scope"`.
        case insufficientScope
        /// 403 without a challenge.
        case forbidden
        /// 400 without a challenge: not about credentials.
        case badRequest
        /// 503 with `Retry-After`, without a challenge.
        case unavailable
    }

    package var answer: Answer {
        switch self {
        case .credentialsMissing, .schemeUnsupported: .challenge
        case .credentialsMalformed, .credentialsDuplicated, .credentialsInTwoPlaces: .invalidRequest
        case .tokenMalformed, .tokenTooLarge, .tokenEncrypted, .headerMalformed, .headerCritical, .typeNotAccepted,
            .algorithmMissing, .algorithmNotAllowed, .claimsMalformed, .claimMissing, .issuerUnknown, .keyUnknown, .keyUnusable,
            .keyUnsuitable, .signatureInvalid, .audienceMismatch, .tokenExpired, .tokenNotYetValid, .tokenInactive,
            .issuerNotForRoute, .confirmationUnproven,
            .confirmationMissing, .confirmationMalformed, .confirmationMalformedHex, .confirmationUnsupported,
            .confirmationMismatch, .certificateRenewed, .clientMismatch, .certificateExpired, .certificateNotYetValid, .certificateRevoked,
            .certificateUntrusted, .revocationListMissing, .revocationListStale, .certificateStatusUnknown, .certificateStatusUnavailable:
            .invalidToken
        case .authenticationInsufficient, .authenticationTooOld: .insufficientAuthentication
        case .scopeInsufficient, .claimInsufficient: .insufficientScope
        case .certificateMissing, .certificateDenied, .certificateInsufficient, .clientUnknown, .clientAmbiguous, .scopeNotForClient: .forbidden
        case .pathAmbiguous: .badRequest
        case .keysUnavailable, .introspectionUnavailable: .unavailable
        }
    }
}
