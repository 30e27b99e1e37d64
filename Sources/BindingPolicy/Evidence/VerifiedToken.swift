/// The facts of a token whose origin is proven: its signature verified by a key of its issuer, or vouched for by
/// introspection. Only TokenValidation makes one.
///
/// It holds what is compared on every request (binding, times, audience, scope), so a cache may keep it without ever
/// remembering the comparison. It does not hold the token.
package final class VerifiedToken: Sendable {
    package let issuer: Issuer
    package let subject: String?
    package let clientID: String?
    /// Seconds since 1970; a NumericDate may have a fraction.
    package let expiresAt: Double
    /// The later of `nbf` and `iat`, where present: seconds since 1970 before which the token is not used.
    package let notBefore: Double?
    package let audiences: [String]
    /// False where the issuer, asked by us, named no audience: the token is then one for us (RFC 7662 section 2.2), and for no part
    /// of us in particular.
    package let namesAudience: Bool
    package let scopes: [String]
    package let confirmation: Confirmation
    /// The authentication context class (OpenID Connect Core section 2; RFC 9470).
    package let acr: String?
    /// When the user last authenticated (`auth_time`): seconds since 1970.
    package let authenticatedAt: Double?
    /// Of the claims that the configuration names, those it has.
    package let claims: ClaimValues
    /// The first eight octets of the SHA-256 of its `jti`, by which its issuer's records can be searched; nil where it has none. For the record
    /// alone.
    package let idHash: UInt64?

    package init(
        issuer: Issuer, subject: String?, clientID: String?, expiresAt: Double, notBefore: Double?,
        audiences: [String], scopes: [String], confirmation: Confirmation, acr: String? = nil, authenticatedAt: Double? = nil,
        claims: ClaimValues = [:], namesAudience: Bool = true, idHash: UInt64? = nil
    ) {
        self.issuer = issuer
        self.subject = subject
        self.clientID = clientID
        self.expiresAt = expiresAt
        self.notBefore = notBefore
        self.audiences = audiences
        self.namesAudience = namesAudience
        self.scopes = scopes
        self.confirmation = confirmation
        self.acr = acr
        self.authenticatedAt = authenticatedAt
        self.claims = claims
        self.idHash = idHash
    }
}

/// What a token says about the key its holder must prove (`cnf`, RFC 7800; `x5t#S256`, RFC 8705 section 3.1).
///
/// "Not understood" is never "confirmed": a `cnf` without a usable `x5t#S256`, or with a second method that Holdfast does
/// not check (`jkt`), is `unusable` and refused even where a route would accept an unbound token.
package enum Confirmation: Equatable, Sendable {
    /// The token has no `cnf` member at all.
    case absent
    /// Bound to this certificate and to nothing else.
    case certificate(Thumbprint)
    /// `cnf` is there but cannot be satisfied: `.confirmationMalformed`, `.confirmationMalformedHex` or
    /// `.confirmationUnsupported`.
    case unusable(DenialReason)
}

// MARK: - What it takes to keep it

extension VerifiedToken {
    /// About how many octets of memory it takes, texts and lists included: rather more than fewer.
    package var footprint: Int {
        let texts = [subject, clientID, acr].reduce(0) { $0 + ($1?.footprint ?? 0) }
        let values = claims.footprint
        return Self.fixed + texts + audiences.footprint + scopes.footprint + values
    }

    /// The object and the heads of its lists.
    private static let fixed = 384
}

extension ClaimValue {
    var footprint: Int {
        switch self {
        case .string(let text), .number(let text), .json(let text): text.footprint
        case .boolean: 0
        case .strings(let texts): texts.footprint
        }
    }
}

extension String {
    /// Beside the 16 octets of each, which hold a text of up to 15.
    fileprivate var footprint: Int { utf8.count > 15 ? utf8.count + 32 : 0 }
}

extension [String] {
    fileprivate var footprint: Int { reduce(isEmpty ? 0 : 32) { $0 + MemoryLayout<String>.stride + $1.footprint } }
}
