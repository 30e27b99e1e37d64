import BindingPolicy
import Files
import Logging
import ProxyEngine
import TokenValidation

/// What the proxy knows of its issuers, got for one token: their keys, and what they say of it.
struct ExplainerAuthority {
    private let blueprint: Blueprint
    private let fixedKeys: KeySet?

    /// Seconds that keys and endpoints are waited for.
    private static let patience = 10.0

    init(_ blueprint: Blueprint, keysFile: String?) throws(Explainer.Fault) {
        self.blueprint = blueprint
        guard let keysFile else {
            fixedKeys = nil
            return
        }
        var file = KeySetFile(path: keysFile)
        do throws(KeySetKeeper.Fault) {
            fixedKeys = try file.keySet()
        } catch {
            throw Explainer.Fault(description: "\(error.words).")
        }
    }

    /// - Parameter preliminary: why the token is not even to be asked about; nil where it is.
    func authenticate(
        _ token: String, now: Double, preliminary: (TokenAuthenticator.Inquiry) -> Denial?
    ) async throws -> Finding {
        let logger = Logger(label: "explain") { _ in SwiftLogNoOpLogHandler() }
        let desk = KeyDesk()
        let introspection = Introspection(blueprint, keys: desk, logger: logger)
        let published = PublishedKeys(count: blueprint.policies.count)
        // Where keys are given nothing is fetched.
        let keeping: KeyKeeping? =
            fixedKeys != nil
            ? nil
            : KeyKeeping(blueprint, logger: logger) { keys, index in
                introspection.replaceKeys(keys, ofIssuerAt: index)
                published.replace(keys, at: index)
            }
        if let keeping { desk.open(keeping) }
        if let fixedKeys {
            for index in blueprint.policies.indices {
                introspection.replaceKeys(fixedKeys, ofIssuerAt: index)
                published.replace(fixedKeys, at: index)
            }
        }
        let services = Task {
            await withTaskGroup(of: Void.self) { group in
                if let keeping { group.addTask { await keeping.runUntilCancelled() } }
                group.addTask { await introspection.runUntilCancelled() }
            }
        }
        defer { services.cancel() }
        let finding = await find(token, published, keeping, now: now)
        let result: Finding
        switch finding {
        case .decided(let decided): result = decided
        case .unknown(let inquiry, var authenticator):
            if let denial = preliminary(inquiry) {
                result = .refused(denial)
            } else {
                let answer = await look(up: token, inquiry, introspection, now: now)
                result = Finding(answer: authenticator.settle(answer, for: inquiry, now: now))
            }
        }
        services.cancel()
        await services.value
        return result
    }

    enum Finding {
        case verified(VerifiedToken)
        case refused(Denial)
        /// By the token itself, or by what its issuer says of it.
        case unverified(TokenRefusal, isAnswer: Bool)

        init(answer: Result<VerifiedToken, TokenRefusal>) {
            switch answer {
            case .success(let token): self = .verified(token)
            case .failure(let refusal): self = .unverified(refusal, isAnswer: true)
            }
        }
    }

    private enum Found {
        case decided(Finding)
        case unknown(TokenAuthenticator.Inquiry, TokenAuthenticator)
    }

    /// Waits for the keys where the token's issuer turns out to need them.
    private func find(_ token: String, _ published: PublishedKeys, _ keeping: KeyKeeping?, now: Double) async -> Found {
        let octets = Array(token.utf8)
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        while true {
            var authenticator = TokenAuthenticator(blueprint.policies, cacheCapacity: 0)
            for (index, keys) in published.all.enumerated() { authenticator.replaceKeys(keys, ofIssuerAt: index) }
            switch octets.withUnsafeBytes({ authenticator.authenticate($0, now: now) }) {
            case .verified(let verified): return .decided(.verified(verified))
            case .unknown(let inquiry): return .unknown(inquiry, authenticator)
            case .refused(let refusal):
                guard refusal.reason == .keysUnavailable, let keeping else { return .decided(.unverified(refusal, isAnswer: false)) }
                let fault = refusal.staleIssuer.flatMap { keeping.keeper(ofIssuerAt: $0) }?.status.lastFault
                guard fault == nil, ContinuousClock.now < deadline else {
                    let told = TokenRefusal(refusal.reason, fault.map { .noKeys($0.words) })
                    return .decided(.unverified(told, isAnswer: false))
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func look(
        up token: String, _ inquiry: TokenAuthenticator.Inquiry, _ introspection: Introspection, now: Double
    ) async -> IntrospectionAnswer {
        func unavailable(_ cause: String?) -> IntrospectionAnswer {
            let refusal = TokenRefusal(.introspectionUnavailable, cause.map { .noAnswer($0) })
            return IntrospectionAnswer(outcome: .failure(refusal), validUntil: -.infinity)
        }
        guard introspection.introspectors.indices.contains(inquiry.issuerIndex),
            let introspector = introspection.introspectors[inquiry.issuerIndex]
        else { return unavailable(nil) }
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        while !introspector.status.isReady {
            let fault = introspector.status.endpointFault
            guard fault == nil, ContinuousClock.now < deadline else { return unavailable(fault?.words) }
            try? await Task.sleep(for: .milliseconds(20))
        }
        let answer = await withCheckedContinuation { continuation in
            let looked = introspector.lookUp(Array(token.utf8), inquiry.digest, for: nil, octets: 0, now: now) {
                continuation.resume(returning: $0)
            }
            if case .answered(let answer) = looked { continuation.resume(returning: answer) }
        }
        guard case .failure(let refusal) = answer.outcome, refusal.reason == .introspectionUnavailable else { return answer }
        return unavailable(introspector.status.lastProblem)
    }
}
