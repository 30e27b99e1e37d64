import BindingPolicy
import Foundation
import HTTPWire
import NIOCore
import ProxyEngine
import Testing

@Suite("A refusal on the wire")
struct RefusalTests {
    private let terms = ChallengeTerms(realm: "r", metadata: nil)

    private func text(_ refusal: Refusal, isHead: Bool = false, closing: Bool = false) -> String {
        var out = ByteBuffer()
        refusal.write(into: &out, fields: Array("Date: D\r\n".utf8), isHead: isHead, closing: closing)
        return String(buffer: out)
    }

    @Test("carries the status, one reason code and a challenge as the decision table says (PD-01, PD-02)", arguments: DenialReason.allCases)
    func decisionTable(reason: DenialReason) {
        let text = text(Refusal(Denial(reason, requiredScope: "a b", requiredACR: "gold", requiredAge: 60), terms))
        let expected: (status: String, challenge: String?) =
            switch reason.answer {
            case .challenge: ("401", "WWW-Authenticate: Bearer realm=\"r\"\r\n")
            case .invalidRequest: ("400", "error=\"invalid_request\"")
            case .invalidToken: ("401", "error=\"invalid_token\"")
            case .insufficientAuthentication: ("401", "error=\"insufficient_user_authentication\"")
            case .insufficientScope: ("403", "error=\"insufficient_scope\"")
            case .forbidden: ("403", nil)
            case .badRequest: ("400", nil)
            case .unavailable: ("503", nil)
            }
        #expect(text.hasPrefix("HTTP/1.1 \(expected.status) "))
        #expect(text.contains("\"status\":\(expected.status),"))
        #expect(text.contains("\"reason\":\"\(reason.rawValue)\""))
        #expect(text.contains("Content-Type: application/problem+json\r\n"))
        #expect(text.contains("WWW-Authenticate") == (expected.challenge != nil))
        if let challenge = expected.challenge { #expect(text.contains(challenge)) }
        #expect(text.contains("Retry-After") == (reason.answer == .unavailable))
        #expect(text.contains("scope=\"a b\"") == (reason.answer == .insufficientScope))
        #expect(text.contains("acr_values=\"gold\", max_age=\"60\"") == (reason.answer == .insufficientAuthentication))
    }

    @Test("points at the resource's metadata in every challenge, where there is such a document (PRM-08)", arguments: DenialReason.allCases)
    func metadata(reason: DenialReason) {
        let url = "https://api.example.com/.well-known/oauth-protected-resource"
        let text = text(Refusal(Denial(reason), ChallengeTerms(realm: "r", metadata: url)))
        #expect(text.contains("resource_metadata=\"\(url)\"") == text.contains("WWW-Authenticate"))
    }

    @Test("is JSON in every ecosystem's form, with its reason and nothing else of ours (PD-01)", arguments: [ErrorBody.problem, .uk, .brazil, .cdr])
    func forms(form: ErrorBody) throws {
        for reason in DenialReason.allCases {
            var out = ByteBuffer()
            Refusal(Denial(reason), terms).write(into: &out, fields: [], as: form, isHead: false, closing: false)
            let body = try #require(String(buffer: out).parts(separatedBy: "\r\n\r\n").last)
            let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            #expect(body.contains(reason.rawValue))
            switch form {
            case .problem: #expect(object?["status"] is Int)
            case .uk: #expect(object?["Code"] is String && (object?["Errors"] as? [[String: String]])?.first?["ErrorCode"] != nil)
            case .brazil: #expect((object?["meta"] as? [String: Any])?["requestDateTime"] is String)
            case .cdr:
                let error = try #require((object?["errors"] as? [[String: String]])?.first)
                #expect(Set(error.keys) == ["code", "title", "detail"])
                #expect(error["code"]?.hasPrefix("urn:au-cds:error:cds-all:") == true)
            }
        }
    }

    @Test("has an explanation that no quoted-string or JSON text would have to escape", arguments: DenialReason.allCases)
    func explanations(reason: DenialReason) {
        for octet in reason.explanation.utf8 {
            #expect((0x20...0x7e).contains(octet) && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\"))
        }
    }

    @Test("tells its length truly, and sends the same fields without a body for HEAD")
    func lengths() throws {
        let refusal = Refusal(Denial(.confirmationMismatch), terms)
        let whole = text(refusal)
        let parts = whole.parts(separatedBy: "\r\n\r\n")
        let fields = try #require(parts.first)
        let digits = fields.parts(separatedBy: "Content-Length: ").last?.prefix { ("0"..."9").contains($0) }
        let length = Int(digits ?? "")
        #expect(length == parts.last?.utf8.count)
        #expect(text(refusal, isHead: true) == fields + "\r\n\r\n")
    }

    @Test("closes the connection after a message that could not be parsed for certain", arguments: WireFault.allCases)
    func wireFaults(fault: WireFault) {
        let refusal = Refusal(fault)
        #expect(refusal.closes)
        #expect(refusal.status == fault.status)
        #expect(refusal.challenge == nil)
        #expect(text(refusal, closing: true).contains("Connection: close\r\n"))
    }

    @Test("has a title for every status it can have")
    func titles() {
        let upstream: [UpstreamFault] = [.timeout, .connectTimeout, .saturated, .closed, .nonsense(.bareLF), .untrusted("cert_expired")]
        let statuses = Set(WireFault.allCases.map(\.status) + upstream.map(\.status))
        for refusal in WireFault.allCases.map({ Refusal($0) }) + upstream.map({ Refusal($0) }) {
            #expect(!text(refusal).contains("\"title\":\"Error\""))
        }
        #expect(statuses.isSuperset(of: [400, 414, 431, 501, 502, 504, 505]))
    }
}

extension String {
    fileprivate func parts(separatedBy separator: String) -> [String] {
        var rest = self[...]
        var parts: [String] = []
        while let found = rest.firstRange(of: separator) {
            parts.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return parts + [String(rest)]
    }
}
