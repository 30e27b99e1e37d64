package import BindingPolicy
import HTTPWire

/// A claim of the token that the upstream gets as a field of its own. A client's field of that name is always stripped.
package struct ForwardedClaim: Equatable, Sendable {
    private let claim: ClaimName
    private let name: [UInt8]

    package init(_ claim: ClaimName, header: String) {
        self.claim = claim
        name = Array("\(header): ".utf8)
    }

    /// The whole line; nothing where the token lacks the claim.
    func write(of token: VerifiedToken, to fields: inout [UInt8]) {
        guard let value = token.claims[claim] else { return }
        fields += name
        switch value {
        case .string(let text), .number(let text), .json(let text): FieldValueEncoding.write(text, to: &fields)
        case .boolean(let flag): fields += Array((flag ? "true" : "false").utf8)
        case .strings(let texts): FieldValueEncoding.write(texts, to: &fields)
        }
        fields += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }
}
