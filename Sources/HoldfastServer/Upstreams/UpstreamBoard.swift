import BindingPolicy
import HoldfastConfiguration
import ProxyEngine
import Synchronization

/// What is known of the addresses of upstreams, from one generation to the next: by what the configuration says of them.
final class UpstreamBoard: Sendable {
    /// Held by the plans that need them.
    private let rows = Mutex<[String: Row]>([:])

    private struct Row: Sendable { weak var watched: WatchedUpstream? }

    /// The one of the same name and addresses, if anybody still has it.
    func upstream(_ configured: HoldfastConfiguration.Upstream) -> WatchedUpstream {
        let key = "\(configured.name.text) \(configured.url) \(configured.addresses) \(configured.resolveEvery.map { "\($0)" } ?? "")"
        return rows.withLock { rows in
            rows = rows.filter { $0.value.watched != nil }
            if let known = rows[key]?.watched { return known }
            let before = rows.values.lazy.compactMap(\.watched).first { $0.name == configured.name }
            let made = WatchedUpstream(configured, finding: before?.finding ?? .untried)
            rows[key] = Row(watched: made)
            return made
        }
    }
}

/// The addresses of one upstream, and what was found of each.
final class WatchedUpstream: Sendable {
    let name: UpstreamName
    let list: UpstreamAddressList
    /// By the text of an address.
    private let findings: Mutex<[String: UpstreamProbe.Finding]>
    /// What counts until there is one.
    private let first: UpstreamProbe.Finding

    init(_ configured: HoldfastConfiguration.Upstream, finding: UpstreamProbe.Finding) {
        name = configured.name
        first = finding
        findings = Mutex([:])
        list = UpstreamAddressList(
            configured.addresses.isEmpty
                ? [.init(UpstreamTarget.Address(configured.destination), health: AddressHealth())]
                : configured.addresses.map { .init(.host($0.host, port: $0.port), weight: $0.weight, health: AddressHealth()) })
    }

    /// Of each address that there is now.
    var each: [(address: String, finding: UpstreamProbe.Finding)] {
        let found = findings.withLock { $0 }
        return list.entries.map { ($0.address.text, found[$0.address.text] ?? first) }
    }

    /// One that can be reached is enough.
    var finding: UpstreamProbe.Finding {
        let each = each.map(\.finding)
        return each.first { $0 == .reachable } ?? each.first { $0 == .untried } ?? each.first ?? .untried
    }

    /// - Returns: what was found before.
    func note(_ finding: UpstreamProbe.Finding, at entry: UpstreamAddressList.Entry) -> UpstreamProbe.Finding {
        if case .failed(let fault) = finding { entry.health.note(isDown: !fault.isOurs) } else { entry.health.note(isDown: false) }
        return findings.withLock { $0.updateValue(finding, forKey: entry.address.text) } ?? .untried
    }

    /// Those that a name has now: what is known of the ones that stay is kept.
    func adopt(_ addresses: [UpstreamTarget.Address]) {
        let before = list.entries
        guard !addresses.isEmpty, addresses != before.map(\.address) else { return }
        list.replace(
            addresses.map { address in before.first { $0.address == address } ?? .init(address, health: AddressHealth()) })
        let texts = Set(addresses.map(\.text))
        findings.withLock { $0 = $0.filter { texts.contains($0.key) } }
    }
}

extension UpstreamTarget.Address {
    init(_ destination: HoldfastConfiguration.Upstream.Destination) {
        switch destination {
        case .tcp(let host, let port): self = .host(host, port: port)
        case .unix(let path): self = .unixSocket(path)
        }
    }
}
