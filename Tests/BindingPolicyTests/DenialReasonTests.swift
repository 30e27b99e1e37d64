import BindingPolicy
import Testing

@Suite("Reasons of refusal")
struct DenialReasonTests {
    @Test("Every code is unique and made of lower-case words, fit for a metric's label")
    func codes() {
        let codes = DenialReason.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count)
        for code in codes {
            #expect(code.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }, "\(code)")
        }
    }

    @Test("Every reason has the answer of decision table C", arguments: DenialReason.allCases)
    func answers(reason: DenialReason) {
        let expected: DenialReason.Answer =
            switch reason {
            case .credentialsMissing, .schemeUnsupported: .challenge
            case .credentialsMalformed, .credentialsDuplicated, .credentialsInTwoPlaces: .invalidRequest
            case .authenticationInsufficient, .authenticationTooOld: .insufficientAuthentication
            case .scopeInsufficient, .claimInsufficient: .insufficientScope
            case .certificateMissing, .certificateDenied, .certificateInsufficient, .clientUnknown, .clientAmbiguous, .scopeNotForClient:
                .forbidden
            case .pathAmbiguous: .badRequest
            case .keysUnavailable, .introspectionUnavailable: .unavailable
            default: .invalidToken
            }
        #expect(reason.answer == expected)
    }

    @Test("Every explanation can stand in a quoted string and in JSON as it is (RFC 6750 section 3)", arguments: DenialReason.allCases)
    func explanations(reason: DenialReason) {
        #expect(!reason.explanation.isEmpty)
        #expect(reason.explanation.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c })
    }
}
