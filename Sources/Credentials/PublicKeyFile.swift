import COpenSSL

/// A public key as people have one: PEM or DER, by itself or in a certificate.
package enum PublicKeyFile {
    /// - Returns: DER of its SubjectPublicKeyInfo.
    package static func read(_ path: String) throws(CredentialFault) -> [UInt8] {
        let contents = try PEM.contents(of: path)
        if contents.mayBeDER, isPublicKey(contents) { return contents }
        let keys = contents.mayBeDER ? [] : try PEM(contents, of: path).blocks.filter { $0.label == "PUBLIC KEY" }
        guard let first = keys.first else {
            guard let key = try CertificateFile.read(path).first?.parsed?.publicKeyDER else {
                throw CredentialFault(path, "holds a certificate whose key cannot be read")
            }
            return key
        }
        guard keys.count == 1 else { throw CredentialFault(path, "holds \(keys.count) public keys; give each a file of its own") }
        guard isPublicKey(first.octets) else { throw CredentialFault(path, "holds a public key that cannot be read") }
        return first.octets
    }

    private static func isPublicKey(_ der: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { octets in
            var position = octets.baseAddress
            guard let key = d2i_PUBKEY(nil, &position, octets.count) else { return false }
            EVP_PKEY_free(key)
            guard let start = octets.baseAddress, let position else { return false }
            return position - start == octets.count
        }
    }
}
