import AccessControl
import BindingPolicy
import ClientIdentity
import Credentials
import Foundation
import HTTPWire
import HoldfastConfiguration
@testable import HoldfastServer
import NIOCore
import NIOEmbedded
import ProxyEngine
import Telemetry
import Testing
import TokenValidation

@Suite("explain says of a request what the proxy does with it")
struct ExplainAgreementTests {
    /// What became of a request, in a word: `forward`, `answer`, `would <reason>`, or the code of the refusal.
    private typealias Fate = String

    private static let configurations = [
        "",
        """
        routes:
          - {path: /payments/*, methods: [POST], scopes: [payments:write]}
          - {path: /scoped, scopes: {any: [a, b]}}
          - {path: /strong, acr: [gold], max_auth_age: 15m}
          - {path: /claim, claims: {tenant: blue}}
          - {path: /certificate/*, require: certificate}
          - {path: /certificate/report, methods: [PROPFIND], scopes: [a]}
          - {path: /open, require: nothing}
          - {path: /try/*, scopes: [a], report_only: true}
        resource: {identifier: "https://api.example.com/x"}
        """,
        """
        routes: {matching: exact, list: [{path: /scoped, scopes: [a]}, {path: /certificate/*, require: certificate}]}
        report_only: true
        """,
        """
        routes: [{path: /scoped, scopes: [a]}]
        profile: brazil
        resource: {identifier: "https://api.example.com"}
        """,
    ]

    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func blueprint(_ rest: String) throws -> Blueprint {
        let text = """
            listener:
              address: 127.0.0.1:8443
              certificate: server.pem
              private_key: server.key
              hosts: [api.example.com, other.example.com]
            client_certificates: {trust: authorities, authorities: ca.pem}
            tokens: [{issuer: "\(Workshop.issuer)", audience: "\(Workshop.audience)", keys: keys.json, algorithms: [ES256]}]
            upstream: {url: "http://127.0.0.1:8080"}

            """
        return try Blueprint(HoldfastConfiguration(yaml: text + rest, file: workshop.path("holdfast.yaml")))
    }

