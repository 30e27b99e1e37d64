/// How many wait, and the octets that are kept of them meanwhile: bounded in both, of all together and of each client, so that what waits
/// is bounded by what it holds and no client takes the room of the others.
package struct WaitingRoom<Client: Hashable & Sendable>: Sendable {
    package struct Bounds: Equatable, Sendable {
        package var waiting: Int
        package var octets: Int

        package init(waiting: Int, octets: Int) {
            self.waiting = waiting
            self.octets = octets
        }
    }

    private struct Load {
        var waiting = 0
        var octets = 0

        func hasRoom(for more: Int, within bounds: Bounds) -> Bool {
            waiting < bounds.waiting && more <= bounds.octets && octets <= bounds.octets - more
        }

        mutating func add(_ octets: Int, _ sign: Int) {
            waiting += sign
            self.octets += sign * octets
        }
    }

    private let all: Bounds
    private let ofClient: Bounds
    private var total = Load()
    private var loads: [Client: Load] = [:]

    package init(all: Bounds, ofClient: Bounds) {
        self.all = all
        self.ofClient = ofClient
    }

    package var waiting: Int { total.waiting }
    package var octets: Int { total.octets }

    /// - Parameter octets: of this one; not below 0.
    package func hasRoom(for octets: Int, of client: Client) -> Bool {
        total.hasRoom(for: octets, within: all) && (loads[client] ?? Load()).hasRoom(for: octets, within: ofClient)
    }

    package mutating func enter(_ octets: Int, of client: Client) {
        total.add(octets, 1)
        loads[client, default: Load()].add(octets, 1)
    }

    /// One leaves that entered with so many.
    package mutating func leave(_ octets: Int, of client: Client) {
        guard var load = loads[client] else { return }
        load.add(octets, -1)
        loads[client] = load.waiting > 0 ? load : nil
        total.add(octets, -1)
    }

    package mutating func removeAll() {
        total = Load()
        loads = [:]
    }
}
