/// From when until when something may be used: both ends belong to it (RFC 5280 section 4.1.2.5).
package struct ValidityWindow: Equatable, Sendable {
    /// Seconds since 1970.
    package let notBefore: Double
    package let notAfter: Double

    package init(notBefore: Double, notAfter: Double) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    package static let always = ValidityWindow(notBefore: -.infinity, notAfter: .infinity)

    package enum Position: Equatable, Sendable { case before, within, after }

    /// Where `now` (seconds since 1970) lies.
    package func position(of now: Double) -> Position {
        // Compared in this order so that a time that is not a number is never within.
        guard now <= notAfter else { return .after }
        return now >= notBefore ? .within : .before
    }

    package func intersection(_ other: ValidityWindow) -> ValidityWindow {
        ValidityWindow(notBefore: max(notBefore, other.notBefore), notAfter: min(notAfter, other.notAfter))
    }
}
