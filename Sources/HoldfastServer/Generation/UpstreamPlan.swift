import BindingPolicy
import HTTPWire
import HoldfastConfiguration
import ProxyEngine

/// One upstream as the configuration has it: its name, the way to it, and what it is given.
struct UpstreamPlan: Sendable {
    let name: UpstreamName
    let target: UpstreamTarget
    let limits: UpstreamLimits

    init(_ name: UpstreamName, _ configured: HoldfastConfiguration.Upstream, target: UpstreamTarget, _ descriptors: DescriptorPlan) {
        self.name = name
        self.target = target
        limits = UpstreamLimits(
            connections: descriptors.upstream,
            // Where there are fewer connections than configured, its share of them.
            connectionsPerClient: max(1, configured.maxConnectionsPerClient * descriptors.upstream / configured.maxConnections),
            connectTimeout: configured.connectTimeout.timeAmount, idleTimeout: configured.idleTimeout.timeAmount,
            queueTimeout: configured.queueTimeout.timeAmount,
            tolerance: ResponseTolerance(configured.tolerated.map(\.tolerance)))
    }
}

extension HoldfastConfiguration.Upstream.Tolerated {
    var tolerance: ResponseTolerance {
        switch self {
        case .repeatedChunked: .repeatedChunked
        case .lengthBesideChunked: .lengthBesideChunked
        case .chunkedInHTTP10: .chunkedInHTTP10
        case .bareLF: .bareLF
        case .controlCharacters: .controlCharacters
        }
    }
}
