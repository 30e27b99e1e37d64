/// What a loop compresses with. Bounded, in all and for each client: beyond it answers go out as they came, so that clients that do not
/// read hold no more than this, and nobody's take it from all others.
struct CompressorPool {
    /// Answers at once.
    static let capacity = 64
    /// Of those, one client's.
    static let share = 16
    /// That are kept while nobody uses them.
    static let spare = 4

    private(set) var used = 0
    private var clients: [ClientKey: Int] = [:]
    private var idle: [GzipStream] = []

    var idleCount: Int { idle.count }

    /// - Returns: nil where there is no room.
    mutating func take(for client: ClientKey, level: Int32) -> GzipStream? {
        let held = clients[client, default: 0]
        guard used < Self.capacity, held < Self.share else { return nil }
        guard let stream = take(level) else { return nil }
        used += 1
        clients[client] = held + 1
        return stream
    }

    private mutating func take(_ level: Int32) -> GzipStream? {
        if let stream = idle.popLast(), stream.begin(level: level) { return stream }
        return GzipStream(level: level)
    }

    mutating func giveBack(_ stream: GzipStream, of client: ClientKey) {
        used -= 1
        clients[client] = clients[client].flatMap { $0 > 1 ? $0 - 1 : nil }
        if idle.count < Self.spare { idle.append(stream) }
    }
}
