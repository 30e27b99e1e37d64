import BindingPolicy
import Foundation
import TokenValidation

/// Whatever a client sends as a token: asked about at the issuer that its prefix, or no other, has; a JWT at none but the one that it
/// names. What is settled is remembered as it was settled, and never weaker than what was verified.
struct IssuerChoiceFuzz {
    private static let now = 1_900_000_000.0
    /// Two whose JWTs are verified here, the second of which is asked about them too; three that are asked about all that is theirs.
    private static let policies =
        [
            JWSFuzz.policies[0],
            IssuerPolicy(
                issuer: JWSFuzz.names[1], audiences: [JWSFuzz.audience], algorithms: PretendedIssuer.algorithms, type: .any,
                claimNames: JWSFuzz.claimNames, introspection: IntrospectionRule(tokenPrefix: Array("oth_".utf8))),
        ]
        + [("https://c.example.com", nil), ("https://d.example.com", "opq_"), ("https://e.example.com", "opq_x~")].map {
            IssuerPolicy(
                issuer: $0.0, audiences: [JWSFuzz.audience], claimNames: JWSFuzz.claimNames, verifiesJWTs: false,
                introspection: IntrospectionRule(tokenPrefix: $0.1.map { Array($0.utf8) }))
        }

    /// Octets of a token; a longer one is refused unread.
    private static let longest = 16 * 1024
    /// The issuer of tokens without anybody's prefix, and one authenticator for which there is none.
    private static let defaultIssuer = 2
    private var withDefault = TokenAuthenticator(Self.policies, cacheCapacity: 64)
    private var withoutDefault = TokenAuthenticator(
        Self.policies.filter { $0.introspection?.tokenPrefix != nil || $0.introspection == nil }, cacheCapacity: 0)
    private var mutator: TokenMutator
    private var tokens: AgreementFuzz

    init(seed: UInt64) throws {
        let issuers = try JWSFuzz.names.map { try PretendedIssuer(name: $0) }
        for (policy, issuer) in zip(Self.policies, issuers) {
            let keys = try issuer.keySet()
            withDefault.replaceKeys(keys, of: policy.issuer)
            withoutDefault.replaceKeys(keys, of: policy.issuer)
        }
        mutator = TokenMutator(try JWSFuzz.tokens(issuers), seed: seed &+ 7)
        tokens = AgreementFuzz(seed: seed &+ 8)
    }

    mutating func judge(_ report: inout FuzzReport) {
        let token = token()
        report.begin(token)
        // Only what the grammar of a header field lets through gets this far (RFC 6750 section 2.1).
        guard case .bearer = (Array("Bearer ".utf8) + token).withUnsafeBytes(BearerCredentials.parse) else { return }
        switch token.withUnsafeBytes({ withDefault.authenticate($0, now: Self.now) }) {
        case .verified(let verified):
            report.accepted += 1
            // The second issuer's only where an answer is remembered.
            if mutator.source(of: token) == nil && !isOpaqueOrNamed(token, verified.issuer) {
                report.fail("verified what nobody issued", input: token)
            }
        case .refused:
            if !hasThreeParts(token), token.count <= Self.longest {
                report.fail("refused what could have been asked about", input: token)
            }
        case .unknown(let inquiry): judge(inquiry, token, &report)
        }
        judgeWithoutDefault(token, &report)
    }

    private mutating func judge(_ inquiry: Inquiry, _ token: [UInt8], _ report: inout FuzzReport) {
        report.counts["asked about", default: 0] += 1
        if let verified = inquiry.verified {
            if mutator.source(of: token) == nil || verified.issuer !== Self.policies[1].issuer || inquiry.issuer !== verified.issuer {
                report.fail("asked about a JWT that is none", input: token)
            }
        } else if !isOpaqueOrNamed(token, inquiry.issuer) {
            report.fail("shown to \(inquiry.issuer.name)", input: token)
        }
        settle(inquiry, token, &report)
    }

    private mutating func settle(_ inquiry: Inquiry, _ token: [UInt8], _ report: inout FuzzReport) {
        let said = tokens.randomToken(of: mutator.below(16) == 0 ? Self.policies[0].issuer : inquiry.issuer)
        let saysScopes = mutator.below(4) > 0
        let answer = IntrospectionAnswer(outcome: .success(said), validUntil: Self.now + Double(mutator.below(3) - 1), saysScopes: saysScopes)
        switch withDefault.settle(answer, for: inquiry, now: Self.now) {
        case .failure(let refusal):
            if said.issuer === inquiry.issuer || refusal.reason != .introspectionUnavailable {
                report.fail("an answer was not taken", input: token)
            }
        case .success(let settled):
            if said.issuer !== inquiry.issuer { report.fail("another issuer's answer was taken", input: token) }
            if let verified = inquiry.verified, let fault = AgreementFuzz.fault(settled, said, verified, saysScopes: saysScopes) {
                report.fail("settled with a weaker \(fault)", input: token)
            }
            // Remembered only for as long as the answer and the token say.
            let isRemembered =
                switch token.withUnsafeBytes({ withDefault.authenticate($0, now: Self.now) }) {
                case .verified(let known): known === settled
                case .unknown, .refused: false
                }
            if isRemembered != (min(answer.validUntil, settled.expiresAt) > Self.now) {
                report.fail("remembered for too long or not at all", input: token)
            }
        }
    }

