package import BindingPolicy

/// Why a token was not verified.
package struct TokenRefusal: Error, Equatable, Sendable {
    package let reason: DenialReason
    /// The issuer whose key set may be out of date, because the key was unknown or unsuitable or the signature wrong: the
    /// position in the configuration's list. The caller tells its ``KeySetKeeper`` so, which limits what comes of it.
    package let staleIssuer: Int?

    package init(_ reason: DenialReason, staleIssuer: Int? = nil) {
        self.reason = reason
        self.staleIssuer = staleIssuer
    }
}
