import Foundation

/// From when a revocation list or an OCSP answer holds, and when the next one is due.
struct UpdateTimes {
    let thisUpdate: Date
    let nextUpdate: Date

    /// - Parameter seconds: from now; below zero for what is stale, which was fresh for an hour.
    init(nextIn seconds: TimeInterval) {
        nextUpdate = .now.addingTimeInterval(seconds)
        thisUpdate = seconds > 0 ? .now : nextUpdate.addingTimeInterval(-3600)
    }
}
