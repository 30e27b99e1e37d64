package import NIOCore
import Synchronization

/// One of the addresses of an upstream, as a pool has it.
package struct UpstreamAddress {
    /// By which the same one is known again.
    package let key: String
    package let weight: Int
    package let health: AddressHealth
    let connect: UpstreamPool.Connect

    package init(_ key: String, weight: Int = 1, health: AddressHealth = AddressHealth(), connect: @escaping UpstreamPool.Connect) {
        self.key = key
        self.weight = weight
        self.health = health
        self.connect = connect
    }
}

extension UpstreamAddress {
    /// - Parameter patience: for a connection, from the name to the end of the handshake.
    package init(_ entry: UpstreamAddressList.Entry, of target: UpstreamTarget, patience: TimeAmount) {
        let connector = UpstreamConnector(target.at(entry.address), patience: patience)
        self.init(entry.address.text, weight: entry.weight, health: entry.health) { connector.connect(on: $0) }
    }
}

/// An address with the connections of one loop to it. Its standing is the pool's, at its position.
final class UpstreamPlace {
    private(set) var address: UpstreamAddress
    /// Nil where it is an address no more: what runs there may finish.
    var position: Int?
    /// Those that may be given an exchange. The last one used is the first one used again.
    var idle: [any UpstreamLink] = []
    /// As it was at the last look.
    var wasDown = false

    init(_ address: UpstreamAddress, at position: Int) {
        self.address = address
        self.position = position
        wasDown = address.health.isDown
    }

    /// The same one, with what is found of it from now on.
    func take(_ address: UpstreamAddress, at position: Int) {
        self.address = address
        self.position = position
    }
}
