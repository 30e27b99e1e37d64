import BindingPolicy
import ClientIdentity
import Credentials
import HTTPWire
import HoldfastConfiguration
import Logging
import NIOCore
import ProxyEngine
import Telemetry
import TokenValidation

/// Everything of one configuration that requests are judged and carried by, made whole: a loop takes its part of it, and nothing is ever
/// changed in place. A connection takes its TLS at accept; a request keeps the generation that it began with to its end, so that nothing
/// of it is held against another's terms. It is freed with the last of them.
///
/// From one generation to the next go: the desks of issuers that are configured just as before, with their keys and answers, and the
/// verdicts that a loop remembers about their tokens; of other issuers the keys alone, where they come from the same place as before. Validated certificate paths and TLS sessions begin anew.
final class Generation: Sendable {
    /// 1 for the first.
    let number: Int
    /// Seconds since 1970.
    let made: Double
    let blueprint: Blueprint
    let desks: IssuerDesks
    let changes: KeyChanges
    private let doors: [SiteDoor]
    /// Of fronts that ask for decisions over TLS.
    private let frontDoor: SiteDoor?
    /// That contexts are signed with, the latest first: those of some generations before are still on their way.
    let contextKeys: [String]
    /// The process's: it goes from one generation to the next.
    let seen: SeenCertificates

    /// - Parameters:
    ///   - earlier: the generation that this one follows; nil for the first.
    ///   - made: seconds since 1970.
    ///   - issuers: runs the desks that are opened for it.
    ///   - fixedKeys: of every issuer, in place of those that are to be fetched.
    init(
        _ blueprint: Blueprint, after earlier: Generation?, made: Double, issuers: IssuerService, changes: KeyChanges, fixedKeys: KeySet? = nil,
        logger: Logger
    ) throws(CredentialFault) {
        number = (earlier?.number ?? 0) + 1
        self.made = made
        self.blueprint = blueprint
        self.changes = changes
        let seen = earlier?.seen ?? SeenCertificates()
        var doors: [SiteDoor] = []
        for site in blueprint.sites {
            doors.append(
                SiteDoor(
                    contexts: try ServerTLSContexts(site.tls, now: made),
                    authenticator: blueprint.authenticator(for: site, seen: seen),
                    certificateIsOptional: site.tls.certificateIsOptional))
        }
        self.doors = doors
        frontDoor = try blueprint.frontSite.map { site throws(CredentialFault) in
            SiteDoor(contexts: try ServerTLSContexts(site.tls, now: made), authenticator: site.authenticator, certificateIsOptional: false)
        }
        let keys = [blueprint.context?.publicKey].compactMap(\.self)
        contextKeys = Array((keys + (earlier?.contextKeys ?? []).filter { !keys.contains($0) }).prefix(Self.keptContextKeys))
        self.seen = seen
        desks = IssuerDesks(
            blueprint.issuers.map { plan in
                if let kept = earlier?.desks.all.first(where: { $0.plan.isAlike(plan) }) { return kept }
                let former = earlier?.desks.all.first { $0.plan.configured.issuer == plan.configured.issuer }
                let desk = IssuerDesk(plan, after: former, changes: changes, fixedKeys: fixedKeys, logger: logger)
                issuers.open(desk)
                return desk
            })
        blueprint.shelf.tellFaults { logger.log(.statusNotAnswered, metadata: ["problem": "\($0)"]) }
        for keeper in blueprint.listKeepers { if let work = keeper.open(logger) { issuers.open(work) } }
    }

    private static let keptContextKeys = 4

    /// Returns when each issuer's keys, and where to ask about its tokens, have been looked for, and in the end without: an issuer that is
    /// down holds nothing up. Before that its tokens would be refused for want of them.
    func firstLooks(patience: Duration) async {
        let deadline = ContinuousClock.now + patience
        while desks.all.contains(where: \.isUndecided) || blueprint.listKeepers.contains(where: \.isUndecided), ContinuousClock.now < deadline {
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return }
        }
    }

    /// On the loop whose judge it becomes.
    ///
    /// - Parameter earlier: the loop's judge so far, whose memory this one takes over.
    func judge(after earlier: TokenJudge?, counters: LoopCounters, on eventLoop: any EventLoop) -> TokenJudge {
        TokenJudge(self, counters: counters, eventLoop: eventLoop, after: earlier)
    }

    /// Everything of it that one loop needs. On that loop.
    ///
    /// - Parameters:
    ///   - earlier: the loop's part so far.
    ///   - onFault: told what the upstream does wrong.
    func part(
        on eventLoop: any EventLoop, after earlier: LoopGeneration?, counters: LoopCounters,
        onFault: @escaping (UpstreamName, UpstreamFault) -> Void
    ) -> LoopGeneration {
        let upstreams = blueprint.upstreams.map { plan in
            func upstream(_ host: String?, after kept: UpstreamTenure?) -> LoopUpstream {
                let tenure =
                    kept.flatMap { $0.isMade(of: plan.likeness) ? $0 : nil }
                    ?? UpstreamTenure(
                        UpstreamPool(
                            eventLoop: eventLoop, addresses: plan.addresses(plan.watched.list, for: host), limits: plan.limits, counters: counters
                        ) {
                            onFault(plan.name, $0)
                        },
                        likeness: plan.likeness)
                return LoopUpstream(
                    plan.name, tenure, plan.terms, under: blueprint.settings, counters,
                    addresses: (plan.watched.list, { plan.addresses($0, for: host) }))
            }
            let former = earlier?.upstreams[plan.name]
            let one = upstream(nil, after: former?.tenure)
            one.split(
                by: Dictionary(uniqueKeysWithValues: plan.targets.keys.map { ($0, upstream($0, after: former?.byHost[Array($0.utf8)]?.tenure)) }))
            return one
        }
        return LoopGeneration(
            number: number, settings: blueprint.settings, strips: blueprint.strips,
            judge: judge(after: earlier?.judge as? TokenJudge, counters: counters, on: eventLoop), gate: gate(on: eventLoop),
            frontGate: frontDoor.map { ConnectionGate([$0], siteOf: { _ in .listeners }, changes: TrustChanges(), on: eventLoop) },
            upstreams: upstreams)
    }

    private func gate(on eventLoop: any EventLoop) -> ConnectionGate {
        ConnectionGate(doors, siteOf: blueprint.site, changes: blueprint.shelf.changes, on: eventLoop)
    }
}
