import BindingPolicy
import Foundation

/// What a token says, read for people and not believed: `explain` shows it beside the verdict, which never comes from here.
struct TokenInspection {
    let header: [String: Any]
    let claims: [String: Any]
    /// False where an issuer's answer names no audience.
    let namesAudience: Bool

    /// Nil where the token is not a JWT that can be read.
    init?(_ token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]) else { return nil }
        self.header = header
        self.claims = claims
        namesAudience = true
    }

    /// What an issuer said of an opaque token.
    init(_ token: VerifiedToken) {
        header = [:]
        namesAudience = token.namesAudience
        var claims: [String: Any] = ["iss": token.issuer.name, "scope": token.scopes.joined(separator: " ")]
        for name in token.claims.names where claims[name.text] == nil { claims[name.text] = token.claims[name].map(Self.plain) }
        if token.namesAudience { claims["aud"] = token.audiences }
        if token.expiresAt.isFinite { claims["exp"] = token.expiresAt }
        if let beginning = token.notBefore { claims["nbf"] = beginning }
        if let acr = token.acr { claims["acr"] = acr }
        if let time = token.authenticatedAt { claims["auth_time"] = time }
        switch token.confirmation {
        case .absent: break
        case .certificate(let thumbprint): claims["cnf"] = ["x5t#S256": thumbprint.base64url]
        case .unusable: claims["cnf"] = [String: Any]()
        }
        self.claims = claims
    }

    private static func plain(_ value: ClaimValue) -> Any {
        switch value {
        case .string(let text), .number(let text), .json(let text): text
        case .boolean(let flag): flag ? "true" : "false"
        case .strings(let texts): texts
        }
    }

    private static func object(_ part: Substring) -> [String: Any]? {
        guard let octets = Array(part.utf8).withUnsafeBytes({ Base64URL.decode($0) }) else { return nil }
        return try? JSONSerialization.jsonObject(with: Data(octets)) as? [String: Any]
    }

    /// A claim or header member in a few words, without a character that a terminal would act on.
    static func text(_ value: Any?) -> String {
        switch value {
        case nil: return "none"
        case let text as String: return printable(text)
        case let texts as [String]: return texts.map(printable).joined(separator: ", ")
        case let number as NSNumber: return "\(number)"
        default: return "something that is no text"
        }
    }

    static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(200).map { isGraphic($0) ? $0 : " " }))
    }

    private static func isGraphic(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    /// Of `cnf`, as it is written.
    var thumbprint: String? { (claims["cnf"] as? [String: Any])?["x5t#S256"] as? String }

    /// `cnf` by the names of its members.
    var confirmation: String {
        guard let value = claims["cnf"] else { return "no cnf at all" }
        guard let members = value as? [String: Any] else { return "a cnf that is no object" }
        if let thumbprint { return Self.printable(thumbprint) }
        return members.isEmpty ? "an empty cnf" : "a cnf with \(members.keys.sorted().map(Self.printable).joined(separator: ", ")) only"
    }

    func date(_ claim: String) -> Double? { (claims[claim] as? NSNumber)?.doubleValue }
}
