import BindingPolicy
import Credentials

/// Makes the assertions by which we authenticate (RFC 7523 sections 2.2 and 3): short-lived, each used once, for one issuer.
struct AssertionSigner: Sendable {
    /// Seconds. An assertion is sent at once, so it need only outlive a difference of the clocks.
    static let lifetime = 60.0
    static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    private let signer: JWSSigner
    private let header: String

    /// The kinds that sign, in words.
    static let taken = JWSSigner.taken

    /// Nil where the key is of another kind than `taken`.
    init?(_ key: PrivateKey, keyID: String?) {
        guard let signer = JWSSigner(key) else { return nil }
        self.signer = signer
        header = signer.encodedHeader("JWT", keyID: keyID)
    }

    /// - Parameters:
    ///   - audience: the issuer, which no other can pass the assertion on to.
    ///   - identifier: never used before.
    ///   - now: seconds since 1970.
    /// - Returns: nil where the key refuses to sign.
    func assertion(of clientID: String, for audience: String, identifier: String, now: Double) -> String? {
        let client = JSONString.quoted(clientID)
        let claims = """
            {"iss":\(client),"sub":\(client),"aud":\(JSONString.quoted(audience)),"jti":\(JSONString.quoted(identifier)),\
            "iat":\(Int64(now)),"exp":\(Int64(now + Self.lifetime))}
            """
        return signer.sign(header: header, claims: claims)
    }
}
