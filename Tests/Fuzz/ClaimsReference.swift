import BindingPolicy
import Foundation
import TokenValidation

/// What claims say by Foundation's reading of them, held against what was understood of them here.
enum ClaimsReference {
    /// Whether Foundation's reading can be compared: it drops byte order marks even from strings, and refuses numbers beyond a Double.
    static func isComparable(_ text: [UInt8]) -> Bool { !JSONFuzz.hasByteOrderMark(text) && !JSONFuzz.isBeyondFoundation(text) }

    /// What differs; nil where nothing does.
    ///
    /// - Parameter isAnswer: of an introspection answer, in which `exp` and `aud` may be missing.
    static func difference(_ verified: VerifiedToken, _ members: [String: Any], _ policy: IssuerPolicy, isAnswer: Bool) -> String? {
        if !same(verified.issuer.name, policy.issuer.name) || !(isAnswer && isVoid(members["iss"])) && !same(members["iss"], verified.issuer.name) {
            return "iss"
        }
        if !same(text(members["sub"]), verified.subject) { return "sub" }
        if !same(text(members["client_id"]), verified.clientID) { return "client_id" }
        if !same(text(members["acr"]), verified.acr) { return "acr" }
        if let time = verified.authenticatedAt, !sameDate(members["auth_time"], time) { return "auth_time" }
        if !(isAnswer && isVoid(members["exp"]) && verified.expiresAt == .infinity), !sameDate(members["exp"], verified.expiresAt) { return "exp" }
        let starts = [members["nbf"], members["iat"]].map(start)
        if starts.contains(where: { $0 > latest }) || abs((starts.max() ?? 0) - (verified.notBefore ?? 0)) >= 0.01 { return "nbf, iat" }
        if verified.namesAudience == isVoid(members["aud"]) || !same(audiences(members["aud"]), verified.audiences) { return "aud" }
        if !same(sorted(policy.scopeClaims.flatMap { scopes(members[$0]) }), sorted(verified.scopes)) { return "scope" }
        if !agrees(verified.confirmation, members["cnf"]) { return "cnf" }
        if let member = otherKind(members, isAnswer: isAnswer) { return member }
        let isAgreed = policy.claimNames.allSatisfy { agrees(verified.claims[$0], members[$0.text]) }
        if !isAgreed || !verified.claims.names.allSatisfy(policy.claimNames.contains) { return "a named claim" }
        return nil
    }

    /// Whether a member says nothing.
    static func isVoid(_ value: Any?) -> Bool {
        switch value {
        case nil, is NSNull: true
        case let text as String: text.utf8.isEmpty
        case let elements as [Any]: elements.isEmpty
        case let members as [String: Any]: members.isEmpty
        default: false
        }
    }

    /// Of a claim that is a text, where it is there.
    static func text(_ value: Any?) -> String? { (value as? String).flatMap { $0.utf8.isEmpty ? nil : $0 } }

    /// A member that says of a token that it is of another kind; for an answer also one that does not say that it is of ours.
    static func otherKind(_ members: [String: Any], isAnswer: Bool) -> String? {
        let ours = ["bearer", "access_token", "access", "at+jwt", "application/at+jwt", "jwt"]
        let others = ["refresh", "refresh_token", "id", "id_token", "dpop", "n_a"]
        return ["typ", "token_type", "token_use"].first { name in
            guard !isVoid(members[name]) else { return false }
            let word = text(members[name])?.lowercased()
            return isAnswer ? !(word.map(ours.contains) ?? false) : word.map(others.contains) ?? false
        }
    }

    private static let latest = 253_402_300_799.0

    /// Seconds since 1970 before which a claim forbids the use; 0 where it forbids none.
    private static func start(_ value: Any?) -> Double {
        if let number = ReferenceJSON.number(value) { return max(0, number) }
        guard let text = value as? String, !text.utf8.contains(0),
            let inner = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        else { return 0 }
        return max(0, ReferenceJSON.number(inner) ?? 0)
    }

    private static func same(_ theirs: Any?, _ ours: String?) -> Bool {
        guard let theirs else { return ours == nil }
        guard let text = theirs as? String, let ours else { return false }
        return text.utf8.elementsEqual(ours.utf8)
    }

    private static func same(_ theirs: [String], _ ours: [String]) -> Bool {
        theirs.count == ours.count && zip(theirs, ours).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    private static func sorted(_ texts: [String]) -> [String] { texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    private static func sameDate(_ theirs: Any?, _ ours: Double) -> Bool {
        guard let number = ReferenceJSON.number(theirs) else { return false }
        return abs(number - ours) < 0.01 && ours >= 0 && ours <= latest
    }

    /// None where nothing is said, and where what is said is no list of names: that is never accepted.
    private static func audiences(_ value: Any?) -> [String] { value as? [String] ?? text(value).map { [$0] } ?? [] }

    /// Of one text or of a list of them; anything else names none.
    private static func scopes(_ value: Any?) -> [String] {
        if let text = value as? String { return text.utf8.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) } }
        return (value as? [String] ?? []).filter { !$0.utf8.isEmpty }
    }

    /// Only an object with one usable `x5t#S256`, and without a second key that nobody would check, confirms anything.
    private static func agrees(_ ours: Confirmation, _ theirs: Any?) -> Bool {
        guard let theirs, !(theirs is NSNull) else { return ours == .absent }
        let members = theirs as? [String: Any]
        let hasOther = ["jkt", "jwk", "jwe", "jku"].contains { !isVoid(members?[$0]) }
        let thumbprint = hasOther ? nil : (members?["x5t#S256"] as? String).flatMap { Thumbprint(base64url: $0) }
        switch ours {
        case .absent: return false
        case .certificate(let one): return one == thumbprint && one.base64url == members?["x5t#S256"] as? String
        case .unusable: return thumbprint == nil
        }
    }

    private static func agrees(_ ours: ClaimValue?, _ theirs: Any?) -> Bool {
        guard let theirs, !(theirs is NSNull) else { return ours == nil }
        switch ours {
        case nil: return false
        case .string(let text): return same(theirs, text)
        case .number(let text):
            guard let one = Double(text), let other = ReferenceJSON.number(theirs) else { return false }
            return abs(one - other) <= abs(one) / 1e12
        case .boolean(let flag): return ReferenceJSON.boolean(theirs) == flag
        case .strings(let texts): return (theirs as? [String]).map { same($0, texts) } ?? false
        case .json(let text):
            guard let one = JSONTree.readByFoundation(Array(text.utf8)) else { return false }
            return one.agrees(with: JSONTree.tree(theirs))
        }
    }
}