    private mutating func judgeWithoutDefault(_ token: [UInt8], _ report: inout FuzzReport) {
        guard case .unknown(let inquiry) = token.withUnsafeBytes({ withoutDefault.authenticate($0, now: Self.now) }), inquiry.verified == nil
        else { return }
        if !isOpaqueOrNamed(token, inquiry.issuer) || inquiry.issuer === Self.policies[Self.defaultIssuer].issuer {
            report.fail("without a default, shown to \(inquiry.issuer.name)", input: token)
        }
    }

    // MARK: The reference

    /// Whether it may be shown to that issuer: a JWT to the one that it names, where that judges its JWTs itself; anything else to the one
    /// with the longest prefix.
    private func isOpaqueOrNamed(_ token: [UInt8], _ issuer: Issuer) -> Bool {
        guard let index = Self.policies.firstIndex(where: { $0.issuer === issuer }) else { return false }
        if hasThreeParts(token), let payload = Self.part(1, of: token) {
            guard ClaimsReference.isComparable(payload) else { return true }
            if !Self.policies[index].verifiesJWTs, ReferenceJSON.object(payload)?["iss"] as? String == issuer.name { return true }
        }
        if isJWT(token) { return false }
        let prefixes = Self.policies.indices.filter { Self.policies[$0].introspection?.tokenPrefix.map { token.starts(with: $0) } ?? false }
        return index == prefixes.max { Self.length($0) < Self.length($1) } ?? Self.defaultIssuer
    }

    /// By Foundation's reading, which also takes byte order marks and UTF-16, as JWTs may not have them.
    private func isJWT(_ token: [UInt8]) -> Bool {
        guard hasThreeParts(token), let header = Self.part(0, of: token), !header.contains(0), !JSONFuzz.hasByteOrderMark(header) else {
            return false
        }
        return (try? JSONSerialization.jsonObject(with: Data(header))) is [String: Any]
    }

    private static func length(_ index: Int) -> Int { policies[index].introspection?.tokenPrefix?.count ?? 0 }

    private func hasThreeParts(_ token: [UInt8]) -> Bool { token.count { $0 == UInt8(ascii: ".") } == 2 }

    /// A part of a token, decoded as Foundation decodes, which is lenient about the last character's spare bits.
    private static func part(_ index: Int, of token: [UInt8]) -> [UInt8]? {
        let text = String(decoding: token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)[index], as: UTF8.self)
        guard !text.contains(where: { "+/=".contains($0) }) else { return nil }
        let base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padded = base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4)
        return Data(base64Encoded: padded).map { Array($0) }
    }

    // MARK: The tokens

    private mutating func token() -> [UInt8] {
        let prefix = Array(["", "", "opq_", "opq_x", "opq_x~", "oth_", "OPQ_", "eyJ"][mutator.below(8)].utf8)
        switch mutator.below(8) {
        case 0: return mutator.mutated()
        case 1: return prefix + mutator.mutated()
        case 2, 3: return unsigned()
        case 4: return unsigned() + [".", "..", ".e.e", "="][mutator.below(4)].utf8
        default: return prefix + opaque()
        }
    }

    /// A JWT of any of the issuers, and a signature of nobody's.
    private mutating func unsigned() -> [UInt8] {
        let source = mutator.tokens[mutator.pick()]
        let issuer = Self.policies[mutator.below(Self.policies.count)].issuer.name
        let claims = source.claims.map { $0.name == "iss" ? (name: "iss", value: "\"\(issuer)\"") : $0 }
        let header = mutator.below(4) == 0 ? mutator.changed(source.header) : Array(IssuedToken.text(source.header).utf8)
        let payload = mutator.below(2) == 0 ? mutator.changed(claims) : Array(IssuedToken.text(claims).utf8)
        return Array((Base64URL.encode(header) + "." + Base64URL.encode(payload) + "." + String(decoding: opaque(), as: UTF8.self)).utf8)
    }

    private mutating func opaque() -> [UInt8] {
        let alphabet = Array("ABCXYZabcxyz0189-._~+/".utf8)
        return (0..<1 + mutator.below(mutator.below(64) == 0 ? 20_000 : 48)).map { _ in alphabet[mutator.below(alphabet.count)] }
    }
}
