package import BindingPolicy

/// Why a token was not verified.
package struct TokenRefusal: Error, Equatable, Sendable {
    /// What exactly it was about the token, for people: names of claims and kinds of values, and of the values themselves only the word
    /// by which a token says what kind of token it is.
    ///
    /// Indirect, so that what is said of each request stays small.
    package indirect enum Detail: Equatable, Sendable {
        /// Header or claims are no JSON as it has to be.
        case text(JSONFault)
        /// A claim that is absent, or null, or empty.
        case missing(String)
        /// A member that is needed and is of another type than its own, or a number out of its bounds.
        case unfit(String, JSONKind)
        /// A member that says that this is no bearer access token; the word is nil where it is no text.
        case kind(member: String, word: String?)
        /// A member that only another kind of token has.
        case foreign(String)
        /// By `cty` it holds another token.
        case nested
        /// Of a key that its issuer publishes.
        case key(JWKFault)
        /// Of a key that its issuer published before.
        case withdrawnKey
        /// Why there are no keys, and why no answer was to be had.
        case noKeys(String), noAnswer(String)
    }

    package let reason: DenialReason
    /// Apart, so that a finding stays small: there is one on every request.
    private let more: More?

    private final class More: Sendable {
        let detail: Detail?
        let doubt: KeyDoubt?

        init(_ detail: Detail?, _ doubt: KeyDoubt?) {
            self.detail = detail
            self.doubt = doubt
        }
    }

    package init(_ reason: DenialReason, _ detail: Detail? = nil, doubt: KeyDoubt? = nil) {
        self.reason = reason
        more = detail == nil && doubt == nil ? nil : More(detail, doubt)
    }

    package var detail: Detail? { more?.detail }
    /// Whether the issuer's keys may be out of date.
    package var doubt: KeyDoubt? { more?.doubt }

    package static func == (one: TokenRefusal, other: TokenRefusal) -> Bool {
        one.reason == other.reason && one.detail == other.detail && one.doubt == other.doubt
    }
}

extension TokenRefusal {
    /// About how many octets of memory it takes.
    var footprint: Int {
        switch detail {
        case .kind(let member, let word): 192 + member.utf8.count + (word?.utf8.count ?? 0)
        case .missing(let text), .unfit(let text, _), .foreign(let text), .noKeys(let text), .noAnswer(let text): 192 + text.utf8.count
        case .text, .nested, .key, .withdrawnKey, nil: 192
        }
    }
}

extension TokenRefusal.Detail: CustomStringConvertible {
    /// A sentence, without control characters where the names have none.
    package var description: String {
        switch self {
        case .text(.malformed): "It is no JSON object in UTF-8 as RFC 8259 has it."
        case .text(.duplicateMember): "A member stands in one object twice."
        case .text(.tooDeep): "It is nested more than \(JSONReader.maximumDepth) levels deep."
        case .text(.tooManyMembers): "It has more members, or audiences, than there may be."
        case .missing(let claim): "There is no `\(claim)`, or it is null or empty."
        case .unfit(let claim, .number): "`\(claim)` is a number, and \(Self.need(of: claim))."
        case .unfit(let claim, let kind): "`\(claim)` is \(kind.inWords), and \(Self.need(of: claim))."
        case .kind(let member, nil): "`\(member)` is no text, so it does not say that this is an access token."
        case .kind(let member, let word?): "`\(member)` says `\(word)`: that is no bearer access token."
        case .key(let fault): "The key is published, but unusable because \(fault.words)."
        case .noKeys(let cause): "The issuer's keys are not to be had: \(cause)."
        case .noAnswer(let cause): "The issuer could not be asked: \(cause)."
        case .withdrawnKey: "The issuer has published this key before, and has withdrawn it."
        case .foreign(let member): "It has `\(member)`, which a signed access token does not have."
        case .nested: "`cty` says that it holds another token, and such tokens are not opened."
        }
    }

    private static func need(of claim: String) -> String {
        switch claim {
        case "exp", "nbf", "iat", "auth_time": "a number of seconds since 1970 is needed, not beyond the year 9999"
        case "aud": "a text or a list of texts is needed"
        default: "a text is needed"
        }
    }
}

extension JSONKind {
    fileprivate var inWords: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a text"
        case .number: "a number"
        case .literal: "a truth value"
        }
    }
}
