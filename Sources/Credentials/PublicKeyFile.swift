/// A public key as people have one: PEM or DER, by itself or in a certificate.
package enum PublicKeyFile {
    /// - Returns: DER of its SubjectPublicKeyInfo.
    package static func read(_ path: String) throws(CredentialFault) -> [UInt8] {
        let contents = try PEM.contents(of: path)
        if contents.mayBeDER, OpenSSLKey(publicKey: contents) != nil { return contents }
        let keys = contents.mayBeDER ? [] : try PEM(contents, of: path).blocks.filter { $0.label == "PUBLIC KEY" }
        guard let first = keys.first else {
            guard let key = try CertificateFile.read(path).first?.parsed?.publicKeyDER else {
                throw CredentialFault(path, "holds a certificate whose key cannot be read")
            }
            return key
        }
        guard keys.count == 1 else { throw CredentialFault(path, "holds \(keys.count) public keys; give each a file of its own") }
        guard OpenSSLKey(publicKey: first.octets) != nil else { throw CredentialFault(path, "holds a public key that cannot be read") }
        return first.octets
    }
}
