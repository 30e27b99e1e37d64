import NIOCore

/// Connections that have had their turn and go on after others were read.
struct ClientTurns {
    private var waiting: [HTTP1Connection] = []

    /// - Returns: whether it is the first one, so that a timer is needed.
    mutating func add(_ connection: HTTP1Connection) -> Bool {
        waiting.append(connection)
        return waiting.count == 1
    }

    mutating func take() -> [HTTP1Connection] {
        defer { waiting = [] }
        return waiting
    }
}
