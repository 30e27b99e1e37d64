import BindingPolicy

extension TokenClaims {
    /// What is wrong with the claims that are judged of every token: `iss`, `exp` and `aud` of another type, and a time that never comes.
    var fault: TokenRefusal? {
        if case .unfit(let kind) = issuer { return TokenRefusal(.claimsMalformed, .unfit("iss", kind)) }
        if case .unfit(let kind) = expiresAt { return TokenRefusal(.claimsMalformed, .unfit("exp", kind)) }
        if case .unfit(let kind) = audiences { return TokenRefusal(.claimsMalformed, .unfit("aud", kind)) }
        return earliest.never.map { TokenRefusal(.claimsMalformed, .unfit($0, .number)) }
    }

    /// Why this is no access token, by what it says itself.
    ///
    /// - Parameter isTyped: its header says that it is one (RFC 9068 section 2.1).
    func faultOfKind(isTyped: Bool) -> TokenRefusal? {
        if let saying = kind.other { return TokenRefusal(.typeNotAccepted, saying.detail) }
        guard !isTyped, let foreign else { return nil }
        return TokenRefusal(.typeNotAccepted, .foreign(foreign))
    }

    /// Why an issuer's answer is about no bearer access token. In an answer the members that say so are the issuer's own (RFC 7662
    /// section 2.2), so a word that is not known there is not passed over.
    var faultOfAnsweredKind: TokenRefusal? {
        faultOfKind(isTyped: false) ?? kind.unknown.map { TokenRefusal(.typeNotAccepted, $0.detail) }
    }

    /// The first claim that a JWT must have and has not, or has as something that is none.
    ///
    /// - Parameters:
    ///   - names: those that the policy adds.
    ///   - json: the text these claims are of.
    func faultOfRequired(_ names: [String], _ json: UnsafeRawBufferPointer) throws(TokenRefusal) -> TokenRefusal? {
        if let refusal = refusal(issuer, "iss") ?? refusal(expiresAt, "exp") ?? refusal(audiences, "aud") { return refusal }
        var others: [String] = []
        for name in names {
            switch name {
            case "sub": if let refusal = refusal(subject, name) { return refusal }
            case "client_id": if let refusal = refusal(clientID, name) { return refusal }
            case "jti": if let refusal = refusal(tokenID, name) { return refusal }
            case "iat": if let refusal = refusal(issuedAt, name) { return refusal }
            case "nbf": if let refusal = refusal(notBefore, name) { return refusal }
            case "acr": if let refusal = refusal(authenticationClass, name) { return refusal }
            case "auth_time": if let refusal = refusal(authenticatedAt, name) { return refusal }
            case "iss", "exp", "aud": break
            default: others.append(name)
            }
        }
        return others.isEmpty ? nil : try Self.missing(others, in: json)
    }

    private func refusal<Value>(_ claim: Claim<Value>, _ name: String) -> TokenRefusal? {
        switch claim {
        case .value: nil
        case .absent: TokenRefusal(.claimMissing, .missing(name))
        case .unfit(let kind): TokenRefusal(.claimsMalformed, .unfit(name, kind))
        }
    }

    /// Claims whose type is nobody's concern here: they must say anything at all.
    private static func missing(_ names: [String], in json: UnsafeRawBufferPointer) throws(TokenRefusal) -> TokenRefusal? {
        let values: ClaimValues
        do throws(JSONFault) { values = try NamedClaims.read(json, names.map { ClaimName($0) }) } catch { throw TokenRefusal(.claimsMalformed) }
        return names.first { values[ClaimName($0)]?.isEmpty ?? true }.map { TokenRefusal(.claimMissing, .missing($0)) }
    }
}
