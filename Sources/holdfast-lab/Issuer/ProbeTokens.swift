/// The tokens that `holdfast probe --lab` takes from the lab's folder: a good one, and one for each way to be bad.
enum ProbeTokens {
    /// - Parameter directory: of `holdfast-lab pki`: the good token is bound to client-a, and all that is wrong with each other is its name.
    static func write(to directory: LabDirectory, from mint: AccessTokenMint) throws {
        let thumbprint = try directory.chain("client-a").certificate.thumbprint
        func claims(bound: Bool = true, expiresIn: Int? = nil) -> [String: JSONValue] {
            mint.claims(
                client: "client-a", scope: "accounts:read payments:write", audience: mint.audiences.first ?? "",
                thumbprint: bound ? thumbprint : nil, expiresIn: expiresIn)
        }
        let kinds: [(name: String, claims: [String: JSONValue])] = [
            ("bound", claims()), ("unbound", claims(bound: false)), ("expired", claims(expiresIn: -60)),
            ("wrong-audience", claims().overridden(by: ["aud": .string("https://other.example.com")])),
            ("endless", claims().overridden(by: ["exp": .null])),
        ]
        for kind in kinds {
            try directory.write(try mint.sign(kind.claims, with: try mint.ring.signer(nil)) + "\n", to: "\(kind.name).token", mode: 0o600)
        }
    }
}
