import AccessControl
import BindingPolicy
import Foundation
import HTTPWire
import HoldfastConfiguration
import Logging
import NIOCore
import NIOPosix
import ProxyEngine
import Telemetry
import Testing
import Timekeeping
import TokenValidation

@testable import HoldfastServer

let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Whether it becomes true before patience ends.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<60_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}

extension Workshop {
    /// Of a configuration with one issuer, the workshop's, unless `tokens` says otherwise.
    func blueprint(
        _ rest: String = "", audience: String = Workshop.audience, tokens: String? = nil, clients: String? = nil, since start: Blueprint? = nil
    ) throws -> Blueprint {
        let own = "[{issuer: \"\(Workshop.issuer)\", audience: \"\(audience)\", keys: keys.json, algorithms: [ES256]}]"
        let text = """
            listener:
              address: 127.0.0.1:8443
              certificate: server.pem
              private_key: server.key
              hosts: [api.example.com, other.example.com]
            \(clients ?? "client_certificates: {trust: authorities, authorities: ca.pem}")
            tokens: \(tokens ?? own)
            upstream: {url: "http://127.0.0.1:8080"}

            """
        return try Blueprint(HoldfastConfiguration(yaml: text + rest, file: path("holdfast.yaml")), since: start)
    }
}

extension Generations {
    /// Makes the first generation, and runs what its issuers need, and those of later ones, until `body` returns.
    static func with<R: Sendable>(_ blueprint: Blueprint, _ body: (Generations) async throws -> R) async throws -> R {
        let generations = try Generations(blueprint, now: 1_900_000_000, logger: silence)
        let service = Task { await generations.issuers.runUntilCancelled() }
        let result: Result<R, any Error>
        await generations.current.firstLooks(patience: .seconds(900))
        do { result = .success(try await body(generations)) } catch { result = .failure(error) }
        service.cancel()
        await service.value
        return try result.get()
    }
}

/// One request as the engine has it: it keeps the judge that it began with. The loop's alone.
final class WaitingRequest: LookupClient {
    private let octets: [UInt8]
    private let peer: AuthenticatedPeer
    private let limits: WireLimits
    private let strips: StripList
    private let now = WallClock.seconds()
    private var judge: TokenJudge?
    private var lookup: (any PendingLookup)?
    private let ended: EventLoopPromise<String>

    var fate: EventLoopFuture<String> { ended.futureResult }
    var isWaiting: Bool { lookup != nil }

    /// - Parameter path: with no need to be escaped.
    init(_ path: String = "/", token: String, from peer: AuthenticatedPeer, by judge: TokenJudge, _ blueprint: Blueprint, on eventLoop: any EventLoop)
    {
        octets = Array("GET \(path) HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8)
        self.peer = peer
        self.judge = judge
        (limits, strips) = (blueprint.settings.limits, blueprint.strips)
        ended = eventLoop.makePromise()
        decide { judge, head, bytes in judge.judge(head, bytes, from: peer, now: now, for: self) }
    }

    func lookupEnded() {
        guard let lookup else { return }
        self.lookup = nil
        decide { judge, head, bytes in judge.conclude(head, bytes, from: peer, now: now, after: lookup, for: self) }
    }

    private func decide(_ body: (TokenJudge, borrowing RequestHead, UnsafeRawBufferPointer) -> Judgement) {
        guard let judge else { return }
        var head = RequestHead(limits: limits, names: strips)
        let judgement = octets.withUnsafeBytes { bytes in
            _ = head.parse(bytes)
            return body(judge, head, bytes)
        }
        switch judgement {
        case .later(let lookup): self.lookup = lookup
        case .refused(let fault): end(fault.code)
        case .document: end("document")
        case .decided(.deny(let denial)): end(denial.reason.rawValue)
        case .decided(.permit(let permit)):
            end(permit.wouldRefuse.map { "would \($0.rawValue)" } ?? "permit under \(permit.token?.issuer.terms.audiences.joined() ?? "nothing")")
        }
    }

    private func end(_ fate: String) {
        judge = nil
        ended.succeed(fate)
    }
}
