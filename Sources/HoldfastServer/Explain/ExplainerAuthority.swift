import BindingPolicy
import Files
import Logging
import ProxyEngine
import TokenValidation

/// What the proxy knows of its issuers, got when a token first needs it: their keys, and what they say of it.
final class ExplainerAuthority {
    private struct Opened {
        let desks: IssuerDesks
        let services: Task<Void, Never>
        var authenticator: TokenAuthenticator
    }

    private let blueprint: Blueprint
    private let keysFile: String?
    private let cacheCapacity: Int
    private var opened: Opened?

    /// Seconds that keys and endpoints are waited for.
    private static let patience = 10.0

    /// - Parameters:
    ///   - keysFile: in place of the issuers' own keys: nothing is fetched then.
    ///   - cacheCapacity: verified tokens remembered, for whoever asks about some again.
    init(_ blueprint: Blueprint, keysFile: String?, cacheCapacity: Int = 0) {
        self.blueprint = blueprint
        self.keysFile = keysFile
        self.cacheCapacity = cacheCapacity
    }

    /// Waits for the keys where the token's issuer turns out to need them.
    func finding(about token: [UInt8], now: Double) async throws(Explainer.Fault) -> TokenFinding {
        var opened = try open()
        defer { self.opened = opened }
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        while true {
            for desk in opened.desks.all { opened.authenticator.replaceKeys(desk.keys.latest, of: desk.issuer) }
            let finding = token.withUnsafeBytes { opened.authenticator.authenticate($0, now: now) }
            guard case .refused(let refusal) = finding, refusal.reason == .keysUnavailable,
                let keeper = refusal.doubt.flatMap({ opened.desks[$0.issuer]?.keeper })
            else { return finding }
            let fault = keeper.status.lastFault
            guard fault == nil, ContinuousClock.now < deadline else {
                return .refused(TokenRefusal(refusal.reason, fault.map { .noKeys($0.words) }))
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What the issuer says of the token, and what is made of that.
    func answer(to inquiry: Inquiry, about token: [UInt8], now: Double) async -> Result<VerifiedToken, TokenRefusal> {
        guard var opened else { return .failure(TokenRefusal(.introspectionUnavailable)) }
        defer { self.opened = opened }
        let answer = await Self.answer(to: inquiry, about: token, by: opened.desks[inquiry.issuer]?.introspector, now: now)
        return opened.authenticator.settle(answer, for: inquiry, now: now)
    }

    /// In the end: whatever ran for it.
    func close() async {
        opened?.services.cancel()
        await opened?.services.value
        opened = nil
    }

    private func open() throws(Explainer.Fault) -> Opened {
        if let opened { return opened }
        let logger = Logger(label: "explain") { _ in SwiftLogNoOpLogHandler() }
        let fixedKeys = try fixedKeys()
        let desks = IssuerDesks(blueprint.issuers.map { IssuerDesk($0, after: nil, changes: KeyChanges(), fixedKeys: fixedKeys, logger: logger) })
        let services = Task {
            await withTaskGroup(of: Void.self) { group in
                for desk in desks.all { group.addTask { await desk.work.run() } }
            }
        }
        return Opened(desks: desks, services: services, authenticator: TokenAuthenticator(desks.policies, cacheCapacity: cacheCapacity))
    }

    private func fixedKeys() throws(Explainer.Fault) -> KeySet? {
        guard let keysFile else { return nil }
        var file = KeySetFile(path: keysFile)
        do throws(KeySetKeeper.Fault) { return try file.keySet() } catch { throw Explainer.Fault(description: "\(error.words).") }
    }

    private static func answer(to inquiry: Inquiry, about token: [UInt8], by introspector: Introspector?, now: Double) async -> IntrospectionAnswer {
        func unavailable(_ cause: String?) -> IntrospectionAnswer {
            let refusal = TokenRefusal(.introspectionUnavailable, cause.map { .noAnswer($0) })
            return IntrospectionAnswer(outcome: .failure(refusal), validUntil: -.infinity)
        }
        guard let introspector else { return unavailable(nil) }
        let deadline = ContinuousClock.now + .seconds(patience)
        while !introspector.status.isReady {
            let fault = introspector.status.endpointFault
            guard fault == nil, ContinuousClock.now < deadline else { return unavailable(fault?.words) }
            try? await Task.sleep(for: .milliseconds(20))
        }
        let answer = await withCheckedContinuation { continuation in
            let looked = introspector.lookUp(token, inquiry.digest, for: nil, octets: 0, now: now) {
                continuation.resume(returning: $0)
            }
            if case .answered(let answer) = looked { continuation.resume(returning: answer) }
        }
        guard case .failure(let refusal) = answer.outcome, refusal.reason == .introspectionUnavailable else { return answer }
        return unavailable(introspector.status.lastProblem)
    }
}
