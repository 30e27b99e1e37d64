import BindingPolicy
import Crypto
import Foundation
import Testing
import TokenValidation

@Suite("Confirmation")
struct ConfirmationTests {
    let judge = Judge()
    static let thumbprint = TokenMint.thumbprint

    func refusal(_ confirmation: String?) -> DenialReason? { judge.refusal(of: TokenMint().with(claim: "cnf", confirmation)) }

    @Test("The example of RFC 8705 appendix A has this thumbprint (MTLS-06)") func theExampleOfRFC8705AppendixAHasThisThumbprint() throws {
        let der = try #require(
            Data(
                base64Encoded: """
                    MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMG\
                    ByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EA\
                    wIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
                    """))
        #expect(Thumbprint(digest: Array(SHA256.hash(data: der)))?.base64url == Self.thumbprint)
    }

    @Test("Accepts the certificate's thumbprint and no others (MTLS-06)") func acceptsTheCertificatesThumbprintAndNoOthers() {
        #expect(refusal(#"{"x5t#S256":"\#(Self.thumbprint)"}"#) == nil)
        #expect(refusal(#"{"x5t#S256":"v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes"}"#) == .confirmationMismatch)
        #expect(Judge(certificate: "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes").refusal(of: TokenMint()) == .confirmationMismatch)
    }

    @Test("Needs a confirmation (MTLS-05)") func needsAConfirmation() {
        #expect(refusal(nil) == .confirmationMissing)
    }

    @Test(
        "Refuses other spellings (MTLS-07, MTLS-08)",
        arguments: [
            "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0=", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v1",
            "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v2", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v3",
            "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0\\n", " A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0",
            "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n76+y5v0", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n76/y5v0",
            "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0A", "", "T8Qp8fPmVYqb9iHyzQUaAbxBedY",
            "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2",
        ])
    func refusesOtherSpellings(_ value: String) {
        #expect(refusal(#"{"x5t#S256":"\#(value)"}"#) == .confirmationMalformed)
    }

    @Test(
        "Refuses lookalikes (MTLS-06, MTLS-08)",
        arguments: [
            "Wfn777VsDXE-cW3Wvzm7CuMw6D6h15KRhVqq3o80H48", "RPw_kmZqmeTEfuex99lrXnOLWS4Y2MRd8lRFGzDfyQ4",
            "a4dTl2jMuMHaSVjJ5TkYN64sQZMUxBmRjA0N761Y5V0", "H6l31tD6_m4nKKyu_MaTnrVpA1ATPuy_MGkA8JlEoWs",
        ])
    func refusesLookAlikes(_ value: String) {
        #expect(refusal(#"{"x5t#S256":"\#(value)"}"#).map { [.confirmationMismatch, .confirmationMalformed].contains($0) } == true)
    }

    @Test(
        "Names hexadecimal for base64url (MTLS-06)",
        arguments: [
            "0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd", "0380ED2F626650C840B2F263E6D2B29FAE12AB39AE5DB32B25AD27EFAD72E6FD",
            "MDM4MGVkMmY2MjY2NTBjODQwYjJmMjYzZTZkMmIyOWZhZTEyYWIzOWFlNWRiMzJiMjVhZDI3ZWZhZDcyZTZmZA",
            "03:80:ed:2f:62:66:50:c8:40:b2:f2:63:e6:d2:b2:9f:ae:12:ab:39:ae:5d:b3:2b:25:ad:27:ef:ad:72:e6:fd",
        ])
    func namesHexadecimalForBase64URL(_ value: String) {
        #expect(refusal(#"{"x5t#S256":"\#(value)"}"#) == .confirmationMalformedHex)
    }

    @Test(
        "Refuses a confirmation that is no object of strings (MTLS-10)",
        arguments: ["1", "true", "[]", #""A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0""#, #"["A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"]"#])
    func refusesAConfirmationThatIsNoObjectOfStrings(_ value: String) {
        #expect(refusal(value) == .confirmationMalformed)
        if !value.hasPrefix("\"") { #expect(refusal(#"{"x5t#S256":\#(value)}"#) == .confirmationMalformed) }
    }

    @Test("A null confirmation is none, and a null thumbprint as well (MTLS-10)") func aNullConfirmationIsNone() {
        #expect(refusal("null") == .confirmationMissing)
        #expect(refusal(#"{"x5t#S256":null}"#) == .confirmationUnsupported)
    }

    @Test(
        "Ignored members confirm nothing (MTLS-11, MTLS-21, CNF-02, DPOP-01)",
        arguments: [
            "{}", #"{"kid":"k"}"#, #"{"jwk":null}"#, #"{"jwk":{"kty":"EC"}}"#, #"{"jku":"https://x"}"#, #"{"jwe":"x"}"#, #"{"jkt":"x"}"#,
            #"{"x5t#S512":"x"}"#,
            #"{"x5t":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}"#, #"{"X5T#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}"#,
            #"{"x5t#s256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}"#, #"{"x5t#S256 ":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}"#,
            #"{"a":{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}}"#,
        ])
    func ignoredMembersConfirmNothing(_ value: String) {
        #expect(refusal(value) == .confirmationUnsupported)
    }

    @Test("Ignores unknown members beside the thumbprint (CNF-01)") func ignoresUnknownMembersBesideTheThumbprint() {
        #expect(refusal(#"{"foo":1,"x5t#S256":"\#(Self.thumbprint)","kid":"k","x5t":"T8Qp8fPmVYqb9iHyzQUaAbxBedY"}"#) == nil)
        #expect(refusal(#"{"\u00785t#S256":"\#(Self.thumbprint)"}"#) == nil)
    }

    @Test(
        "Refuses a second key that nobody would check (CNF-04, DPOP-01)",
        arguments: [#""jkt":"x""#, #""jkt":1"#, #""jwk":{"kty":"EC"}"#, #""jwe":"x""#, #""jku":"https://x""#])
    func refusesASecondKeyThatNobodyWouldCheck(_ member: String) {
        #expect(refusal(#"{"x5t#S256":"\#(Self.thumbprint)",\#(member)}"#) == .confirmationUnsupported)
        #expect(refusal(#"{\#(member),"x5t#S256":"\#(Self.thumbprint)"}"#) == .confirmationUnsupported)
    }

    @Test(
        "A second key that says nothing is none (CNF-04)",
        arguments: [#""jkt":null"#, #""jkt":"""#, #""jwk":{}"#, #""jwk":null"#, #""jwe":null"#, #""jku":"""#])
    func aSecondKeyThatSaysNothingIsNone(_ member: String) {
        #expect(refusal(#"{"x5t#S256":"\#(Self.thumbprint)",\#(member)}"#) == nil)
        #expect(refusal(#"{\#(member),"x5t#S256":"v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes"}"#) == .confirmationMismatch)
    }

    @Test("Refuses two keys in one confirmation (CNF-03)") func refusesTwoKeysInOneConfirmation() {
        #expect(refusal(#"{"jwk":{"kty":"EC"},"jku":"https://x"}"#) == .confirmationMalformed)
        #expect(refusal(#"{"jwk":{"kty":"EC"},"jwe":"x","x5t#S256":"\#(Self.thumbprint)"}"#) == .confirmationMalformed)
    }

    @Test("Refuses duplicates within the confirmation (JWT-06)") func refusesDuplicatesWithinTheConfirmation() {
        #expect(refusal(#"{"x5t#S256":"\#(Self.thumbprint)","x5t#S256":"\#(Self.thumbprint)"}"#) == .claimsMalformed)
        #expect(refusal(#"{"x5t#S256":"\#(Self.thumbprint)","\u00785t#S256":"x"}"#) == .claimsMalformed)
    }

    @Test("Ignores thumbprints in other places (MTLS-11)") func ignoresThumbprintsInOtherPlaces() {
        #expect(judge.refusal(of: TokenMint().with(claim: "cnf", nil).with(claim: "x5t#S256", "\"\(Self.thumbprint)\"")) == .confirmationMissing)
        #expect(judge.refusal(of: TokenMint().with(claim: "cnf", nil).with(header: "x5t#S256", "\"\(Self.thumbprint)\"")) == .confirmationMissing)
        #expect(
            judge.refusal(of: TokenMint().with(claim: "cnf", nil).with(claim: "CNF", #"{"x5t#S256":"\#(Self.thumbprint)"}"#)) == .confirmationMissing)
    }
}
