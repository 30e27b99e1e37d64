import AccessControl
import BindingPolicy
import ClientIdentity
import Credentials
import HoldfastConfiguration
import NIOSSL
import ProxyEngine
import Timekeeping
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

    /// - Parameter now: seconds since 1970, of every rule that looks at the time.
    package func explain(_ request: Request, now: Double = WallClock.seconds()) async throws -> Explanation {
        for keeper in blueprint.listKeepers { await keeper.look() }
        let client = try await ExplainedClient(request, blueprint, now: now)
        for other in request.others {
            do throws(CredentialFault) { _ = try CertificateSummary.first(in: other) } catch { throw Fault(description: "\(error)") }
        }
        let authority = ExplainerAuthority(blueprint, keysFile: request.keys)
        let result: Result<Explanation, any Error>
        do { result = .success(try await explain(request, from: client, by: authority, now: now)) } catch { result = .failure(error) }
        await authority.close()
        return try result.get()
    }

    /// - Parameters:
    ///   - client: of the request's certificate.
    ///   - now: seconds since 1970.
    func explain(_ request: Request, from client: ExplainedClient, by authority: ExplainerAuthority, now: Double) async throws -> Explanation {
        let report = ExplanationReport(
            blueprint, route: blueprint.access.routes.route(method: request.method, path: request.path), token: TokenInspection(request.token),
            client: client, now: now)
        let peer: AuthenticatedPeer
        switch client.peer {
        case .success(let accepted): peer = accepted
        case .failure(let fault): return report.refused(atHandshake: fault)
        }
        report.peer = peer
        let octets = RequestText(request, blueprint).octets
        let head = HeadExamination(octets, by: blueprint.access, blueprint.settings.limits, blueprint.strips, from: peer, now: now)
        report.head = head
        switch head.outcome {
        case .failure(let fault): return report.refused(fault)
        case .success(.refused(let fault)): return report.refused(fault)
        case .success(.document): return report.answeredWithDocument()
        case .success(.decided(let decision, let route)):
            report.policy = route
            return report.decided(decision, rules: report.rulesWithoutToken)
        case .success(.token(let token, let route)):
            report.policy = route
            let decision = try await judge([UInt8](octets[token]), on: route, from: peer, authority, now: now, report)
            return report.decided(decision.reported(on: route, now: now))
        }
    }

    /// - Parameter report: told what is known of the token where its origin is proven, and else what exactly is wrong with it.
    private func judge(
        _ token: [UInt8], on route: RoutePolicy, from peer: AuthenticatedPeer, _ authority: ExplainerAuthority, now: Double,
        _ report: ExplanationReport
    ) async throws -> Decision {
        let access = blueprint.access
        let settled: Result<VerifiedToken, TokenRefusal>
        var isAnswer = false
        switch try await authority.finding(about: token, now: now) {
        case .verified(let token): settled = .success(token)
        case .refused(let refusal): settled = .failure(refusal)
        case .unknown(let inquiry):
            if let denial = access.denialBeforeAsking(issuer: inquiry.issuer, verified: inquiry.verified, on: route, from: peer, now: now) {
                return .deny(denial)
            }
            settled = await authority.answer(to: inquiry, about: token, now: now)
            isAnswer = true
        }
        switch settled {
        case .success(let token):
            report.saw(token)
            return access.decide(token, on: route, from: peer, now: now)
        case .failure(let refusal):
            report.refusal = refusal
            report.isRefusedByAnswer = isAnswer
            return .deny(Denial(refusal.reason))
        }
    }
}

/// Who would be at the other end of the connection. Held by reference, as the report is: as values they made the frames of async functions
/// too large for the compiler, whose release builds then write beyond them.
final class ExplainedClient {
    /// Of its own certificate; nil where that cannot be read.
    let summary: CertificateSummary?
    let thumbprint: Thumbprint?
    /// What the verification callback would say, and what BoringSSL says before it asks.
    let peer: Result<AuthenticatedPeer, HandshakeFault>
    let diagnosis: BindingDiagnosis?
    /// The identity that its handshake would be for: that of the request's host.
    let site: Site

    init(_ request: Explainer.Request, _ blueprint: Blueprint, now: Double) async throws(Explainer.Fault) {
        let chain: [[UInt8]]
        do throws(CredentialFault) { chain = try CertificateFile.read(request.certificate).map(\.der) } catch {
            throw Explainer.Fault(description: "\(error)")
        }
        summary = chain.first.flatMap { CertificateSummary(der: $0) }
        thumbprint = chain.first.map { Thumbprint(ofCertificate: $0) }
        diagnosis = BindingDiagnosis(
            chain: chain, file: request.certificate, files: request.others + CertificateFolder.files(beside: request.certificate))
        let index = blueprint.site(for: RequestText.host(of: request, blueprint)) ?? .listeners
        let site = blueprint.sites[index.position]
        self.site = site
        let certificates = chain.compactMap { try? NIOSSLCertificate(bytes: $0, format: .der) }
        peer =
            certificates.count == chain.count
            ? await blueprint.authenticator(for: site).decideHandshake(chain: certificates, now: now).map { $0.peer.at(index) }
            : .failure(.certificateRefused(.malformed))
    }
}
