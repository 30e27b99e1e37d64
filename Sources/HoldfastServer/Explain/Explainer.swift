import AccessControl
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
        /// Further field lines, `Name: value`; `Host` in place of the one that it has by itself.
        package var fields: [String]
        /// A key set to verify with instead of the issuers' own: nothing is fetched then.
        package var keys: String?

        package init(
            certificate: String, token: String, method: String, path: String, others: [String] = [], fields: [String] = [], keys: String? = nil
        ) {
            self.certificate = certificate
            self.token = token
            self.method = method
            self.path = path
            self.others = others
            self.fields = fields
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
        var report = ExplanationReport(
            blueprint, route: blueprint.access.routes.route(method: request.method, path: request.path), token: TokenInspection(request.token),
            chain: chain, now: now)
        report.diagnosis = BindingDiagnosis(
            chain: chain, file: request.certificate, files: request.others + CertificateFolder.files(beside: request.certificate))

        let peer: AuthenticatedPeer
        switch handshake(chain, now: now) {
        case .success(let accepted): peer = accepted
        case .failure(let fault): return report.refused(atHandshake: fault)
        }
        report.peer = peer
        let head = HeadExamination(
            RequestText(request, blueprint).octets, by: blueprint.access, blueprint.settings.limits, blueprint.strips, from: peer, now: now)
        report.head = head
        switch head.outcome {
        case .malformed(let fault): return report.refused(fault)
        case .refused(let fault): return report.refused(fault)
        case .document: return report.answeredWithDocument()
        case .decided(let decision, let route):
            report.policy = route
            return report.decided(decision, rules: report.rulesWithoutToken)
        case .token(let token, let route):
            report.policy = route
            let decision = try await judge(String(decoding: token, as: UTF8.self), request.keys, on: route, from: peer, now: now, &report)
            return report.decided(decision.reported(by: route.reportOnly, now: now))
        }
    }

    /// What the verification callback would say, and what BoringSSL says before it asks.
    private func handshake(_ chain: [[UInt8]], now: Double) -> Result<AuthenticatedPeer, HandshakeFault> {
        let certificates = chain.compactMap { try? NIOSSLCertificate(bytes: $0, format: .der) }
        guard certificates.count == chain.count else { return .failure(.certificateRefused(.malformed)) }
        return ClientAuthenticator(blueprint.trust).verifyHandshake(chain: certificates, now: now)
    }

    /// - Parameter report: told what is known of the token where its origin is proven, and else what exactly is wrong with it.
    private func judge(
        _ token: String, _ keysFile: String?, on route: RoutePolicy, from peer: AuthenticatedPeer, now: Double, _ report: inout ExplanationReport
    ) async throws -> Decision {
        let access = blueprint.access
        let authority = try ExplainerAuthority(blueprint, keysFile: keysFile)
        let finding = try await authority.authenticate(token, now: now) { inquiry in
            access.denialBeforeAsking(issuer: inquiry.issuerIndex, verified: inquiry.verified, on: route, from: peer, now: now)
        }
        switch finding {
        case .verified(let token):
            report.saw(token)
            return access.decide(token, on: route, from: peer, now: now)
        case .refused(let denial): return .deny(denial)
        case .unverified(let refusal, let isAnswer):
            report.refusal = refusal
            report.isRefusedByAnswer = isAnswer
            return .deny(Denial(refusal.reason))
        }
    }
}
