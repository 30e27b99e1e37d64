import AccessControl
import BindingPolicy
import ClientIdentity
import Credentials
import Foundation
import HTTPWire
import HoldfastConfiguration
import NIOCore
import NIOPosix
import ProxyEngine
import Telemetry
import Testing
import Timekeeping
import TokenValidation

@testable import HoldfastServer

@Suite("explain says of a request what the proxy does with it")
struct ExplainAgreementTests {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private static let workers = 2

    @Test("over 100,000 random requests, of whatever method, path, fields, token, certificate and configuration", arguments: 0..<workers)
    func random(worker: Int) async throws {
        var tally = Tally()
        let (configurations, requests) = (20, 100_000 / 20 / Self.workers)
        for number in 0..<configurations {
            var random = RandomRequests(workshop)
            let text = random.configuration(plain: number == 0)
            let bench = try await Bench(workshop, text)
            let tokens = try random.tokens(30)
            for _ in 0..<requests {
                try await bench.compare(random.request(tokens), &tally)
                // Other tests run meanwhile, on as few threads.
                await Task.yield()
            }
            await bench.close()
        }
        #expect(tally.requests == configurations * requests)
        #expect(tally.fates.count > 30, "the requests do not differ enough: \(tally.fates)")
    }

    @Test("with every file read anew for each request, as the command does")
    func wholeCommand() async throws {
        var random = RandomRequests(workshop)
        var tally = Tally()
        for number in 0..<4 {
            let text = random.configuration(plain: number == 0)
            let bench = try await Bench(workshop, text)
            let tokens = try random.tokens(10)
            for _ in 0..<20 {
                let request = random.request(tokens)
                tally.note(
                    try bench.proxy(request), try await Explainer(bench.blueprint).explain(request, now: bench.now),
                    request, text)
            }
            await bench.close()
        }
        #expect(tally.requests == 80)
    }
}

/// What became of requests, and whether both said the same.
private struct Tally {
    private(set) var fates: [String: Int] = [:]
    private(set) var requests = 0
    private var complaints = 0

    /// - Parameter fate: at the proxy, in a word: `forward`, `answer`, `would <reason>`, or the code of the refusal.
    mutating func note(_ fate: String, _ explanation: Explanation, _ request: Explainer.Request, _ configuration: String) {
        requests += 1
        fates[fate, default: 0] += 1
        let told: String =
            switch explanation.ending {
            case .forwarded: "forward"
            case .answered: "answer"
            case .refused(let code, _): code
            case .reported(let code, _): "would \(code)"
            }
        // A broken order shows in thousands of requests: some are enough.
        guard complaints < 5 else { return }
        if told != fate || !isInOrder(explanation) {
            complaints += 1
            Issue.record(
                "\(request.method) \(request.path) \(request.fields) \(request.certificate): \(fate), and explained \(explanation) under\n\(configuration)"
            )
        }
    }

    /// One rule fails where the request is refused, all before it that were looked at have passed, and none after it was reached.
    private func isInOrder(_ explanation: Explanation) -> Bool {
        let outcomes = explanation.findings.map(\.outcome)
        let failure = outcomes.firstIndex(of: .failed)
        let rules = explanation.findings.map(\.rule)
        guard (failure == nil) == explanation.isPermitted, zip(rules, rules.dropFirst()).allSatisfy({ $0 < $1 }) else { return false }
        guard let failure else { return outcomes.allSatisfy { $0 == .passed } }
        return outcomes[failure...].dropFirst().allSatisfy { $0 == .notReached } && outcomes[..<failure].allSatisfy { $0 != .failed }
    }
}

/// The proxy's judge and `explain`, of one configuration, with the clients' certificates and the keys read once.
private final class Bench {
    let blueprint: Blueprint
    private let configuration: String
    private let judge: TokenJudge
    private let authority: ExplainerAuthority
    private let clients: [String: ExplainedClient]
    /// One for both: a token that begins in five seconds may do so between them.
    let now = WallClock.seconds()

    init(_ workshop: Workshop, _ configuration: String) async throws {
        self.configuration = configuration
        blueprint = try workshop.blueprint(configuration, tokens: RandomRequests.issuers, clients: RandomRequests.clients(in: configuration))
        // Nothing runs: with keys that are fixed no token is looked up.
        let keys = try KeySet([UInt8](Data(contentsOf: URL(fileURLWithPath: workshop.path("keys.json")))))
        let generation = try Generation(
            blueprint, after: nil, made: now, issuers: IssuerService(), changes: KeyChanges(), fixedKeys: keys, logger: silence)
        judge = generation.judge(after: nil, counters: LoopCounters(), on: MultiThreadedEventLoopGroup.singleton.any())
        authority = ExplainerAuthority(blueprint, keysFile: workshop.path("keys.json"), cacheCapacity: 64)
        var clients: [String: ExplainedClient] = [:]
        for name in RandomRequests.clients {
            let path = workshop.path("\(name).pem")
            let request = Explainer.Request(certificate: path, token: "", method: "GET", path: "/")
            clients[path] = try await ExplainedClient(request, blueprint, now: now)
        }
        self.clients = clients
    }

    func close() async { await authority.close() }

    func compare(_ request: Explainer.Request, _ tally: inout Tally) async throws {
        let client = try #require(clients[request.certificate])
        let explanation = try await Explainer(blueprint).explain(request, from: client, by: authority, now: now)
        tally.note(try proxy(request), explanation, request, configuration)
    }

    /// As the engine does it: the handshake, the parser, the judge, and the answer to OPTIONS.
    func proxy(_ request: Explainer.Request) throws -> String {
        let peer: AuthenticatedPeer
        switch try #require(clients[request.certificate]).peer {
        case .success(let accepted): peer = accepted
        case .failure(let fault): return fault.code
        }
        var head = RequestHead(limits: blueprint.settings.limits, names: blueprint.strips)
        return RequestText(request, blueprint).octets.withUnsafeBytes { octets in
            switch head.parse(octets) {
            case .incomplete: return "incomplete"
            case .refused(let fault): return fault.rawValue
            case .complete: break
            }
            switch judge.judge(head, octets, from: peer, now: now, for: Nobody()) {
            case .refused(let fault): return fault.code
            case .document: return "answer"
            case .later: return "later"
            case .decided(.deny(let denial)): return denial.reason.rawValue
            case .decided(.permit(let permit)):
                return permit.wouldRefuse.map { "would \($0.rawValue)" } ?? (head.endsHere ? "answer" : "forward")
            }
        }
    }

    private final class Nobody: LookupClient { func lookupEnded() {} }
}
