import BindingPolicy
package import Credentials

/// A path from a leaf to a configured authority whose signatures, names, usages and constraints hold.
///
/// Time is not part of that verdict, so it may be remembered: `window` is held against the clock whenever the path is used.
package struct ValidatedPath: Equatable, Sendable {
    /// When every certificate of the path, the authority's own included, is valid.
    package let window: ValidityWindow
    /// From when on the verdict has to be made anew: seconds since 1970.
    package let reviewTime: Double

    /// DER of the certificates between the leaf and the authority: of what was sent, those that the path needs.
    private(set) var intermediates: [[UInt8]]
    /// What has to be asked before it is decided.
    var inquiries: [StatusInquiry] = []

    /// Of the authority that it ends at (`Thumbprint(ofAuthority:)`); nil where no path was asked for.
    let anchor: Thumbprint?

    init(window: ValidityWindow, reviewTime: Double = .infinity, intermediates: [[UInt8]] = [], anchor: Thumbprint? = nil) {
        self.anchor = anchor
        self.window = window
        self.reviewTime = reviewTime
        self.intermediates = intermediates
    }

    /// Whether it has been revoked is not known yet: to be asked again before anything rests on it, with time to find out.
    var isUndecided: Bool { reviewTime == -.infinity }

    static func undecided(
        window: ValidityWindow, intermediates: [[UInt8]], anchor: Thumbprint?, _ inquiries: [StatusInquiry]
    ) -> ValidatedPath {
        var path = ValidatedPath(window: window, reviewTime: -.infinity, intermediates: intermediates, anchor: anchor)
        path.inquiries = inquiries
        return path
    }

    /// Without what the certificate that it is remembered with holds already, and what was asked.
    var remembered: ValidatedPath {
        var path = self
        path.intermediates = []
        path.inquiries = []
        return path
    }

    package func fault(at now: Double) -> PathFault? {
        switch window.position(of: now) {
        case .before: .notYetValid
        case .within: nil
        case .after: .expired
        }
    }
}
