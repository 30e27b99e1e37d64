package import BindingPolicy
import HTTPWire

/// A claim of the token that the upstream gets as a field of its own. A client's field of that name is always stripped.
package struct ForwardedClaim: Equatable, Sendable {
    private let claim: ClaimName
    private let name: [UInt8]
    /// Whether its words are scopes: the upstream is told of none that the client may not use.
    private let isOfScopes: Bool

    package init(_ claim: ClaimName, header: String, isOfScopes: Bool = false) {
        self.claim = claim
        self.isOfScopes = isOfScopes
        name = Array("\(header): ".utf8)
    }

    /// The whole line; nothing where the token lacks the claim, or nothing of it is left.
    ///
    /// - Parameter client: whose token it is; nil where the configuration names no clients.
    func write(of token: VerifiedToken, from client: ClientStanding?, to fields: inout [UInt8]) {
        guard var value = token.claims[claim] else { return }
        if isOfScopes, let client, client.scopes != nil {
            guard let usable = value.scopes(of: client) else { return }
            value = usable
        }
        fields += name
        switch value {
        case .string(let text), .number(let text), .json(let text): FieldValueEncoding.write(text, to: &fields)
        case .boolean(let flag): fields += Array((flag ? "true" : "false").utf8)
        case .strings(let texts): FieldValueEncoding.write(texts, to: &fields)
        }
        fields += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }
}

extension ClaimValue {
    /// Of a claim with scopes those that the client may use; nil where there are none.
    fileprivate func scopes(of client: ClientStanding) -> ClaimValue? {
        switch self {
        case .string(let text):
            let words = text.split(separator: " ").filter { client.mayUse($0) }
            return words.isEmpty ? nil : .string(words.joined(separator: " "))
        case .strings(let texts):
            let usable = texts.filter { client.mayUse($0) }
            return usable.isEmpty ? nil : .strings(usable)
        // What cannot be read as scopes cannot be held against the client's.
        case .number, .boolean, .json: return nil
        }
    }
}
