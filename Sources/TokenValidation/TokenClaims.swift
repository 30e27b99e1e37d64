import BindingPolicy

/// The claims of a token as they stand in its payload: of the right type (RFC 7519 section 4.1), and not yet believed.
///
/// Valid only while the payload's buffer is.
struct TokenClaims {
    static let maximumAudiences = 64

    private(set) var issuer, subject, clientID, tokenID, scope, authenticationClass: JSONText?
    private(set) var expiresAt, notBefore, issuedAt, authenticatedAt: Double?
    private(set) var audiences: [JSONText]?
    private(set) var confirmation = Confirmation.absent
    /// Has a claim that only another kind of JWT has: an ID token, a logout or security event token, an introspection
    /// response (RFC 8725 section 3.12).
    private(set) var isOfAnotherKind = false

    init(_ json: UnsafeRawBufferPointer) throws(TokenRefusal) {
        do throws(JSONFault) { try read(json) } catch { throw TokenRefusal(.claimsMalformed) }
    }

    private mutating func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) {
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "iss": issuer = try reader.string()
            case "exp": expiresAt = try Self.date(&reader)
            case "aud": audiences = try Self.audiences(&reader)
            case "sub": subject = try reader.string()
            case "iat": issuedAt = try Self.date(&reader)
            case "nbf": notBefore = try Self.date(&reader)
            case "jti": tokenID = try reader.string()
            case "cnf": confirmation = try ConfirmationClaim.read(&reader)
            case "scope": scope = try reader.string()
            case "client_id": clientID = try reader.string()
            case "acr": authenticationClass = try reader.string()
            case "auth_time": authenticatedAt = try Self.date(&reader)
            case "at_hash", "c_hash", "s_hash", "events", "token_introspection":
                isOfAnotherKind = true
                try reader.skip()
            default: try reader.skip()
            }
        }
        try reader.finish()
    }

    /// `iss` alone, of a payload of which nothing else is asked.
    static func issuer(of json: UnsafeRawBufferPointer) throws(JSONFault) -> JSONText? {
        var issuer: JSONText?
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if "iss" ~= name { issuer = try reader.string() } else { try reader.skip() }
        }
        try reader.finish()
        return issuer
    }

    private static func date(_ reader: inout JSONReader) throws(JSONFault) -> Double {
        guard let date = try reader.number().date else { throw .malformed }
        return date
    }

    private static func audiences(_ reader: inout JSONReader) throws(JSONFault) -> [JSONText] {
        guard try reader.peek() == .array else { return [try reader.string()] }
        var audiences: [JSONText] = []
        try reader.beginArray()
        while try reader.nextElement() {
            audiences.append(try reader.string())
            guard audiences.count <= maximumAudiences else { throw .tooManyMembers }
        }
        return audiences
    }

    /// Whether every claim that the type of token requires is there.
    func isComplete(as type: IssuerPolicy.TokenType) -> Bool {
        guard issuer != nil, expiresAt != nil, audiences?.isEmpty == false else { return false }
        switch type {
        case .any: return true
        case .accessToken: return subject != nil && clientID != nil && issuedAt != nil && tokenID != nil
        }
    }

    /// The facts as BindingPolicy compares them. What equals the policy's own text shares its memory: caches hold many of these.
    ///
    /// - Parameter claims: those that the policy names.
    func verified(issuerIndex: Int, policy: IssuerPolicy, claims: [ClaimValue?]) -> VerifiedToken {
        let isOurs = audiences?.elementsEqual(policy.audiences) { $0.equals($1.utf8) } ?? true
        return VerifiedToken(
            issuerIndex: issuerIndex, issuer: policy.issuer, subject: subject?.string, clientID: clientID?.string,
            expiresAt: expiresAt ?? .infinity, notBefore: notBefore.map { max($0, issuedAt ?? $0) } ?? issuedAt,
            audiences: isOurs ? policy.audiences : audiences?.map(\.string) ?? [], scopes: scopes, confirmation: confirmation,
            acr: authenticationClass?.string, authenticatedAt: authenticatedAt, claims: claims,
            namesAudience: audiences != nil)
    }

    /// RFC 8693 section 4.2: one string, its tokens delimited by spaces.
    private var scopes: [String] {
        scope?.withOctets { octets in octets.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) } } ?? []
    }
}
