import HoldfastServer
import Testing

@Suite("The plan of descriptors")
struct DescriptorPlanTests {
    private func plan(
        _ limit: Int, clients: Int = 16384, upstream: Int = 256, loops: Int = 2, fetched: Int = 2, questions: [Int] = [], pageServers: Int = 1
    ) -> DescriptorPlan {
        DescriptorPlan(
            .init(
                inherited: 3, loops: loops, controlLoops: 2, clients: clients, handshakes: max(1, clients / 4), upstream: upstream,
                fetched: fetched, questions: questions, pageServers: pageServers), limit: limit)
    }

    /// Everything it hands out.
    private func total(_ plan: DescriptorPlan) -> Int {
        plan.fixed + plan.sockets + plan.upstreamSockets + plan.questions.reduce(0, +) + plan.demand.fetched
            + plan.demand.pageServers * plan.pages
    }

    @Test("gives everybody what the configuration says where there is enough")
    func enough() {
        let plan = plan(65536, questions: [64, 64])
        #expect(plan.clients == 16384 && plan.handshakes == 4096 && plan.upstream == 256 && plan.questions == [64, 64] && plan.pages == 256)
        #expect(plan.isEnough && !plan.isShort)
    }

    @Test(
        "keeps the last ones for the runtime, whatever the limit",
        arguments: [40, 48, 64, 100, 256, 512, 1024, 4096, 16384, 17000, 17600, 20000, 65536, 1 << 30])
    func reserve(limit: Int) {
        for loops in [1, 2, 8] {
            for questions in [[], [64], [1, 200, 7]] {
                for clients in [1, 4, 100, 16384, 1_000_000] {
                    let plan = plan(limit, clients: clients, loops: loops, questions: questions)
                    guard plan.isEnough else { continue }
                    #expect(total(plan) + DescriptorPlan.runtime <= limit, "\(plan)")
                    #expect(plan.clients >= min(4, clients) && plan.clients <= clients && plan.sockets >= plan.clients)
                    #expect(
                        plan.upstream >= 1 && plan.upstreamSockets > loops * plan.upstream && plan.pages >= 4 && plan.questions.allSatisfy { $0 >= 1 }
                    )
                    #expect((1...max(1, plan.clients)).contains(plan.handshakes))
                }
            }
        }
    }

    @Test("serves with few", arguments: [(64, 4), (256, 64), (1024, 400)])
    func few(limit: Int, clients: Int) {
        let plan = plan(limit)
        #expect(plan.isEnough && plan.isShort && plan.clients >= clients)
        #expect(plan.handshakes >= max(2, plan.clients / 4) && plan.handshakes <= max(4, plan.clients / 4) && plan.upstream >= 2)
    }

    @Test("more descriptors never leave less, but for the rounding of shares")
    func monotonic() {
        var before = plan(64)
        for limit in 65...20000 {
            let plan = plan(limit, questions: [])
            #expect(plan.clients >= before.clients - 1, "\(limit)")
            before = plan
        }
    }

    @Test("tells how many it needs where it cannot start", arguments: [0, 3, 10, 24, 32])
    func tooFew(limit: Int) {
        let plan = plan(limit)
        #expect(!plan.isEnough && plan.needed > limit)
        #expect(self.plan(plan.needed).isEnough && !self.plan(plan.needed - 1).isEnough)
    }

    @Test("says what this process has and may have")
    func system() {
        #expect(DescriptorLimit.countInherited() >= 3 && DescriptorLimit.countInherited() < DescriptorLimit.effective)
        #expect(DescriptorLimit.reachable >= DescriptorLimit.effective)
    }
}
