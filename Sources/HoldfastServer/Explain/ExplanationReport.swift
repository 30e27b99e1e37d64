import AccessControl
import BindingPolicy
import ClientIdentity
import Credentials
import HTTPWire
import HoldfastConfiguration
import ProxyEngine
import Timekeeping
import TokenValidation

/// Makes an `Explanation` of a verdict: what came before the rule that failed has passed, what comes after was not reached, and
/// what the token says stands beside what was expected of it.
final class ExplanationReport {
    private let blueprint: Blueprint
    private let route: Route?
    private var token: TokenInspection?
    private let isJWT: Bool
    private let client: ExplainedClient
    private let now: Double
    var peer: AuthenticatedPeer?
    var policy: RoutePolicy
    var head: HeadExamination?
    /// Where the token, or its issuer's answer, is what fails.
    var refusal: TokenRefusal?
    var isRefusedByAnswer = false

    init(_ blueprint: Blueprint, route: Route?, token: TokenInspection?, client: ExplainedClient, now: Double) {
        self.blueprint = blueprint
        self.route = route
        self.token = token
        isJWT = token != nil
        self.client = client
        self.now = now
        policy = route?.policy ?? blueprint.configuration.routeTable.fallback
    }

    /// Of a token that is opaque, or not verified here, only what its issuer said of it counts: that is shown.
    func saw(_ verified: VerifiedToken) {
        if !isJWT || !isVerifiedHere { token = TokenInspection(verified) }
    }

    // MARK: Verdicts

    /// - Parameter rules: those that were looked at; all that concern the token where nothing is given.
    func decided(_ decision: Decision, rules: [Explanation.Rule]? = nil) -> Explanation {
        switch decision {
        case .deny(let denial): return denied(denial.reason) { .refused($0, $1) }
        case .permit(let permit):
            if head?.endsHere != true, let length = head?.bodyLength, length > bodyLimit ?? .max {
                let refusal = Refusal(WireFault.bodyTooLarge)
                return explanation(failing: .body, rules: rules ?? self.rules, .refused(refusal.reason, refusal.detail))
            }
            if let reason = permit.wouldRefuse {
                return denied(reason) { .reported($0, $1) }
            }
            return explanation(
                failing: nil, rules: rules ?? self.rules,
                head?.endsHere == true ? .answered("OPTIONS with Max-Forwards: 0 asks what it can do") : .forwarded)
        }
    }

    private func denied(_ reason: DenialReason, _ ending: (String, String) -> Explanation.Ending) -> Explanation {
        // What is wrong with an answer is no rule of the token's own.
        let rule = isRefusedByAnswer ? .introspection : Explanation.Rule(reason)
        return explanation(failing: rule, rules: rules, ending(reason.rawValue, reason.explanation))
    }

    func refused(atHandshake fault: HandshakeFault) -> Explanation {
        explanation(failing: .certificate, rules: rules, .refused(fault.code, "The handshake ends: \(fault.meaning)."))
    }

    func refused(_ fault: WireFault) -> Explanation {
        let refusal = Refusal(fault)
        return explanation(failing: .head, rules: rules, .refused(refusal.reason, refusal.detail))
    }

    func refused(_ fault: RequestFault) -> Explanation {
        let rule = Explanation.Rule(fault)
        return explanation(failing: rule, rules: rules(beside: rule), .refused(fault.code, Self.words(fault)))
    }

    /// With what comes before the request: whoever names the host in its handshake does not get to ask.
    private static func words(_ fault: RequestFault) -> String {
        guard fault == .misdirected else { return fault.explanation }
        return
            "\(fault.explanation) A client that names it in its handshake gets the alert unrecognized_name there; this answer, 421, is for one that came by another name."
    }

