import HoldfastConfiguration
import TokenValidation

extension IssuerPolicy {
    init(_ issuer: HoldfastConfiguration.TokenIssuer, claimNames: [String]) {
        self.init(
            issuer: issuer.issuer.text, audiences: issuer.audiences, algorithms: issuer.algorithms.compactMap(SignatureAlgorithm.init),
            type: issuer.type == .any ? .any : .accessToken, expiryLeeway: issuer.leeway.seconds, claimNames: claimNames,
            verifiesJWTs: issuer.verifiesJWTs,
            introspection: issuer.introspection.map { IntrospectionRule(tokenPrefix: $0.tokenPrefix.map { Array($0.utf8) }) })
    }
}

extension SignatureAlgorithm {
    init?(_ configured: HoldfastConfiguration.Algorithm) { self.init(rawValue: configured.rawValue) }
}
