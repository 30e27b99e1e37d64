/// What a token, or an issuer's answer about it, says of the kind of token that it is, in the members by which issuers say so.
///
/// The same keys sign ID tokens, and an issuer that is asked about a refresh token calls it active just as well: neither is meant for
/// an API (RFC 8725 section 3.12, RFC 7662 section 4).
struct TokenKind {
    enum Word: Equatable { case access, other, unknown }

    /// A member and what it says.
    struct Saying {
        let member: String
        /// Nil where it is no text.
        let word: String?

        var detail: TokenRefusal.Detail { .kind(member: member, word: word) }
    }

    /// That it is something else than an access token: a refresh token, an ID token, one for another scheme than `Bearer`.
    private(set) var other: Saying?
    /// Something that no access token is known to say, in a member that exists to say it.
    private(set) var unknown: Saying?

    /// Of `token_type` (RFC 7662 section 2.2), `token_use` (Cognito, Hydra) and `typ` (Keycloak).
    mutating func read(_ member: String, _ reader: inout JSONReader) throws(JSONFault) {
        switch try Claim(textFrom: &reader) {
        case .absent: break
        case .unfit: unknown = unknown ?? Saying(member: member, word: nil)
        case .value(let text):
            switch Self.word(text) {
            case .access: break
            case .other: other = other ?? Saying(member: member, word: Self.shortened(text))
            case .unknown: unknown = unknown ?? Saying(member: member, word: Self.shortened(text))
            }
        }
    }

    /// Of members that mean something else elsewhere (`purpose` of Curity, `tokenName` of PingAM): only the plainest words count.
    mutating func readLoosely(_ member: String, _ reader: inout JSONReader) throws(JSONFault) {
        guard let text = try Claim(textFrom: &reader).value, Self.plainest.contains(Self.letters(of: text)) else { return }
        other = other ?? Saying(member: member, word: Self.shortened(text))
    }

    private static func word(_ text: JSONText) -> Word {
        let letters = letters(of: text)
        return accessWords.contains(letters) ? .access : letters.hasPrefix("refresh") || otherWords.contains(letters) ? .other : .unknown
    }

    private static let maximumLength = 128
    private static let prefixes = ["urnietfparamsoauthtokentype", "application"]
    /// `jwt` tells of a form and of no kind.
    private static let accessWords: Set<String> = ["bearer", "access", "accesstoken", "accesstokenjwt", "atjwt", "jwt"]
    private static let plainest: Set<String> = ["refreshtoken", "idtoken", "logouttoken"]
    /// `N_A`: RFC 8693 section 2.2.1, of what is no access token. The others are of Keycloak, Cognito, Hydra, RFC 8693 section 3 and of
    /// the registry of media types.
    private static let otherWords: Set<String> = [
        "id", "idtoken", "idtokenjwt", "serializedid", "offline", "offlinetoken", "rt", "rtjwt", "logout", "logouttoken", "logoutjwt", "dpop",
        "dpopjwt", "pop", "mac", "na", "saml1", "saml2", "seceventjwt", "tokenintrospectionjwt", "authorizationcode", "devicecode",
        "registrationaccesstoken", "initialaccesstoken", "clientauthenticationjwt", "txntokenjwt", "entitystatementjwt",
    ]

    /// Letters and digits alone, in lower case, without what stands before the word: `Refresh-Token`, `refresh_token` and
    /// `urn:ietf:params:oauth:token-type:refresh_token` are one word.
    private static func letters(of text: JSONText) -> String {
        let letters = text.withOctets { octets in
            octets.count > maximumLength
                ? ""
                : String(
                    decoding: octets.compactMap { octet -> UInt8? in
                        switch octet {
                        case UInt8(ascii: "A")...UInt8(ascii: "Z"): octet | 0x20
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): octet
                        default: nil
                        }
                    }, as: UTF8.self)
        }
        guard let prefix = prefixes.first(where: { letters.hasPrefix($0) }) else { return letters }
        return String(letters.dropFirst(prefix.count))
    }

    private static func shortened(_ text: JSONText) -> String { String(text.string.prefix(64)) }
}
