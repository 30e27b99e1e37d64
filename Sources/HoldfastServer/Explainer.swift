import BindingPolicy
import ClientIdentity
import Credentials
import HoldfastConfiguration
import NIOSSL
import ProxyEngine
import TokenValidation

/// Judges one request as the proxy would, by the same parts, and tells each step.
package struct Explainer: Sendable {
    package struct Request: Sendable {
        /// A PEM or DER file, the client's own certificate first.
        package var certificate: String
        package var token: String
        package var method: String
        package var path: String
        /// Certificates to compare the token's binding with, beside those in the folder of `certificate`.
        package var others: [String]
        /// A key set to verify with instead of the issuers' own: nothing is fetched then.
        package var keys: String?

        package init(certificate: String, token: String, method: String, path: String, others: [String], keys: String?) {
            self.certificate = certificate
            self.token = token
            self.method = method
            self.path = path
            self.others = others
            self.keys = keys
        }
    }

    /// A file that cannot be used, in words for the operator.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private let blueprint: Blueprint

    package init(_ blueprint: Blueprint) { self.blueprint = blueprint }

    package func explain(_ request: Request) async throws -> Explanation {
        let chain: [[UInt8]]
        do throws(CredentialFault) { chain = try CertificateFile.read(request.certificate).map(\.der) } catch { throw Fault(description: "\(error)") }
        for other in request.others {
            do throws(CredentialFault) { _ = try CertificateSummary.first(in: other) } catch { throw Fault(description: "\(error)") }
        }
        let now = EngineLoop.wallClock()
        let table = blueprint.configuration.routeTable
        var report = ExplanationReport(
            blueprint, route: table.route(method: request.method, path: request.path), token: TokenInspection(request.token), chain: chain,
            now: now)
        report.diagnosis = BindingDiagnosis(
            chain: chain, file: request.certificate, files: request.others + CertificateFolder.files(beside: request.certificate))

        let peer: AuthenticatedPeer
        switch handshake(chain, now: now) {
        case .success(let accepted): peer = accepted
        case .failure(let fault): return report.refused(atHandshake: fault)
        }
        report.peer = peer
        let policy: RoutePolicy
        switch table.match(method: request.method, path: request.path) {
        case .policy(let found): policy = found
        case .refused(let reason): return report.refused(Denial(reason))
        }
        report.policy = policy
        guard policy.needsToken else { return report.decided(policy.decideWithoutToken(shownBy: peer.thumbprint), withToken: false) }
        let decision = try await judge(request, on: policy, from: peer, now: now, &report)
        return report.decided(decision, withToken: true)
    }

    private func handshake(_ chain: [[UInt8]], now: Double) -> Result<AuthenticatedPeer, HandshakeFault> {
        let certificates = chain.compactMap { try? NIOSSLCertificate(bytes: $0, format: .der) }
        return ClientAuthenticator(blueprint.trust).verifyHandshake(chain: certificates, now: now)
    }

    /// - Parameter report: told what is known of the token where its origin is proven, and else what exactly is wrong with it.
    private func judge(
        _ request: Request, on policy: RoutePolicy, from peer: AuthenticatedPeer, now: Double, _ report: inout ExplanationReport
    ) async throws -> Decision {
        let field = Array("Bearer \(request.token)".utf8)
        let credentials = field.withUnsafeBytes { BearerCredentials.parse($0) }
        if case .refused(let reason) = credentials { return .deny(Denial(reason)) }
        let authority = try ExplainerAuthority(blueprint, keysFile: request.keys)
        let finding = try await authority.authenticate(request.token, now: now) { inquiry in
            // No issuer is shown a token that could not pass here anyway.
            if let issuers = policy.issuers, !issuers.contains(inquiry.issuerIndex) { return Denial(.issuerNotForRoute) }
            guard let verified = inquiry.verified, case .deny(let denial) = decide(verified, on: policy, from: peer, now: now),
                denial.reason.answer == .invalidToken, denial.reason != .confirmationMissing
            else { return nil }
            return denial
        }
        switch finding {
        case .verified(let token):
            report.saw(token)
            return decide(token, on: policy, from: peer, now: now)
        case .refused(let denial): return .deny(denial)
        case .unverified(let refusal, let isAnswer):
            report.refusal = refusal
            report.isRefusedByAnswer = isAnswer
            return .deny(Denial(refusal.reason))
        }
    }

    private func decide(_ token: VerifiedToken, on policy: RoutePolicy, from peer: AuthenticatedPeer, now: Double) -> Decision {
        guard blueprint.policies.indices.contains(token.issuerIndex) else { return .deny(Denial(.issuerUnknown)) }
        let issuer = blueprint.policies[token.issuerIndex]
        return policy.decide(
            token, shownBy: peer.thumbprint, under: TokenTerms(audiences: issuer.audiences, leeway: issuer.expiryLeeway), now: now)
    }
}
