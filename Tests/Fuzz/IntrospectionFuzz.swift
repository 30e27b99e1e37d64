import BindingPolicy
import Foundation
import HTTPWire
import TokenValidation

/// What issuers say of tokens, plain and signed, as they ought not to say it; which issuer is asked about which octets; and what
/// holds by two accounts of one token. A quarter of the cases each.
enum IntrospectionFuzz {
    static func run(cases: Int, seed: UInt64, _ report: inout FuzzReport) {
        do {
            var answers = try AnswerFuzz(seed: seed)
            var choice = try IssuerChoiceFuzz(seed: seed)
            var agreement = AgreementFuzz(seed: seed)
            for index in 0..<cases {
                switch index % 4 {
                case 0: answers.plain(&report)
                case 1: try answers.signed(&report, isNonsense: index % 16 == 1)
                case 2: choice.judge(&report)
                default: agreement.judge(&report)
                }
            }
        } catch {
            report.fail("no key or no signature: \(error)", input: [])
        }
    }
}

/// Mutated answers: active only where Foundation reads a literal `active: true`, and then with the same facts.
struct AnswerFuzz {
    private static let now = 1_900_000_000.0
    private static let policy = IssuerPolicy(
        issuer: JWSFuzz.names[0], audiences: [JWSFuzz.audience], scopeClaims: ["scope", "scp"], claimNames: JWSFuzz.claimNames,
        introspection: IntrospectionRule())
    private let response: IntrospectionResponse
    private let keys: KeySet
    private let contents: [[IssuedToken.Member]]
    private var mutator: TokenMutator

