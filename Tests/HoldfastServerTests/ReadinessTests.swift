import BindingPolicy
import ProxyEngine
import Testing

@testable import HoldfastServer

@Suite("Readiness")
struct ReadinessTests {
    private func readiness(
        keys: [(issuer: String, available: Bool)] = [], introspection: [(issuer: String, available: Bool)] = [],
        upstream: UpstreamProbe.Finding = .reachable, draining: Bool = false
    ) -> Readiness {
        Readiness(keys: keys, introspection: introspection, upstreams: [(.default, upstream)], draining: draining)
    }

    @Test("It is ready with an upstream that answers, keys of each issuer, and an endpoint of each that is asked")
    func ready() {
        #expect(readiness().isReady)
        #expect(readiness(keys: [("a", true), ("b", true)], introspection: [("a", true)]).isReady)
    }

    @Test("Each thing that is missing is named, and one is enough")
    func notReady() {
        #expect(readiness(keys: [("a", true), ("b", false)]).problems == ["no keys of b"])
        #expect(readiness(introspection: [("a", false)]).problems == ["no introspection endpoint of a"])
        #expect(readiness(upstream: .untried).problems == ["upstream unreachable: not tried yet"])
        #expect(readiness(draining: true).problems == ["draining"])
        let failed = readiness(keys: [("a", false)], introspection: [("a", false)], upstream: .failed(.closed), draining: true)
        #expect(failed.problems == ["draining", UpstreamFault.closed.sentence, "no keys of a", "no introspection endpoint of a"])
        #expect(!failed.isReady)
        let several = Readiness(
            keys: [], upstreams: [(.default, .reachable), (UpstreamName("payments"), .failed(.closed)), (UpstreamName("b"), .untried)],
            draining: false)
        #expect(several.problems == ["`payments`: \(UpstreamFault.closed.sentence)", "`b`: upstream unreachable: not tried yet"])
    }

    @Test("What a generation has not looked for yet makes it not ready, and its issuers without keys are not waited for")
    func ofGenerations() async throws {
        let workshop = try Workshop()
        try workshop.write("s3cret-s3cret-s3cret", as: "secret")
        let introspection =
            "introspection: {endpoint: \"https://as.example.com/i\", client_id: gateway, authentication: client_secret_basic, client_secret_file: secret}"
        let blueprint = try workshop.blueprint(
            tokens: "[{issuer: \"\(Workshop.issuer)\", audience: a, keys: keys.json}, {issuer: \"https://b.example\", audience: a, \(introspection)}]"
        )
        let generations = try Generations(blueprint, now: 1, logger: silence)
        let desks = generations.current.desks
        #expect(desks.keysAvailable.map(\.issuer) == [Workshop.issuer] && desks.keysAvailable.allSatisfy { !$0.available })
        #expect(desks.introspectionAvailable.map(\.issuer) == ["https://b.example"])
        let service = Task { await generations.issuers.runUntilCancelled() }
        #expect(await eventually { desks.keysAvailable.allSatisfy(\.available) && desks.introspectionAvailable.allSatisfy(\.available) })
        service.cancel()
        await service.value
        #expect(desks.introspectionAvailable.allSatisfy { !$0.available })
    }
}
