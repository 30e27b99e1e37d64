extension DenialReason {
    /// One sentence for the client. It holds no character that a quoted-string or JSON would need to escape (RFC 6750
    /// section 3), and nothing that the client did not send or could not know.
    package var explanation: String {
        switch self {
        case .credentialsMissing: "This API needs a bearer token that is bound to your client certificate."
        case .schemeUnsupported: "Only the Bearer scheme is accepted here."
        case .credentialsMalformed: "The Authorization field is not one well-formed bearer token."
        case .credentialsDuplicated: "More than one token was sent."
        case .credentialsInTwoPlaces: "A token was sent in the query as well as in the Authorization field."
        case .tokenMalformed: "The token is not a well-formed signed JWT."
        case .tokenTooLarge: "The token is too large."
        case .tokenEncrypted: "Encrypted tokens are not accepted here."
        case .headerMalformed: "The token's header is malformed."
        case .headerCritical: "The token's header asks for an extension that is not supported."
        case .typeNotAccepted: "The token's type is not that of an access token."
        case .algorithmMissing: "The token names no signature algorithm."
        case .algorithmNotAllowed: "The token's signature algorithm is not allowed."
        case .claimsMalformed: "The token's claims are malformed."
        case .claimMissing: "The token lacks a required claim."
        case .issuerUnknown: "The token's issuer is not trusted here."
        case .keyUnknown: "The token is signed by a key its issuer does not publish."
        case .keyUnsuitable: "The issuer's key does not fit the token's algorithm."
        case .signatureInvalid: "The token's signature is not valid."
        case .audienceMismatch: "The token is meant for another audience."
        case .tokenExpired: "The token has expired."
        case .tokenNotYetValid: "The token is not valid yet."
        case .tokenInactive: "The token is not active."
        case .confirmationMissing: "The token is not bound to a certificate."
        case .confirmationMalformed: "The token's certificate binding is malformed."
        case .confirmationMalformedHex: "The token's certificate binding is hexadecimal where base64url of the digest is needed."
        case .confirmationUnsupported: "The token is bound by a method that is not supported here."
        case .confirmationMismatch: "The token is bound to another certificate than this connection's."
        case .certificateExpired: "The client certificate has expired."
        case .certificateNotYetValid: "The client certificate is not valid yet."
        case .certificateRevoked: "The client certificate has been revoked."
        case .certificateUntrusted: "The client certificate is no longer trusted."
        case .scopeInsufficient: "The token lacks a scope that this resource needs."
        case .pathAmbiguous: "The path can be read in more than one way."
        case .keysUnavailable: "The keys to verify tokens with are not available; try again."
        case .introspectionUnavailable: "The token could not be looked up; try again."
        }
    }
}
