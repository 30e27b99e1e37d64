import ArgumentParser

/// The signature algorithms of RFC 7518 section 3.1 and RFC 8037 that the issuer can sign with.
enum SigningAlgorithm: String, CaseIterable, Codable, ExpressibleByArgument, Sendable {
    case RS256, RS384, RS512
    case PS256, PS384, PS512
    case ES256, ES384, ES512
    case EdDSA
}
