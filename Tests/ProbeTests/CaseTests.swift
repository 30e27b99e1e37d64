import HTTPWire
import Testing

@testable import Probe

@Suite struct CaseTests {
    @Test func noTwoCasesShareAnIDAndNoneButTheFirstIsExpectedToPass() {
        let cases = subject().cases
        #expect(Set(cases.map(\.id)).count == cases.count)
        #expect(cases.count > 100)
        #expect(!cases.contains { $0.expectation == .passes })
        #expect(subject().baseline.expectation == .passes)
        #expect(subject().untried.count == 2)
    }

    @Test func everyRequestIsSentAsItStands() {
        let request = RawRequest(target: "/a b", lines: ["Host : x", " folded", "N\u{0}: \u{e9}"], body: "b")
        #expect(request.octets == Array("GET /a b HTTP/1.1\r\nHost : x\r\n folded\r\nN\u{0}: ".utf8) + [0xe9] + Array("\r\n\r\nb".utf8))
        #expect(RawRequest(target: "/", version: "", lines: ["never: sent"]).octets == Array("GET /\r\n".utf8))
    }

    @Test func whatIsNotGivenIsSaidToBeUntried() {
        let bare = ProbeSubject(authority: "x", path: "/", token: "opaque", seed: "s")
        #expect(bare.untried.count == 7)
        #expect(!bare.cases.contains { $0.approach.identity == .other || $0.group == .paths })
        #expect(bare.cases.contains { $0.id == "token_altered" })
    }

    @Test func aTokenIsForgedWithoutTouchingWhatItsNameDoesNotSay() throws {
        let token = subject().token
        let forged = try #require(ForgedToken(token))
        let parts = token.split(separator: ".")
        #expect(forged.withoutSignature == "\(parts[0]).\(parts[1]).")
        #expect(forged.unsigned("none").hasSuffix(".\(parts[1])."))
        #expect(Base64URL.decoded(forged.unsigned("nOnE").prefix { $0 != "." }) == Array("{\"alg\":\"nOnE\",\"typ\":\"at+jwt\"}".utf8))
        #expect(forged.altered.count == token.count && forged.altered != token)
        let rebound = try #require(forged.rebound(to: "new")).split(separator: ".")
        #expect(Base64URL.decoded(rebound[1]) == Array("{\"iss\":\"x\",\"cnf\":{\"x5t#S256\":\"new\"}}".utf8))
        #expect(rebound[2] == parts[2])
        #expect(ForgedToken("opaque") == nil && ForgedToken("a.b") == nil && ForgedToken("!.b.c") == nil)
    }

    @Test func holdfastStripsEachNameThatIsForged() throws {
        let names = ForgedNames.families.flatMap(\.names) + ForgedNames.listed
        let strips = Set(try StripList(trustedHeader: "X-Client-Cert-SHA256").strippedNames)
        for name in names {
            let folded = name.lowercased().replacing("_", with: "-")
            let covered = strips.contains { entry in
                entry.hasSuffix("*") ? folded.hasPrefix(entry.dropLast()) : folded.replacing("$", with: "-") == entry
            }
            #expect(covered || folded.hasPrefix("$ws"), "\(name)")
        }
    }

    @Test func everyNameThatHoldfastStripsIsForged() {
        #expect(ForgedNames.listed.count == StripListNames.all.count)
        let forged = subject().cases.flatMap { attempt -> [String] in
            guard case .hidden(let fields) = attempt.expectation else { return [] }
            return fields.map(\.name)
        }
        #expect(Set(ForgedNames.listed).isSubset(of: forged))
    }
}
