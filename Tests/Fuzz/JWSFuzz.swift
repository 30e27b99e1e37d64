import BindingPolicy
import Foundation
import TokenValidation

/// Mutated tokens of several issuers and every family of algorithms: no crash, and none accepted but what was issued. And
/// well-signed nonsense: whatever is accepted means to Foundation what it means to us.
///
/// An ECDSA signature has a twin, (R, n - S), that anybody can compute and that verifies just as well (FIPS 186-5 says nothing
/// against it, and RFC 7518 section 3.4 neither): it is accepted, as by every JOSE library, and must then carry exactly the issued header
/// and payload. Nothing here tells tokens apart by their octets but caches, which then hold two entries.
enum JWSFuzz {
    static let audience = "https://api.example.com"
    static let names = ["https://as.example.com", "https://other.example.com"]
    static let claimNames: [ClaimName] = ["department", "roles"]

    static func run(cases: Int, seed: UInt64, _ report: inout FuzzReport) {
        do {
            let issuers = try names.map { try PretendedIssuer(name: $0) }
            let bench = try JWSFuzzBench(issuers)
            var mutator = TokenMutator(try tokens(issuers), seed: seed)
            for index in 0..<cases {
                if index % 8 == 0 { try bench.judgeNonsense(&mutator, &report) } else { bench.judgeMutation(mutator.mutated(), mutator, &report) }
            }
        } catch {
            report.fail("no key or no signature: \(error)", input: [])
        }
    }

    static let policies: [IssuerPolicy] =
        [
            IssuerPolicy(issuer: names[0], audiences: [audience], algorithms: PretendedIssuer.algorithms, claimNames: claimNames),
            IssuerPolicy(
                issuer: names[1], audiences: [audience], algorithms: PretendedIssuer.algorithms, type: .any, requiredClaims: ["jti"],
                scopeClaims: ["scope", "scp"], claimNames: claimNames),
        ]