    /// As the engine does it: the handshake, the parser, the judge, and the answer to OPTIONS.
    private func proxy(_ request: Explainer.Request, _ blueprint: Blueprint) throws -> Fate {
        // Of this thread: between two requests the test may go on on another.
        let judge = try judge(of: blueprint)
        let now = EngineLoop.wallClock()
        let chain = try CertificateFile.read(request.certificate)
        let peer: AuthenticatedPeer
        switch ClientAuthenticator(blueprint.trust).verifyHandshake(chain: chain.map(\.forTLS), now: now) {
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

    private func explained(_ request: Explainer.Request, _ blueprint: Blueprint) async throws -> (fate: Fate, Explanation) {
        let explanation = try await Explainer(blueprint).explain(request)
        switch explanation.ending {
        case .forwarded: return ("forward", explanation)
        case .answered: return ("answer", explanation)
        case .refused(let code, _): return (code, explanation)
        case .reported(let code, _): return ("would \(code)", explanation)
        }
    }

    private func judge(of blueprint: Blueprint) throws -> TokenJudge {
        let judge = TokenJudge(
            policies: blueprint.policies, cacheCapacity: 64, access: blueprint.access, introspectors: [nil], keys: KeyDesk(),
            counters: LoopCounters(), eventLoop: EmbeddedEventLoop())
        judge.replaceKeys(try KeySet([UInt8](Data(contentsOf: URL(fileURLWithPath: workshop.path("keys.json"))))), ofIssuerAt: 0)
        return judge
    }

    private static let clients = [String](repeating: "a", count: 20) + ["b", "renewed", "expired", "stranger"]
    private static let methods = ["GET", "GET", "POST", "HEAD", "OPTIONS", "PURGE", "PROPFIND", "get", "Post", "propfind", "TRACE", "trace", "CONNECT", "connect"]
    private static let paths = [
        "/", "/payments/1", "/payments", "/PAYMENTS/1", "/payments./1", "/payments%20/1", "/scoped", "/Scoped", "/scoped/", "/strong", "/claim",
        "/certificate/x", "/CERTIFICATE/x", "/certificate/report", "/certificate/REPORT", "/open", "/OPEN", "/open/", "/try/1", "/TRY/1", "/a//b",
        "/a/../b", "/a%2fb", "/a;b", "/a\\b", "/a b", "/%zz", "/a%2", "/[a]", "/a|b^", "/{a}", "/\"", "/é", "/a#b", "*", "/...", "/a%EF%BC%8Fb",
        "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/x", "/.well-known/OAUTH-protected-resource",
    ]
    private static let fields = [
        "Host: api.example.com", "Host: API.EXAMPLE.COM:1", "Host: unknown.example.com", "Host: a b", "Via: 1.1 somebody", "Max-Forwards: 0",
        "Max-Forwards: x", "Authorization: Bearer abc", "authorization: Basic x", "x-fapi-interaction-id: 1", "X-Forwarded-For: 1.2.3.4",
        "Content-Length: 5", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Expect: 100-continue", "Expect: no", "X Y: z", "X: \u{1}",
        "Connection: content-length", "Cookie: a=b",
    ]

    private func tokens() throws -> [String] {
        let now = Int(Date().timeIntervalSince1970)
        let all: [String: Any] = ["scope": "payments:write a", "acr": "gold", "auth_time": now, "tenant": "blue"]
        return try [
            workshop.token(for: "a", all), workshop.token(for: "a", all), workshop.token(for: "a"), workshop.token(for: "a", ["scope": "a"]),
            workshop.token(for: "b", all), workshop.token(for: nil, all), workshop.token(for: "a", ["exp": now - 10]),
            workshop.token(for: "a", ["nbf": now + 900]), workshop.token(for: "a", ["aud": "https://other"]), workshop.token(for: "a", ["iss": "https://x"]),
            workshop.token(for: "a", ["jti": NSNull()]), workshop.token(for: nil, ["cnf": ["jkt": "x"]]), workshop.token(for: "a", header: ["typ": "JWT"]),
            workshop.token(for: "a", header: ["alg": "RS256"]), workshop.token(for: "a", header: ["kid": "x"]), workshop.token(for: "a") + "x",
            workshop.token(for: "a", ["acr": "lead", "scope": "a b"]), workshop.token(for: "a", all.merging(["auth_time": now - 2000]) { $1 }), "", "a b",
            "opaque", "a.b.c", "é", "a\nb", "a\r\nX: y",
        ]
    }

    @Test("over thousands of random requests, of whatever method, path, fields, token and certificate", arguments: configurations.indices)
    func random(index: Int) async throws {
        let blueprint = try blueprint(Self.configurations[index])
        let tokens = try tokens()
        var generator = SystemRandomNumberGenerator()
        var fates: [Fate: Int] = [:]
        for _ in 0..<500 {
            let fields = (0..<([0, 0, 0, 1, 1, 2].randomElement(using: &generator) ?? 0)).compactMap { _ in Self.fields.randomElement(using: &generator) }
            let request = Explainer.Request(
                certificate: workshop.path("\(Self.clients.randomElement(using: &generator) ?? "a").pem"),
                token: tokens.randomElement(using: &generator) ?? "", method: Self.methods.randomElement(using: &generator) ?? "GET",
                path: Self.paths.randomElement(using: &generator) ?? "/", fields: fields, keys: workshop.path("keys.json"))
            let expected = try proxy(request, blueprint)
            let (fate, explanation) = try await explained(request, blueprint)
            #expect(fate == expected, "\(request.method) \(request.path) \(request.fields) \(request.certificate)")
            check(explanation)
            fates[fate, default: 0] += 1
        }
        #expect(fates.count > 15, "the requests do not differ enough: \(fates)")
    }

    /// One rule fails where the request is refused, all before it that were looked at have passed, and none after it was reached.
    private func check(_ explanation: Explanation) {
        let outcomes = explanation.findings.map(\.outcome)
        let failures = outcomes.count { $0 == .failed }
        #expect(failures == (explanation.isPermitted ? 0 : 1), "\(explanation)")
        if let failure = outcomes.firstIndex(of: .failed) {
            #expect(outcomes[failure...].dropFirst().allSatisfy { $0 == .notReached })
        } else {
            #expect(outcomes.allSatisfy { $0 == .passed })
        }
        #expect(explanation.findings.map(\.rule) == explanation.findings.map(\.rule).sorted())
    }
}
