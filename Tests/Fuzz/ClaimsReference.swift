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
        if !same(verified.issuer, policy.issuer) || !(isAnswer && members["iss"] == nil) && !same(members["iss"], verified.issuer) { return "iss" }
        if !same(members["sub"], verified.subject) { return "sub" }
        if !same(members["client_id"], verified.clientID) { return "client_id" }
        if !same(members["acr"], verified.acr) { return "acr" }
        if !sameDate(members["auth_time"], verified.authenticatedAt) { return "auth_time" }
        if !(isAnswer && members["exp"] == nil && verified.expiresAt == .infinity), !sameDate(members["exp"], verified.expiresAt) { return "exp" }
        let starts = [members["nbf"], members["iat"]].compactMap { $0 }.map { ReferenceJSON.number($0) ?? .nan }.max()
        if !sameDate(starts, verified.notBefore) { return "nbf, iat" }
        if !(isAnswer && members["aud"] == nil && same(verified.audiences, policy.audiences)), !same(audiences(members["aud"]), verified.audiences) {
            return "aud"
        }
        if !same(scopes(members["scope"]), verified.scopes) { return "scope" }
        if !agrees(verified.confirmation, members["cnf"]) { return "cnf" }
        let named = policy.claimNames.map { members[$0] }
        if verified.claims.count != named.count || !zip(verified.claims, named).allSatisfy(agrees) { return "a named claim" }
        return nil
    }

    private static func same(_ theirs: Any?, _ ours: String?) -> Bool {
        guard let theirs else { return ours == nil }
        guard let text = theirs as? String, let ours else { return false }
        return text.utf8.elementsEqual(ours.utf8)
    }

    private static func same(_ theirs: [String]?, _ ours: [String]) -> Bool {
        guard let theirs, theirs.count == ours.count else { return false }
        return zip(theirs, ours).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    private static func sameDate(_ theirs: Any?, _ ours: Double?) -> Bool {
        guard let theirs else { return ours == nil }
        guard let number = ReferenceJSON.number(theirs), let ours else { return false }
        return abs(number - ours) < 0.01 && ours >= 0 && ours <= 253_402_300_799
    }

    private static func audiences(_ value: Any?) -> [String]? { value as? [String] ?? (value as? String).map { [$0] } }

    private static func scopes(_ value: Any?) -> [String]? {
        guard let value else { return [] }
        return (value as? String).map { $0.utf8.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) } }
    }

    /// Only an object with one usable `x5t#S256`, and without a second key that nobody would check, confirms anything.
    private static func agrees(_ ours: Confirmation, _ theirs: Any?) -> Bool {
        guard let theirs else { return ours == .absent }
        let members = theirs as? [String: Any]
        let hasOther = ["jkt", "jwk", "jwe", "jku"].contains { members?[$0] != nil }
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
        case .strings(let texts): return same(theirs as? [String], texts)
        case .json(let text):
            guard let one = JSONTree.readByFoundation(Array(text.utf8)) else { return false }
            return one.agrees(with: JSONTree.tree(theirs))
        }
    }
}
