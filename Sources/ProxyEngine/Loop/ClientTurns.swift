import NIOCore

/// Of whatever protocol.
protocol TurnTaker: AnyObject {
    /// Others have had their turn.
    func goOn()
}

/// Connections that have had their turn and go on after others were read.
struct ClientTurns {
    private var waiting: [any TurnTaker] = []

    /// - Returns: whether it is the first one, so that a timer is needed.
    mutating func add(_ connection: any TurnTaker) -> Bool {
        waiting.append(connection)
        return waiting.count == 1
    }

    mutating func take() -> [any TurnTaker] {
        defer { waiting = [] }
        return waiting
    }
}
