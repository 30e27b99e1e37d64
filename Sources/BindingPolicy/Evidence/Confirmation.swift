/// What a token says about the key its holder must prove (`cnf`, RFC 7800; `x5t#S256`, RFC 8705 section 3.1).
///
/// "Not understood" is never "confirmed": a `cnf` without a usable `x5t#S256`, or with a second method that Holdfast does
/// not check (`jkt`), is `unusable` and refused even where a route would accept an unbound token.
package enum Confirmation: Equatable, Sendable {
    /// The token has no `cnf` member at all.
    case absent
    /// Bound to this certificate and to nothing else.
    case certificate(Thumbprint)
    /// `cnf` is there but cannot be satisfied: `.confirmationMalformed`, `.confirmationMalformedHex` or
    /// `.confirmationUnsupported`.
    case unusable(DenialReason)
}