    init(seed: UInt64) throws {
        let settings = IntrospectionSettings(
            endpoint: .url(try HTTPURL("https://as.example.com/introspect")), clientID: "holdfast", signedResponse: true,
            responseAlgorithms: [.es256, .eddsa, .rs256])
        response = IntrospectionResponse(policy: Self.policy, settings: settings)
        let issuer = try PretendedIssuer(name: JWSFuzz.names[0])
        keys = try issuer.keySet()
        let active = [(name: "active", value: "true")]
        contents = [
            active, active + JWSFuzz.claims(of: JWSFuzz.names[0]), active + JWSFuzz.furtherClaims + [("username", #""u""#), ("active2", "false")],
            [("active", "false")],
        ]
        var answers: [IssuedToken] = []
        for signer in issuer.signers where response.settings.responseAlgorithms.contains(signer.algorithm) {
            for content in contents {
                let header = [
                    ("typ", #""token-introspection+jwt""#), ("alg", "\"\(signer.algorithm.rawValue)\""), ("kid", "\"\(signer.keyID)\""),
                ]
                let envelope = [
                    ("iss", "\"\(JWSFuzz.names[0])\""), ("aud", #""holdfast""#), ("iat", "1900000000"),
                    ("token_introspection", IssuedToken.text(content)),
                ]
                answers.append(try IssuedToken(header, envelope, issuer: 0, signer))
            }
        }
        mutator = TokenMutator(answers, seed: seed)
    }

    // MARK: Plain (RFC 7662 section 2.2)

    mutating func plain(_ report: inout FuzzReport) {
        let index = mutator.below(contents.count)
        let isChanged = mutator.below(64) > 0
        let json = isChanged ? mutator.changed(contents[index]) : Array(IssuedToken.text(contents[index]).utf8)
        report.begin(json)
        let outcome = response.read(json)
        switch outcome {
        case .failed, .keysStale: if !isChanged { report.fail("a valid answer is none", input: json) }
        case .active, .refused: judge(outcome, ReferenceJSON.object(json), json, isComparable: ClaimsReference.isComparable(json), &report)
        }
    }

    /// - Parameter reference: the answer by Foundation's reading.
    private func judge(
        _ outcome: IntrospectionResponse.Outcome, _ reference: [String: Any]?, _ input: [UInt8], isComparable: Bool, _ report: inout FuzzReport
    ) {
        if ReferenceJSON.hasDuplicates(input) { report.fail("accepted duplicates", input: input) }
        guard isComparable else { return }
        guard let reference else { return report.fail("accepted what Foundation cannot read", input: input) }
        switch outcome {
        case .active(let token, let saysScopes):
            report.accepted += 1
            if !ReferenceJSON.isTrue(reference["active"]) { report.fail("active without a literal true", input: input) }
            if saysScopes != Self.policy.scopeClaims.contains(where: { reference[$0].map { !($0 is NSNull) } ?? false }) {
                report.fail("mistaken about whether there is a scope", input: input)
            }
            if let difference = ClaimsReference.difference(token, reference, Self.policy, isAnswer: true) {
                report.fail("active, and \(difference) says something else", input: input)
            }
        case .refused(let refusal): judge(refusal.reason, reference, input, &report)
        case .failed, .keysStale: report.fail("refused for a reason that is none", input: input)
        }
    }

    private func judge(_ reason: DenialReason, _ reference: [String: Any], _ input: [UInt8], _ report: inout FuzzReport) {
        switch reason {
        case .tokenInactive:
            report.counts["inactive", default: 0] += 1
            if ReferenceJSON.boolean(reference["active"]) != false { report.fail("inactive without a literal false", input: input) }
        case .issuerUnknown:
            if (reference["iss"] as? String)?.utf8.elementsEqual(Self.policy.issuer.name.utf8) ?? true {
                report.fail("its own issuer is unknown", input: input)
            }
        case .typeNotAccepted:
            report.counts["of another kind", default: 0] += 1
            let foreign = ["at_hash", "c_hash", "s_hash", "events", "token_introspection"].contains { !ClaimsReference.isVoid(reference[$0]) }
            let loose = ["tokenName", "purpose"].contains { !ClaimsReference.isVoid(reference[$0]) }
            if !foreign, !loose, ClaimsReference.otherKind(reference, isAnswer: true) == nil { report.fail("of a kind that is ours", input: input) }
        default: report.fail("refused for a reason that is none", input: input)
        }
    }

    // MARK: Signed (RFC 9701 section 5)

    mutating func signed(_ report: inout FuzzReport, isNonsense: Bool) throws {
        guard isNonsense else { return judgeMutation(&report) }
        let (text, _, header, claims) = try mutator.signedNonsense()
        report.begin(text)
        let outcome = response.read(signed: text, keys: keys, now: Self.now)
        switch outcome {
        case .failed, .keysStale: return
        case .active, .refused: break
        }
        let isComparable = ClaimsReference.isComparable(header) && ClaimsReference.isComparable(claims)
        let envelope = ReferenceJSON.object(claims)
        if isComparable, !isRight(ReferenceJSON.object(header), envelope) { report.fail("the envelope is wrong", input: header + claims) }
        judge(outcome, envelope?["token_introspection"] as? [String: Any], claims, isComparable: isComparable, &report)
    }

    /// Whoever has no key of the issuer's changes nothing of what it said.
    private mutating func judgeMutation(_ report: inout FuzzReport) {
        let text = mutator.mutated()
        report.begin(text)
        let isIssued = mutator.source(of: text) != nil
        switch response.read(signed: text, keys: keys, now: Self.now) {
        case .failed, .keysStale: if isIssued { report.fail("a valid signed answer is none", input: text) }
        case .active, .refused:
            report.accepted += 1
            if !isIssued { report.fail("a mutation of a signed answer was believed", input: text) }
        }
    }

    private func isRight(_ header: [String: Any]?, _ envelope: [String: Any]?) -> Bool {
        guard let header, let envelope, HeaderReference.mediaType(header["typ"]) == "token-introspection+jwt", header["crit"] == nil,
            let algorithm = SignatureAlgorithm(named: header["alg"] as? String ?? ""), response.settings.responseAlgorithms.contains(algorithm),
            (envelope["iss"] as? String)?.utf8.elementsEqual(Self.policy.issuer.name.utf8) == true,
            let issuedAt = ReferenceJSON.number(envelope["iat"]), abs(issuedAt - Self.now) <= IntrospectionResponse.longestAge
        else { return false }
        let audiences = envelope["aud"] as? [String] ?? (envelope["aud"] as? String).map { [$0] } ?? []
        return audiences.contains(response.settings.clientID) || audiences.contains(JWSFuzz.audience)
    }
}