    /// Of each issuer and each signer three: as short as may be, with everything in it, and without a `kid`.
    static func tokens(_ issuers: [PretendedIssuer]) throws -> [IssuedToken] {
        var tokens: [IssuedToken] = []
        for (index, issuer) in issuers.enumerated() {
            for signer in issuer.signers {
                let type = (name: "typ", value: index == 1 ? #""JWT""# : #""at+jwt""#)
                let algorithm = (name: "alg", value: "\"\(signer.algorithm.rawValue)\"")
                let header = [type, algorithm, (name: "kid", value: "\"\(signer.keyID)\"")]
                let claims = claims(of: issuer.name)
                tokens.append(try IssuedToken(header, claims, issuer: index, signer))
                tokens.append(try IssuedToken(header, claims + furtherClaims, issuer: index, signer))
                tokens.append(try IssuedToken([type, algorithm], claims, issuer: index, signer))
            }
        }
        return tokens
    }

    static func claims(of issuer: String) -> [IssuedToken.Member] {
        [
            ("iss", "\"\(issuer)\""), ("aud", "[\"\(audience)\",\"x\"]"), ("sub", #""s""#), ("client_id", #""c""#), ("exp", "1900000300"),
            ("iat", "1899999990"), ("jti", #""j""#), ("scope", #""a b""#),
            ("cnf", #"{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}"#),
        ]
    }

    static let furtherClaims: [IssuedToken.Member] = [
        ("acr", #""urn:gold""#), ("auth_time", "1899999000"), ("nbf", "1899999991.5"), ("department", #""R\u0026D é""#), ("roles", #"["r1","r2"]"#),
    ]
}

/// A verifier with the keys of all issuers, and what it says held against what was issued and what Foundation reads.
struct JWSFuzzBench {
    private var verifier = TokenVerifier(JWSFuzz.policies)

    init(_ issuers: [PretendedIssuer]) throws {
        for (policy, issuer) in zip(JWSFuzz.policies, issuers) { verifier.replaceKeys(try issuer.keySet(), of: policy.issuer) }
    }

    func judgeMutation(_ token: [UInt8], _ mutator: TokenMutator, _ report: inout FuzzReport) {
        report.begin(token)
        let source = mutator.source(of: token)
        switch (token.withUnsafeBytes(verifier.verify), source) {
        case (.success(let verified), let source?):
            report.accepted += 1
            if mutator.originals[token] == nil { report.counts["with the other signature", default: 0] += 1 }
            let issued = mutator.tokens[source]
            judge(
                verified, header: Array(IssuedToken.text(issued.header).utf8), claims: Array(IssuedToken.text(issued.claims).utf8), issued, &report)
        case (.success, nil): report.fail("a mutation was accepted", input: token)
        case (.failure(let refusal), .some): report.fail("a valid token was refused: \(refusal.reason.rawValue)", input: token)
        case (.failure(let refusal), nil):
            if refusal.reason == .signatureInvalid { report.counts["refused by their signature", default: 0] += 1 }
        }
    }

    func judgeNonsense(_ mutator: inout TokenMutator, _ report: inout FuzzReport) throws {
        let (token, source, header, claims) = try mutator.signedNonsense()
        report.begin(token)
        guard case .success(let verified) = token.withUnsafeBytes(verifier.verify) else { return }
        report.accepted += 1
        judge(verified, header: header, claims: claims, mutator.tokens[source], &report)
    }

    /// What was accepted is by `source`'s key, so that is whose it must claim to be.
    private func judge(_ verified: VerifiedToken, header: [UInt8], claims: [UInt8], _ source: IssuedToken, _ report: inout FuzzReport) {
        guard verified.expiresAt.isFinite, verified.notBefore?.isFinite ?? true, verified.issuer === JWSFuzz.policies[source.issuer].issuer else {
            return report.fail("accepted with a time or an issuer that is none", input: claims)
        }
        if ReferenceJSON.hasDuplicates(header) || ReferenceJSON.hasDuplicates(claims) { report.fail("accepted duplicates", input: header + claims) }
        guard ClaimsReference.isComparable(header), ClaimsReference.isComparable(claims) else { return }
        guard let headerMembers = ReferenceJSON.object(header), let members = ReferenceJSON.object(claims) else {
            return report.fail("accepted what Foundation cannot read", input: header + claims)
        }
        let policy = JWSFuzz.policies[source.issuer]
        if !HeaderReference.allows(headerMembers, source.signer, policy.type) {
            report.fail("accepted a header that says something else", input: header)
        }
        if let difference = ClaimsReference.difference(verified, members, policy, isAnswer: false) {
            report.fail("accepted claims of which \(difference) says something else", input: claims)
        }
        if !has(policy.requiredClaims, members) { report.fail("accepted without a claim that is required", input: claims) }
        if HeaderReference.mediaType(headerMembers["typ"]) != "at+jwt",
            ["at_hash", "c_hash", "s_hash", "events", "token_introspection"].contains(where: { !ClaimsReference.isVoid(members[$0]) })
        {
            report.fail("accepted with a claim of another kind of token", input: claims)
        }
    }

    private func has(_ names: [String], _ members: [String: Any]) -> Bool {
        names.allSatisfy { $0 == "iat" ? ReferenceJSON.number(members[$0]) != nil : ClaimsReference.text(members[$0]) != nil }
    }
}

/// Which headers may be accepted, by Foundation's reading of them.
enum HeaderReference {
    static func allows(_ members: [String: Any], _ signer: PretendedIssuer.Signer, _ type: IssuerPolicy.TokenType) -> Bool {
        let zip = members["zip"]
        guard let name = members["alg"] as? String, name == signer.algorithm.rawValue || name == "Ed25519" && signer.algorithm == .eddsa,
            ClaimsReference.isVoid(members["kid"]) || members["kid"] as? String == signer.keyID,
            members["crit"] == nil, members["b64"] == nil, ClaimsReference.isVoid(zip) || zip as? String == "NONE",
            ["enc", "epk", "p2c", "p2s"].allSatisfy({ ClaimsReference.isVoid(members[$0]) }), mediaType(members["cty"]) != "jwt"
        else { return false }
        switch type {
        case .accessToken: return mediaType(members["typ"]) == "at+jwt"
        case .any: return ClaimsReference.isVoid(members["typ"]) || ["at+jwt", "jwt"].contains(mediaType(members["typ"]))
        }
    }

    /// In small letters, without `application/`.
    static func mediaType(_ value: Any?) -> String? {
        guard let text = (value as? String)?.lowercased() else { return nil }
        return text.hasPrefix("application/") ? String(text.dropFirst(12)) : text
    }
}
