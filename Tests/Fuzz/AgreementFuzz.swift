import BindingPolicy
import TokenValidation

/// Random pairs of what an issuer says and what was verified: what holds by both is never weaker than either.
struct AgreementFuzz {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func judge(_ report: inout FuzzReport) {
        let said = randomToken(of: Self.issuer), verified = randomToken(of: Self.issuer, mayLackAudience: false)
        let saysScopes = !random.oneIn(4)
        report.begin([])
        if let fault = Self.fault(said.agreed(with: verified, saysScopes: saysScopes), said, verified, saysScopes: saysScopes) {
            report.fail("a weaker \(fault) (scopes \(saysScopes)) of \(Self.text(said)) and \(Self.text(verified))", input: [])
        }
    }

    // MARK: The properties

    /// The first fact that is weaker in `merged` than in one of the two; nil where none is.
    static func fault(_ merged: VerifiedToken, _ said: VerifiedToken, _ verified: VerifiedToken, saysScopes: Bool) -> String? {
        let both = [said, verified]
        if both.contains(where: { merged.expiresAt > $0.expiresAt }) { return "expiry" }
        if both.compactMap(\.notBefore).contains(where: { $0 > merged.notBefore ?? -.infinity }) { return "start" }
        // An answer that names no audience says nothing of audiences; the JWT does.
        if both.contains(where: { $0.namesAudience && !isSubset(merged.audiences, $0.audiences) }) { return "audience" }
        // A side without any scope says nothing of scopes.
        if saysScopes, !isSubset(merged.scopes, said.scopes) { return "scope than the answer's" }
        if !saysScopes || !verified.scopes.isEmpty, !isSubset(merged.scopes, verified.scopes) { return "scope than the token's" }
        if both.contains(where: { isWeaker(merged.confirmation, than: $0.confirmation) }) { return "confirmation" }
        if both.compactMap(\.authenticatedAt).contains(where: { $0 < merged.authenticatedAt ?? .infinity }) { return "time of authentication" }
        if merged.issuer !== said.issuer { return "issuer" }
        if isContradicted(merged.subject, said.subject, verified.subject) { return "subject" }
        if isContradicted(merged.clientID, said.clientID, verified.clientID) { return "client" }
        if isContradicted(merged.acr, said.acr, verified.acr) { return "acr" }
        guard merged.claims.names.allSatisfy((said.claims.names + verified.claims.names).contains) else { return "claim that nobody makes" }
        for name in claimNames where isContradicted(merged.claims[name], said.claims[name], verified.claims[name]) { return "claim" }
        return nil
    }

    /// Of which certificates the holder may be, told by trying each; and no certificate at all only where neither side wants one.
    private static func isWeaker(_ merged: Confirmation, than side: Confirmation) -> Bool {
        if merged == .absent { return side != .absent }
        return thumbprints.contains { allows(merged, $0) && !allows(side, $0) }
    }

    private static func allows(_ confirmation: Confirmation, _ thumbprint: Thumbprint) -> Bool {
        switch confirmation {
        case .absent: true
        case .certificate(let one): one == thumbprint
        case .unusable: false
        }
    }

    private static func isSubset(_ texts: [String], _ others: [String]) -> Bool {
        texts.allSatisfy { text in others.contains { same($0, text) } }
    }

    private static func isContradicted(_ merged: String?, _ sides: String?...) -> Bool {
        guard let merged else { return false }
        return sides.contains { side in side.map { !same($0, merged) } ?? false }
    }

    private static func isContradicted(_ merged: ClaimValue?, _ sides: ClaimValue?...) -> Bool {
        guard let merged else { return false }
        return sides.contains { side in side.map { $0 != merged } ?? false }
    }

    private static func same(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

    // MARK: The pairs

    private static let thumbprints = (0..<3).compactMap { Thumbprint(digest: [UInt8](repeating: $0, count: 32)) }
    /// Two spellings of one letter are two texts.
    private static let texts: [String?] = [nil, "a", "b", "\u{e9}", "e\u{301}", ""]
    private static let names = ["a", "b", "c", "\u{e9}", "e\u{301}"]
    private static let claims: [ClaimValue?] = [
        nil, .string("a"), .string("1"), .number("1"), .boolean(true), .strings(["a"]), .json("[1]"), .json("{}"),
    ]

    private static let claimNames: [ClaimName] = ["a", "\u{e9}", "e\u{301}"]
    private static let issuer = Issuer(name: "https://as.example.com", terms: TokenTerms(audiences: ["a"], leeway: 0))

    /// - Parameter mayLackAudience: as an answer may, and a JWT may not.
    mutating func randomToken(of issuer: Issuer, mayLackAudience: Bool = true) -> VerifiedToken {
        let namesAudience = !mayLackAudience || !random.oneIn(4)
        return VerifiedToken(
            issuer: issuer, subject: random.pick(Self.texts), clientID: random.pick(Self.texts),
            expiresAt: random.oneIn(4) ? .infinity : time(), notBefore: random.oneIn(3) ? nil : time(),
            audiences: namesAudience || random.oneIn(2) ? some() : [], scopes: some(), confirmation: confirmation(),
            acr: random.pick(Self.texts), authenticatedAt: random.oneIn(3) ? nil : time(),
            claims: randomClaims(), namesAudience: namesAudience)
    }

    private mutating func randomClaims() -> ClaimValues {
        var claims = ClaimValues()
        for name in Self.claimNames { claims[name] = random.pick(Self.claims) }
        return claims
    }

    private mutating func time() -> Double { 1_900_000_000 + Double(random.below(9) - 4) / 2 }

    private mutating func some() -> [String] { (0..<random.below(4)).map { _ in random.pick(Self.names) } }

    private mutating func confirmation() -> Confirmation {
        switch random.below(4) {
        case 0: .absent
        case 1: .unusable(random.oneIn(2) ? .confirmationMalformed : .confirmationUnsupported)
        default: .certificate(random.pick(Self.thumbprints))
        }
    }

    private static func text(_ token: VerifiedToken) -> String {
        "[\(token.expiresAt) \(token.notBefore ?? -1) \(token.audiences) \(token.scopes) \(token.confirmation) "
            + "\(token.claims) \(token.authenticatedAt ?? -1)]"
    }
}
