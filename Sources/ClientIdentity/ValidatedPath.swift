package import Credentials

/// A path from a leaf to a configured authority whose signatures, names, usages and constraints hold.
///
/// Time is not part of that verdict, so it may be remembered: `window` is held against the clock whenever the path is used.
package struct ValidatedPath: Equatable, Sendable {
    /// When every certificate of the path, the authority's own included, is valid.
    package let window: ValidityWindow

    package func fault(at now: Double) -> PathFault? {
        switch window.position(of: now) {
        case .before: .notYetValid
        case .within: nil
        case .after: .expired
        }
    }
}
