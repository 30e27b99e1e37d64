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
    }
}
