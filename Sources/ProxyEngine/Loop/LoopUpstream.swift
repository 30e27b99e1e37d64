package import BindingPolicy
package import NIOCore
package import Telemetry

/// One upstream as a generation knows it on a loop: the connections, which may be those of the generation before, and its own terms.
package final class LoopUpstream {
    package let name: UpstreamName
    package let tenure: UpstreamTenure
    package let terms: UpstreamTerms
    /// The patience of exchanges with it.
    let patience: ExchangeTerms
    let counts: UpstreamCounts

    /// Where its addresses are read when they have changed.
    private let source: AddressSource?
    private var version = 0

    package typealias AddressSource = (list: UpstreamAddressList, read: (UpstreamAddressList) -> [UpstreamAddress])

    var pool: UpstreamPool { tenure.pool }

    /// Of requests for each host, in lower case, where the server's name is theirs; empty where it is always the same.
    package private(set) var byHost: [[UInt8]: LoopUpstream] = [:]

    package func split(by hosts: [String: LoopUpstream]) {
        byHost = Dictionary(uniqueKeysWithValues: hosts.map { (Array($0.key.utf8), $0.value) })
    }

    /// - Parameter host: of a request, as it was sent.
    /// - Returns: nil for a host that has none.
    func meant(for host: UnsafeRawBufferPointer) -> LoopUpstream? {
        if byHost.isEmpty { return self }
        let name = host.prefix { $0 != UInt8(ascii: ":") }.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return byHost[name]
    }

    package func closeAll() {
        pool.closeAll()
        for upstream in byHost.values { upstream.closeAll() }
    }

    package init(
        _ name: UpstreamName, _ tenure: UpstreamTenure, _ terms: UpstreamTerms, under settings: EngineSettings, _ counters: LoopCounters,
        addresses source: AddressSource? = nil
    ) {
        self.name = name
        self.tenure = tenure
        self.terms = terms
        var patience = settings.terms
        patience.response = terms.response
        patience.firstOctet = terms.firstOctet
        self.patience = patience
        counts = counters.upstream(name.text)
        self.source = source
        if let source {
            version = source.list.version
            tenure.pool.adopt(source.read(source.list))
        }
    }

    package func tick(_ now: NIODeadline) {
        if let source, source.list.version != version {
            version = source.list.version
            pool.adopt(source.read(source.list))
        }
        pool.tick(now)
        for upstream in byHost.values { upstream.tick(now) }
    }
}
