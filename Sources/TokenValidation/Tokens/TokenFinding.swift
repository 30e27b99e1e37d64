package import BindingPolicy

/// What is made of a token without asking anybody.
package enum TokenFinding: Sendable {
    case verified(VerifiedToken)
    case refused(TokenRefusal)
    /// The issuer must be asked, also about a JWT that was verified; its ``Introspector`` answers.
    case unknown(Inquiry)
}

/// What an issuer is to be asked. A class, so that a finding is small: there is one on every request.
package final class Inquiry: Sendable {
    package let digest: VerdictCache.Digest
    /// A JWT that was verified and must be asked about all the same.
    package let verified: VerifiedToken?
    /// Under whose keys it was verified: what they vouched for is not remembered under others.
    let seal: TrustedIssuer.Seal
    package let issuer: Issuer

    init(_ trusted: TrustedIssuer, digest: VerdictCache.Digest, verified: VerifiedToken?) {
        issuer = trusted.policy.issuer
        seal = trusted.seal
        self.digest = digest
        self.verified = verified
    }
}
