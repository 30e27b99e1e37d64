import Synchronization

/// What became of the spans, for the metrics.
final class ExportCounts: Sendable {
    private struct State {
        var exported = 0
        /// Those that no collector took; and, of each loop, those that it had no room for.
        var refused = 0
        var crowded: [Int] = []
    }

    private let state = Mutex(State())

    var exported: Int { state.withLock { $0.exported } }
    var dropped: Int { state.withLock { $0.refused + $0.crowded.reduce(0, +) } }

    func note(exported: Int, refused: Int) { state.withLock { ($0.exported, $0.refused) = (exported, refused) } }
    func note(crowded: [Int]) { state.withLock { $0.crowded = crowded } }
}
