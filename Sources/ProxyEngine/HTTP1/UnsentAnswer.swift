import NIOCore

/// Octets that a client which ended its side has not read yet, and until when they are waited for: as long as it advances.
struct UnsentAnswer {
    private var octets = 0
    private var end = NIODeadline.distantFuture

    /// - Parameter patience: without an octet read.
    /// - Returns: when to look again.
    mutating func look(_ left: Int, at now: NIODeadline, patience: TimeAmount) -> NIODeadline {
        if left != octets {
            octets = left
            end = now + patience
        }
        return min(now + EngineSettings.unsentInterval, end)
    }

    func isAdvancing(at now: NIODeadline) -> Bool { octets > 0 && now < end }
}
