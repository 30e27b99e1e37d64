/// Items that wait for their turn: those of one client in the order of their coming, the clients in turn. No client that sends many
/// makes the others wait behind them.
package struct FairQueue<Client: Hashable & Sendable>: Sendable {
    private struct Line {
        var items: [Int]
        /// Of `items`, those before have gone.
        var start = 0

        var first: Int? { start < items.count ? items[start] : nil }
        var count: Int { items.count - start }

        mutating func removeFirst() {
            start += 1
            if start > 64, start * 2 > items.count {
                items.removeFirst(start)
                start = 0
            }
        }
    }

    private var lines: [Client: Line] = [:]
    /// Those that have items, the next to be served first.
    private var turns: [Client] = []
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package func count(of client: Client) -> Int { lines[client]?.count ?? 0 }

    package mutating func append(_ item: Int, of client: Client) {
        count += 1
        if lines[client] == nil {
            lines[client] = Line(items: [item])
            turns.append(client)
        } else {
            lines[client]?.items.append(item)
        }
    }

    package mutating func popFirst() -> Int? {
        guard let client = turns.first, let item = lines[client]?.first else { return nil }
        turns.removeFirst()
        lines[client]?.removeFirst()
        count -= 1
        if count(of: client) > 0 { turns.append(client) } else { lines[client] = nil }
        return item
    }

    package mutating func remove(_ item: Int, of client: Client) {
        guard var line = lines[client], let index = line.items[line.start...].firstIndex(of: item) else { return }
        line.items.remove(at: index)
        count -= 1
        lines[client] = line.count > 0 ? line : nil
        if line.count == 0 { turns.removeAll { $0 == client } }
    }

    /// All of one client, in their order.
    package mutating func removeAll(of client: Client) -> [Int] {
        guard let line = lines.removeValue(forKey: client) else { return [] }
        turns.removeAll { $0 == client }
        count -= line.count
        return Array(line.items[line.start...])
    }

    package mutating func removeAll() -> [Int] {
        var all: [Int] = []
        while let item = popFirst() { all.append(item) }
        return all
    }
}