    /// The metadata is given without a look at anything behind it.
    func answeredWithDocument() -> Explanation {
        let rules = rules(beside: .document)
        return explanation(
            failing: nil, rules: Array(rules.prefix { $0 != .interactionID && $0 != .path }),
            .answered("this is where the resource's metadata is, which everybody may read (RFC 9728)"))
    }

    /// Where the route asks for no token.
    var rulesWithoutToken: [Explanation.Rule] { rules.filter { $0 < .form || $0 == .body } }

    /// Octets; nil for any number.
    private var bodyLimit: Int? { policy.maxBody ?? blueprint.configuration.listener.maxBody }

    private func explanation(failing: Explanation.Rule?, rules: [Explanation.Rule], _ ending: Explanation.Ending) -> Explanation {
        let position = failing.flatMap(rules.firstIndex) ?? (failing == nil ? rules.count : 0)
        let unchecked = failing.map(skipped) ?? []
        let findings = rules.enumerated().map { index, rule -> Explanation.Finding in
            let outcome: Explanation.Outcome =
                rule == failing ? .failed : index < position && !unchecked.contains(rule) ? .passed : .notReached
            var finding = Explanation.Finding(rule: rule, outcome: outcome)
            if outcome != .notReached { describe(&finding) }
            return finding
        }
        return Explanation(route: routeText, findings: findings, ending: ending, upstream: upstreamText)
    }

    /// The rules that concern this token and this route, and one more.
    private func rules(beside one: Explanation.Rule) -> [Explanation.Rule] {
        let rules = rules
        return Explanation.Rule.allCases.filter { $0 == one || rules.contains($0) }
    }

    /// The rules that concern this token and this route.
    private var rules: [Explanation.Rule] {
        Explanation.Rule.allCases.filter { rule in
            switch rule {
            case .loop: head?.hasVia ?? false
            case .host: !blueprint.configuration.listener.hosts.isEmpty
            case .document: false
            case .body: bodyLimit != nil && head?.bodyLength != nil
            case .interactionID: blueprint.configuration.forward.interactionID == .require
            case .certificateTerms: policy.certificate != nil
            case .client: peer?.client?.clientIDs != nil
            case .clientScope: peer?.client?.scopes != nil && !(policy.scopes.isEmpty && policy.anyScope.isEmpty)
            case .header, .claims, .issuer, .type, .algorithm, .required, .key, .signature: isVerifiedHere
            case .introspection: isIntrospected
            case .routeIssuer: policy.issuers != nil
            case .authentication: !policy.acr.isEmpty
            case .authenticationAge: policy.maximumAuthenticationAge != nil
            case .scope: !policy.scopes.isEmpty || !policy.anyScope.isEmpty
            case .routeClaims: !policy.claims.isEmpty
            default: true
            }
        }
    }

    /// Rules that stand before the one that failed and that the proxy had not looked at then.
    private func skipped(_ failing: Explanation.Rule) -> Set<Explanation.Rule> {
        switch failing {
        case .algorithm where SignatureAlgorithm(named: token?.header["alg"] as? String ?? "") == nil: [.claims, .issuer, .type]
        case .type where token?.header["cty"] != nil: [.claims, .issuer]
        case .required where token?.claims["iss"] == nil: [.issuer, .type, .algorithm]
        default: []
        }
    }

    // MARK: Whose token it is

    private var policies: [IssuerPolicy] { blueprint.issuers.map(\.policy) }

    private var issuer: IssuerPolicy? {
        guard let name = token?.claims["iss"] as? String else { return nil }
        return policies.first { $0.issuer.name.utf8.elementsEqual(name.utf8) }
    }

    private var isVerifiedHere: Bool { isJWT && (issuer?.verifiesJWTs ?? true) || policies.allSatisfy { $0.introspection == nil } }
    private var isIntrospected: Bool { !isJWT ? policies.contains { $0.introspection != nil } : issuer?.introspection?.asksAboutJWTs ?? false }

