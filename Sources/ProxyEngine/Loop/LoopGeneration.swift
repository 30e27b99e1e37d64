package import BindingPolicy
package import HTTPWire
import NIOCore

/// A loop's part of one configuration: made whole, never changed in place. A connection takes its TLS policy from it when it is accepted;
/// a request pins it at its head and is judged and finished under it. It is freed when its last request ends.
package final class LoopGeneration {
    /// Counted from 1 since the start of the process.
    package let number: Int
    package let settings: EngineSettings
    package let judge: any RequestJudge
    package let gate: any ClientGate
    /// Of fronts that ask for decisions over TLS; nil where none do.
    package let frontGate: (any ClientGate)?
    let terms: ExchangeTerms
    package let upstreams: [UpstreamName: LoopUpstream]
    /// The one that most requests go to, found without a look.
    private let usual: LoopUpstream?
    /// Parsing a head, judging it and writing it anew happen in one go, so one head's storage serves all connections of the loop.
    @exclusivity(unchecked) var requestHead: RequestHead
    @exclusivity(unchecked) var responseHead: ResponseHead

    package init(
        number: Int, settings: EngineSettings, strips: StripList, judge: any RequestJudge, gate: any ClientGate,
        frontGate: (any ClientGate)? = nil, upstreams: [LoopUpstream]
    ) {
        self.frontGate = frontGate
        self.number = number
        self.settings = settings
        terms = settings.terms
        self.judge = judge
        self.gate = gate
        self.upstreams = Dictionary(upstreams.map { ($0.name, $0) }) { first, _ in first }
        usual = self.upstreams[.default]
        requestHead = RequestHead(limits: settings.limits, names: strips)
        responseHead = ResponseHead(names: strips)
    }

    /// Nil for a name that no upstream has, which no route of this generation does.
    func upstream(_ name: UpstreamName) -> LoopUpstream? { name == .default ? usual : upstreams[name] }
}
