package import BindingPolicy

/// Reads what an issuer says of a token (RFC 7662 section 2.2), signed or not. Strict: whatever is not an answer of the right form
/// is a failure of the issuer's, never of the client's.
package struct IntrospectionResponse {
    package enum Outcome: Sendable {
        /// `.tokenInactive`; `.issuerUnknown` for a token of another issuer, `.typeNotAccepted` for one that is no bearer access token.
        case refused(TokenRefusal)
        case active(VerifiedToken, saysScopes: Bool)
        case failed(IntrospectionFailure)
        /// Signed by a key that the issuer did not have when its keys were fetched.
        case keysStale
    }

    let policy: IssuerPolicy
    package let settings: IntrospectionSettings

    package init(policy: IssuerPolicy, settings: IntrospectionSettings) {
        self.policy = policy
        self.settings = settings
    }

    package func read(_ json: [UInt8]) -> Outcome { json.withUnsafeBytes { read($0) } }

    private func read(_ json: UnsafeRawBufferPointer) -> Outcome {
        do throws(JSONFault) {
            guard try Self.isActive(json) else { return .refused(TokenRefusal(.tokenInactive)) }
            let claims: TokenClaims
            do throws(TokenRefusal) { claims = try TokenClaims(json) } catch { return .failed(.malformed) }
            guard claims.fault == nil else { return .failed(.malformed) }
            if let issuer = claims.issuer.value, !issuer.equals(policy.issuer.name.utf8) { return .refused(TokenRefusal(.issuerUnknown)) }
            if let refusal = claims.faultOfAnsweredKind { return .refused(refusal) }
            let named = try NamedClaims.read(json, policy.claimNames)
            let scopes = try claims.scopes(in: json, under: policy)
            return .active(claims.verified(under: policy, claims: named, scopes: scopes), saysScopes: scopes != nil)
        } catch {
            return .failed(.malformed)
        }
    }

    /// Of an answer that is not active nothing else is looked at.
    private static func isActive(_ json: UnsafeRawBufferPointer) throws(JSONFault) -> Bool {
        var isActive: Bool?
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if "active" ~= name { isActive = try reader.boolean() } else { try reader.skip() }
        }
        try reader.finish()
        guard let isActive else { throw .malformed }
        return isActive
    }

    // MARK: Signed answers (RFC 9701 section 5)

    /// Seconds that `iat` may lie from now: an answer is made when it is asked for, and clocks differ.
    package static let longestAge = 300.0

    /// - Parameter now: seconds since 1970.
    package func read(signed text: [UInt8], keys: KeySet?, now: Double) -> Outcome {
        text.withUnsafeBytes { text in
            do throws(TokenRefusal) {
                let jws = try CompactJWS(text, maximumLength: HTTPIntrospectionTransport.length)
                guard let header = Base64URL.decode(jws.header), let payload = Base64URL.decode(jws.payload),
                    let signature = Base64URL.decode(jws.signature)
                else { return .failed(.malformed) }
                let protected = try header.withUnsafeBufferPointer { (octets) throws(TokenRefusal) in
                    try JOSEHeader(UnsafeRawBufferPointer(octets))
                }
                guard protected.type == .introspection, settings.responseAlgorithms.contains(protected.algorithm) else {
                    return .failed(.malformed)
                }
                guard let keys else { return .failed(.signature) }
                guard keys.fault(in: signature, of: jws, protected) == nil else { return .keysStale }
                return payload.withUnsafeBytes { read(signedClaims: $0, now: now) }
            } catch {
                return .failed(.malformed)
            }
        }
    }

    private func read(signedClaims json: UnsafeRawBufferPointer, now: Double) -> Outcome {
        do throws(JSONFault) {
            let (envelope, content) = try SignedEnvelope.read(json)
            guard let issuer = envelope.issuer.value, issuer.equals(policy.issuer.name.utf8), let issuedAt = envelope.issuedAt.value,
                abs(now - issuedAt) <= Self.longestAge, isForUs(envelope.audiences.value ?? []), let content
            else { return .failed(.malformed) }
            return read(content)
        } catch {
            return .failed(.malformed)
        }
    }

    private func isForUs(_ audiences: [JSONText]) -> Bool {
        audiences.contains { audience in ([settings.clientID] + policy.issuer.terms.audiences).contains { audience.equals($0.utf8) } }
    }
}

/// The claims around a signed answer, and the answer's own text.
private enum SignedEnvelope {
    static func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) -> (TokenClaims, UnsafeRawBufferPointer?) {
        let claims: TokenClaims
        do throws(TokenRefusal) { claims = try TokenClaims(json) } catch { throw .malformed }
        var content: UnsafeRawBufferPointer?
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if "token_introspection" ~= name { content = try reader.text() } else { try reader.skip() }
        }
        return (claims, content)
    }
}