    private var upstreamText: String? {
        guard blueprint.upstreams.count > 1, let plan = blueprint.upstreams.first(where: { $0.name == policy.upstream }) else { return nil }
        return "`\(plan.name.text)` (\(plan.url))"
    }

    private var routeText: String {
        let needs =
            switch policy.requirement {
            case .boundToken: "needs a token bound to the client's certificate"
            case .certificate: "needs a client certificate only"
            case .nothing: "needs nothing"
            }
        let place = route.map { "Route \($0.pattern)" } ?? (blueprint.configuration.routes.isEmpty ? "Every request" : "No route covers it; it")
        return "\(place) \(needs)\(policy.reportOnly?.isOn(at: now) == true ? " (report_only: a refusal is only reported)" : "")."
    }

    // MARK: Expected and found

    private func describe(_ finding: inout Explanation.Finding) {
        switch finding.rule {
        case .certificate: describeCertificate(&finding)
        case .certificateTerms: policy.certificate.map { $0.describe(&finding, peer?.certificate) }
        case .interactionID: finding.notes = ["forward.interaction_id is `require`: a request without x-fapi-interaction-id is refused."]
        case .head, .method, .loop, .host, .document, .path, .form, .signature: describeNothing(&finding)
        case .header, .claims, .introspection: tellRefusal(&finding)
        case .body:
            finding.expected = bodyLimit.map { "at most \($0) octets" }
            finding.found = head?.bodyLength.map { "\($0)" }
        case .required:
            finding.expected = (["iss", "exp", "aud"] + (issuer?.requiredClaims ?? [])).joined(separator: ", ")
            tellRefusal(&finding)
        case .issuer: expect(&finding, policies.map(\.issuer.name).joined(separator: ", "), claim: "iss")
        case .routeIssuer:
            expect(&finding, (policy.issuers ?? []).joined(separator: ", "), claim: "iss")
        case .type:
            // Where its `typ` is right, it is something else that the token says of itself.
            if finding.outcome != .failed || refusal?.detail == nil {
                expect(&finding, issuer?.type == .any ? "at+jwt, JWT or none" : "at+jwt", header: "typ")
            }
            tellRefusal(&finding)
        case .algorithm: expect(&finding, issuer?.algorithms.map(\.names).joined(separator: ", "), header: "alg")
        case .key:
            expect(&finding, "a key of the issuer's set that fits the algorithm", header: "kid")
            tellRefusal(&finding)
        case .expiry: describeTime(&finding, "exp", "after")
        case .beginning: describeTime(&finding, "nbf", "at or before")
        case .audience:
            let route = policy.audiences.isEmpty ? "" : ", and \(policy.audiences.joined(separator: " or ")) on this route"
            expect(&finding, issuer.map { $0.issuer.terms.audiences.joined(separator: " or ") + route }, claim: "aud")
            if finding.outcome == .failed, let token, !token.namesAudience {
                finding.notes = [
                    "The issuer's answer names no audience. Have it say `aud`, or write `audience_in_answer: optional` if its tokens are for this API alone."
                ]
            }
        case .binding: describeBinding(&finding)
        case .client: expect(&finding, peer?.client?.clientIDs?.joined(separator: " or "), claim: "client_id")
        case .clientScope:
            finding.expected = (policy.scopes + policy.anyScope).joined(separator: ", ")
            finding.found = peer?.client?.scopes.map { $0.isEmpty ? "none" : $0.joined(separator: " ") }
        case .authentication: expect(&finding, policy.acr.joined(separator: " or "), claim: "acr")
        case .authenticationAge: describeTime(&finding, "auth_time", "recent, \(Int(policy.maximumAuthenticationAge ?? 0)) s before")
        case .scope:
            let any = policy.anyScope.isEmpty ? [] : ["one of \(policy.anyScope.joined(separator: ", "))"]
            finding.expected = (policy.scopes + any).joined(separator: " and ")
            if let token { finding.found = found(of: isJWT ? issuer?.scopeClaims ?? ["scope"] : ["scope"], in: token) }
        case .routeClaims:
            finding.expected = policy.claims.map { claim in
                let word = claim.isOfWords ? "the word " : ""
                return "\(claim.name.text)\(claim.accepted.isEmpty ? "" : ": \(word)\(claim.accepted.joined(separator: " or "))")"
            }.joined(separator: "; ")
            finding.found = policy.claims.map { "\($0.name.text): \(TokenInspection.text(token?.claims[$0.name.text]))" }.joined(separator: "; ")
        }
    }

