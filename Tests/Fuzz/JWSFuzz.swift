import BindingPolicy
import Foundation
import TokenValidation

/// Mutated tokens: no crash, none accepted but the originals. And well-signed nonsense: whatever is accepted means to Foundation
/// what it means to us.
enum JWSFuzz {
    static func run(cases: Int, seed: UInt64) -> FuzzReport {
        var report = FuzzReport()
        do {
            var mutator = try JWSMutator(seed: seed)
            var verifier = TokenVerifier([
                IssuerPolicy(issuer: JWSMutator.issuer, audiences: ["https://api.example.com"], algorithms: [.es256, .eddsa, .rs256, .ps256])
            ])
            verifier.replaceKeys(mutator.keys, ofIssuerAt: 0)
            for index in 0..<cases {
                report.cases += 1
                if index % 8 == 0 { try judgeNonsense(&mutator, verifier, &report) } else { judgeMutation(&mutator, verifier, &report) }
            }
        } catch {
            report.fail("no key or no signature: \(error)", input: [])
        }
        return report
    }

    private static func judgeMutation(_ mutator: inout JWSMutator, _ verifier: TokenVerifier, _ report: inout FuzzReport) {
        let token = mutator.mutated()
        let isOriginal = mutator.valid.contains(token)
        switch token.withUnsafeBytes(verifier.verify) {
        case .success:
            report.accepted += 1
            if !isOriginal { report.fail("a mutation was accepted", input: token) }
        case .failure(let refusal): if isOriginal { report.fail("a valid token was refused: \(refusal.reason.rawValue)", input: token) }
        }
    }

    private static func judgeNonsense(_ mutator: inout JWSMutator, _ verifier: TokenVerifier, _ report: inout FuzzReport) throws {
        let (token, header, claims) = try mutator.signedNonsense()
        guard case .success(let verified) = token.withUnsafeBytes(verifier.verify) else { return }
        report.accepted += 1
        guard !JSONFuzz.hasByteOrderMark(header), !JSONFuzz.hasByteOrderMark(claims) else { return }
        guard let headerMembers = members(header), let members = members(claims) else {
            return report.fail("accepted what Foundation cannot read", input: header + claims)
        }
        guard headerMembers["alg"] as? String == "ES256", headerMembers["kid"].map({ $0 as? String == "k1" }) ?? true,
            headerMembers["crit"] == nil,
            (headerMembers["typ"] as? String)?.lowercased().hasSuffix("at+jwt") == true
        else { return report.fail("accepted a header that says something else", input: header) }
        let audiences = members["aud"] as? [String] ?? (members["aud"] as? String).map { [$0] }
        let confirmation = (members["cnf"] as? [String: Any])?["x5t#S256"] as? String
        guard members["iss"] as? String == verified.issuer, members["sub"] as? String == verified.subject,
            members["client_id"] as? String == verified.clientID, members["jti"] is String, audiences == verified.audiences,
            let expiry = (members["exp"] as? NSNumber)?.doubleValue, abs(expiry - verified.expiresAt) < 0.01,
            ((members["scope"] as? String) ?? "").split(separator: " ").map(String.init) == verified.scopes,
            agrees(verified.confirmation, confirmation, hasMember: members["cnf"] != nil)
        else { return report.fail("accepted claims that say something else", input: claims) }
    }

    private static func agrees(_ ours: Confirmation, _ theirs: String?, hasMember: Bool) -> Bool {
        switch ours {
        case .absent: !hasMember
        case .certificate(let thumbprint): theirs == thumbprint.base64url
        case .unusable: hasMember
        }
    }

    private static func members(_ text: [UInt8]) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(text))) as? [String: Any]
    }
}
