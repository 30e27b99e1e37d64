package import BindingPolicy

/// That a token fits none of the keys its issuer had when they were looked at last, and so perhaps one that it has now.
package struct KeyDoubt: Equatable, Sendable {
    /// Whose ``KeySetKeeper`` limits what comes of it.
    package let issuer: Issuer
    /// Whether a look may help this very token. Where not, the key has been withdrawn, or cannot be used: then the keys are looked at
    /// before long, and nobody waits.
    package let isWorthWaiting: Bool
    /// By what the token says of itself, seconds since 1970: from then on it would not pass, whatever the keys.
    package let expiresAt: Double
    /// Keys that its signature was held against.
    package let tried: Int

    package init(issuer: Issuer, isWorthWaiting: Bool, expiresAt: Double, tried: Int) {
        self.issuer = issuer
        self.isWorthWaiting = isWorthWaiting
        self.expiresAt = expiresAt
        self.tried = tried
    }

    package static func == (one: KeyDoubt, other: KeyDoubt) -> Bool {
        one.issuer === other.issuer && one.isWorthWaiting == other.isWorthWaiting && one.expiresAt == other.expiresAt && one.tried == other.tried
    }
}