    private func describeNothing(_ finding: inout Explanation.Finding) {
        if finding.rule == .signature, finding.outcome == .failed { finding.notes = ["The token was changed, or signed by another key."] }
    }

    /// What the verifier itself says of its refusal, beside the rule that failed.
    private func tellRefusal(_ finding: inout Explanation.Finding) {
        guard finding.outcome == .failed, let detail = refusal?.detail else { return }
        finding.notes = [TokenInspection.printable(detail.description)]
    }

    /// The claims that scopes are looked for in, where there are any of them.
    private func found(of names: [String], in token: TokenInspection) -> String {
        let there = names.filter { token.claims[$0] != nil }
        guard there != ["scope"] else { return TokenInspection.text(token.claims["scope"]) }
        return there.isEmpty
            ? "none" : there.map { "\(TokenInspection.printable($0)): \(TokenInspection.text(token.claims[$0]))" }.joined(separator: "; ")
    }

    private func expect(_ finding: inout Explanation.Finding, _ expected: String?, claim: String) {
        guard token != nil else { return }
        finding.expected = expected
        finding.found = TokenInspection.text(token?.claims[claim])
    }

    private func expect(_ finding: inout Explanation.Finding, _ expected: String?, header: String) {
        finding.expected = expected
        finding.found = TokenInspection.text(token?.header[header])
    }

    private func describeTime(_ finding: inout Explanation.Finding, _ claim: String, _ relation: String) {
        guard let token else { return }
        finding.expected = "\(relation) \(Timestamp.text(now)), now"
        finding.found = token.date(claim).map { Timestamp.text($0) } ?? TokenInspection.text(token.claims[claim])
    }

    private func describeCertificate(_ finding: inout Explanation.Finding) {
        guard let summary = client.summary else { return }
        switch client.site.trust {
        case .authorities: finding.expected = "a valid path to \(client.site.authorities.map(\.subject).joined(separator: "; "))"
        case .spiffe(_, let trustDomain): finding.expected = "a workload's certificate of the SPIFFE trust domain \(trustDomain)"
        case .any: finding.expected = "any certificate"
        }
        let until = summary.window.map { ", valid until \(Timestamp.text($0.notAfter))" } ?? ""
        finding.found = "\(summary.subject.isEmpty ? "no subject" : summary.subject)\(until)"
        if finding.outcome == .passed {
            finding.notes = ["x5t#S256 \(summary.thumbprint.base64url)"] + (peer?.client.map { [$0.words] } ?? [])
        }
    }

    private func describeBinding(_ finding: inout Explanation.Finding) {
        guard let thumbprint = client.thumbprint else { return }
        finding.expected = "\(thumbprint.base64url) (this certificate)"
        guard let token else { return }
        finding.found = token.confirmation
        guard finding.outcome == .failed else { return }
        if let found = token.thumbprint {
            finding.notes = client.diagnosis?.notes(on: found) ?? []
        } else {
            finding.notes = ["The issuer has to bind the token at the token endpoint, over mutual TLS (RFC 8705 section 3)."]
        }
    }
}

extension ClientStanding {
    /// For people.
    fileprivate var words: String {
        let usable = scopes.map { $0.isEmpty ? ", which may use no scope" : ", which may use \($0.joined(separator: " "))" } ?? ""
        return "registered client \(id)\(usable)"
    }
}
