import BindingPolicy
import Crypto
import CryptoExtras
import Foundation
import TokenValidation

/// A pretended issuer with a key of each kind, and tokens of it that are right, nearly right, or rightly signed nonsense.
struct JWSMutator {
    static let issuer = "https://as.example.com"

    let keys: KeySet
    let valid: [[UInt8]]
    private let p256 = P256.Signing.PrivateKey()
    private(set) var random: SplitMix64
    private var json: JSONMutator

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        json = JSONMutator(seed: seed &+ 1)
        let ed25519 = Curve25519.Signing.PrivateKey()
        let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        keys = try Self.keySet(p256, ed25519, rsa)
        let p256 = p256
        var tokens = [try Self.token("EdDSA", "k2") { try ed25519.signature(for: $0) }]
        tokens.append(try Self.token("RS256", "k3") { try rsa.signature(for: SHA256.hash(data: $0), padding: .insecurePKCS1v1_5).rawRepresentation })
        tokens.append(try Self.token("PS256", "k3") { try rsa.signature(for: SHA256.hash(data: $0), padding: .PSS).rawRepresentation })
        tokens.append(try Self.token("ES256", "k1") { try p256.signature(for: $0).rawRepresentation })
        valid = tokens
    }

    private static func keySet(
        _ p256: P256.Signing.PrivateKey, _ ed25519: Curve25519.Signing.PrivateKey, _ rsa: _RSA.Signing.PrivateKey
    ) throws -> KeySet {
        let point = p256.publicKey.rawRepresentation
        let numbers = try rsa.publicKey.getKeyPrimitives()
        let keys = [
            #"{"kty":"EC","crv":"P-256","kid":"k1","x":"\#(Base64URL.encode(point.prefix(32)))","y":"\#(Base64URL.encode(point.suffix(32)))"}"#,
            #"{"kty":"OKP","crv":"Ed25519","kid":"k2","x":"\#(Base64URL.encode(ed25519.publicKey.rawRepresentation))"}"#,
            #"{"kty":"RSA","kid":"k3","n":"\#(Base64URL.encode(numbers.modulus))","e":"\#(Base64URL.encode(numbers.publicExponent))"}"#,
        ]
        return try KeySet(Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8))
    }

    private static let claims =
        #"{"iss":"\#(issuer)","aud":["https://api.example.com"],"sub":"s","client_id":"c","exp":1900000300,"iat":1899999990,"jti":"j","scope":"a b","cnf":{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}}"#

    private static func header(_ algorithm: String, _ kid: String) -> String { #"{"typ":"at+jwt","alg":"\#(algorithm)","kid":"\#(kid)"}"# }

    private static func token(_ algorithm: String, _ kid: String, _ sign: (Data) throws -> Data) throws -> [UInt8] {
        try signed(Array(header(algorithm, kid).utf8), Array(claims.utf8), sign)
    }

    private static func signed(_ header: [UInt8], _ claims: [UInt8], _ sign: (Data) throws -> Data) throws -> [UInt8] {
        let input = Base64URL.encode(header) + "." + Base64URL.encode(claims)
        return Array((input + "." + Base64URL.encode(try sign(Data(input.utf8)))).utf8)
    }

    /// A changed token with no new signature; now and then an unchanged one.
    mutating func mutated() -> [UInt8] {
        var octets = random.pick(valid)
        if random.oneIn(256) { return octets }
        switch random.below(4) {
        case 0: splice(&octets)
        case 1: recode(&octets)
        default: for _ in 0..<1 + random.below(2) { mutate(&octets) }
        }
        return octets
    }

    /// Claims as they may come, signed as they ought to be.
    mutating func signedNonsense() throws -> (token: [UInt8], header: [UInt8], claims: [UInt8]) {
        let p256 = p256
        let header = random.oneIn(3) ? json.mutated(Array(Self.header("ES256", "k1").utf8)) : Array(Self.header("ES256", "k1").utf8)
        let claims = json.mutated(Array(Self.claims.utf8))
        return (try Self.signed(header, claims) { try p256.signature(for: $0).rawRepresentation }, header, claims)
    }

    private mutating func mutate(_ octets: inout [UInt8]) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_..=+/ \n".utf8)
        let at = random.below(octets.count)
        let length = min(1 + random.below(8), octets.count - at)
        switch random.below(6) {
        case 0: octets[at] = random.pick(alphabet)
        case 1: octets[at] ^= 1 << UInt8(random.below(8))
        case 2: octets.removeSubrange(at..<at + length)
        case 3: octets.insert(contentsOf: octets[at..<at + length], at: random.below(octets.count))
        case 4: octets.insert(random.pick(alphabet), at: at)
        default: octets[octets.count - 1 - random.below(4)] = random.pick(alphabet)
        }
        if octets.isEmpty { octets = [UInt8(ascii: ".")] }
    }

    /// Parts of two tokens put together, in some order, perhaps too many of them.
    private mutating func splice(_ octets: inout [UInt8]) {
        let parts = octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            + random.pick(valid).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let count = random.oneIn(4) ? random.below(6) : 3
        octets = Array((0..<count).map { _ in random.pick(parts) }.joined(separator: [UInt8(ascii: ".")]))
    }

    /// One part decoded, changed as JSON is, and encoded again.
    private mutating func recode(_ octets: inout [UInt8]) {
        var parts = octets.split(separator: UInt8(ascii: ".")).map { Array($0) }
        let index = random.below(parts.count)
        guard let decoded = parts[index].withUnsafeBytes({ Base64URL.decode($0) }) else { return }
        parts[index] = Array(Base64URL.encode(json.mutated(decoded)).utf8)
        octets = Array(parts.joined(separator: [UInt8(ascii: ".")]))
    }
}
