import BindingPolicy
import Crypto

/// The claims of a token as they stand in its payload, each read and none judged: not yet believed, and not yet known to be needed.
///
/// Valid only while the payload's buffer is.
struct TokenClaims {
    static let maximumAudiences = 64

    private(set) var issuer = Claim<JSONText>.absent, subject = Claim<JSONText>.absent, clientID = Claim<JSONText>.absent
    private(set) var tokenID = Claim<JSONText>.absent, authenticationClass = Claim<JSONText>.absent
    private(set) var expiresAt = Claim<Double>.absent, notBefore = Claim<Double>.absent, issuedAt = Claim<Double>.absent
    private(set) var authenticatedAt = Claim<Double>.absent
    private(set) var audiences = Claim<[JSONText]>.absent
    private(set) var earliest = EarliestUse()
    private(set) var scope: ScopeClaim?
    private(set) var confirmation = Confirmation.absent
    private(set) var kind = TokenKind()
    /// A claim that only another kind of JWT has: an ID token, a logout or security event token, an introspection response (RFC 8725
    /// section 3.12).
    private(set) var foreign: String?

    init(_ json: UnsafeRawBufferPointer) throws(TokenRefusal) {
        do throws(JSONFault) { try read(json) } catch { throw TokenRefusal(.claimsMalformed, .text(error)) }
    }

    private mutating func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) {
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "iss": issuer = try Claim(textFrom: &reader)
            case "exp": expiresAt = try Claim(dateFrom: &reader)
            case "aud": audiences = try Claim(textsFrom: &reader, maximum: Self.maximumAudiences)
            case "sub": subject = try Claim(textFrom: &reader)
            case "iat": issuedAt = try earliest.read("iat", &reader)
            case "nbf": notBefore = try earliest.read("nbf", &reader)
            case "jti": tokenID = try Claim(textFrom: &reader)
            case "cnf": confirmation = try ConfirmationClaim.read(&reader)
            case "scope": scope = try ScopeClaim(&reader)
            case "client_id": clientID = try Claim(textFrom: &reader)
            case "acr": authenticationClass = try Claim(textFrom: &reader)
            case "auth_time": authenticatedAt = try Claim(dateFrom: &reader)
            default: try readKind(name, &reader)
            }
        }
        try reader.finish()
    }

    /// Members by which a token says what it is, if it is another one of those.
    private mutating func readKind(_ name: JSONText, _ reader: inout JSONReader) throws(JSONFault) {
        switch name {
        case "typ": try kind.read("typ", &reader)
        case "token_type": try kind.read("token_type", &reader)
        case "token_use": try kind.read("token_use", &reader)
        case "tokenName": try kind.readLoosely("tokenName", &reader)
        case "purpose": try kind.readLoosely("purpose", &reader)
        case "at_hash", "c_hash", "s_hash", "events", "token_introspection":
            if try !reader.skipVoid() {
                foreign = name.string
                try reader.skip()
            }
        default: try reader.skip()
        }
    }

    /// `iss` alone, of a payload of which nothing else is asked.
    static func issuer(of json: UnsafeRawBufferPointer) throws(JSONFault) -> JSONText? {
        var issuer = Claim<JSONText>.absent
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if "iss" ~= name { issuer = try Claim(textFrom: &reader) } else { try reader.skip() }
        }
        try reader.finish()
        return issuer.value
    }

    /// The facts as BindingPolicy compares them. What equals the policy's own text shares its memory: caches hold many of these.
    ///
    /// - Parameters:
    ///   - claims: those that the policy names.
    ///   - scopes: nil where nothing is said of them.
    func verified(under policy: IssuerPolicy, claims: ClaimValues, scopes: [String]?) -> VerifiedToken {
        VerifiedToken(
            issuer: policy.issuer, subject: subject.value?.string, clientID: clientID.value?.string,
            expiresAt: expiresAt.value ?? .infinity, notBefore: earliest.date, audiences: audiences(under: policy), scopes: scopes ?? [],
            confirmation: confirmation, acr: authenticationClass.value?.string, authenticatedAt: authenticatedAt.value, claims: claims,
            namesAudience: audiences.value != nil, idHash: tokenID.value.map { Self.hash($0.string) })
    }

    private static func hash(_ id: String) -> UInt64 { SHA256.hash(data: Array(id.utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// Without any in the answer of an issuer, ours where the configuration takes the issuer's word for it, else none.
    private func audiences(under policy: IssuerPolicy) -> [String] {
        let ours = policy.issuer.terms.audiences
        guard let named = audiences.value else { return policy.introspection?.needsAudience == false ? ours : [] }
        return named.elementsEqual(ours) { $0.equals($1.utf8) } ? ours : named.map(\.string)
    }

    /// What the issuer's own claims say of scopes; nil where none of them is there.
    func scopes(in json: UnsafeRawBufferPointer, under policy: IssuerPolicy) throws(JSONFault) -> [String]? {
        policy.readsScopeOnly ? scope?.scopes : try ScopeClaim.scopes(in: json, from: policy.scopeClaims)
    }
}
