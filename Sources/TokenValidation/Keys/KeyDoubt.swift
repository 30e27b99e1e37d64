/// That a token fits none of the keys its issuer had when they were looked at last, and so perhaps one that it has now.
package struct KeyDoubt: Equatable, Sendable {
    /// The position in the configuration's list, for its ``KeySetKeeper``, which limits what comes of it.
    package let issuer: Int
    /// Whether a look may help this very token. Where not, the key has been withdrawn, or cannot be used: then the keys are looked at
    /// before long, and nobody waits.
    package let isWorthWaiting: Bool
    /// By what the token says of itself, seconds since 1970: from then on it would not pass, whatever the keys.
    package let expiresAt: Double
    /// Keys that its signature was held against.
    package let tried: Int

    package init(issuer: Int, isWorthWaiting: Bool, expiresAt: Double, tried: Int) {
        self.issuer = issuer
        self.isWorthWaiting = isWorthWaiting
        self.expiresAt = expiresAt
        self.tried = tried
    }
}
