/// Why a published key cannot verify tokens. What the key says of itself is in it as it may be shown: short and printable.
package enum JWKFault: Error, Equatable, Sendable {
    case notAnObject
    case duplicateMember
    /// A symmetric key.
    case symmetric
    /// A member of a private key.
    case secret(String)
    case missing(String)
    case notText(String)
    case keyIDTooLong
    case keyType(String)
    case use(String)
    case operations
    case algorithm(String)
    /// Of the kind of key, or of its curve.
    case algorithmOfAnotherKind(String)
    case curve(String)
    /// A number that is no base64url, or not of the length it must have.
    case number(String)
    case point
    /// Bits of the modulus.
    case modulus(Int)
    case rsaNumbers

    /// Somebody published a secret.
    package var isSecret: Bool {
        switch self {
        case .symmetric, .secret: true
        default: false
        }
    }

    /// Whether nothing is wrong with it: it is only for other purposes, or of a kind that others know.
    package var isOrdinary: Bool {
        switch self {
        case .use, .operations, .keyType, .algorithm, .curve: true
        default: false
        }
    }

    /// Follows "because".
    package var words: String {
        switch self {
        case .notAnObject: "it is no JSON object"
        case .duplicateMember: "a member of it is there twice"
        case .symmetric: "it is a symmetric key (`kty` oct), with which whoever reads it can sign"
        case .secret(let member): "its private part (`\(member)`) is published with it, so that whoever reads it can sign"
        case .missing(let member): "it has no `\(member)`"
        case .notText(let member): "its `\(member)` is no text"
        case .keyIDTooLong: "its `kid` is longer than \(JOSEHeader.maximumKeyID) octets"
        case .keyType(let found): "its `kty` is `\(found)`, where RSA, EC and OKP are possible"
        case .use(let found): "its `use` is `\(found)`, where `sig` is needed"
        case .operations: "its `key_ops` have no `verify`"
        case .algorithm(let found): "its `alg` is `\(found)`, which is not supported"
        case .algorithmOfAnotherKind(let found): "its `alg` is `\(found)`, which is for another kind of key"
        case .curve(let found): "its `crv` is `\(found)`, which is not supported for its `kty`"
        case .number(let member): "its `\(member)` is not base64url without padding, or not as long as it must be"
        case .point: "its `x` and `y` are no point of its curve"
        case .modulus(let bits):
            "its modulus has \(bits) bits, where \(JSONWebKey.rsaBits.lowerBound) to \(JSONWebKey.rsaBits.upperBound) are possible"
        case .rsaNumbers: "its `n` and `e` are no numbers of an RSA key that is safe to use"
        }
    }
}
