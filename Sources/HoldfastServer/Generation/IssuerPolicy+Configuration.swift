import BindingPolicy
import HoldfastConfiguration
import TokenValidation

extension IssuerPolicy {
    init(_ issuer: HoldfastConfiguration.TokenIssuer, claimNames: [ClaimName]) {
        self.init(
            issuer: issuer.issuer.text, audiences: issuer.audiences, algorithms: issuer.algorithms.compactMap(SignatureAlgorithm.init),
            type: issuer.type == .any ? .any : .accessToken, requiredClaims: issuer.requiredClaims, scopeClaims: issuer.scopesFrom,
            expiryLeeway: issuer.leeway.seconds, claimNames: claimNames, verifiesJWTs: issuer.verifiesJWTs,
            introspection: issuer.introspection.map { introspection in
                IntrospectionRule(
                    tokenPrefix: introspection.tokenPrefix.map { Array($0.utf8) }, asksAboutJWTs: introspection.tokens == .all,
                    needsAudience: issuer.audienceInAnswer == .required)
            })
    }
}

extension SignatureAlgorithm {
    init?(_ configured: HoldfastConfiguration.Algorithm) { self.init(rawValue: configured.rawValue) }
}
