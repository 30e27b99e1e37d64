import COpenSSL

/// Private key files as people have them: PEM with any text and other blocks around the key, or one key in DER; PKCS #8, PKCS #1 or
/// SEC 1; without a passphrase.
///
/// The one reader of private keys: what it takes, every use of private keys takes.
package enum PrivateKeyFile {
    /// - Returns: the keys in the file's order, at least one.
    package static func read(_ path: String) throws(CredentialFault) -> [PrivateKey] {
        let contents = try PEM.contents(of: path)
        let pem = try PEM(contents, of: path)
        guard !pem.blocks.isEmpty else { return [try single(contents, of: path)] }
        var keys: [PrivateKey] = []
        var problem: String?
        for (index, block) in pem.blocks.enumerated() where block.label.hasSuffix("PRIVATE KEY") {
            if let found = form(of: block) {
                problem = problem ?? found
                continue
            }
            do throws(PrivateKey.Fault) {
                keys.append(try PrivateKey(der: block.octets))
            } catch {
                switch error {
                case .unreadable: throw CredentialFault(path, "the private key in it (PEM block \(index + 1)) cannot be read")
                case .kind(let kind): problem = problem ?? "holds a key of a kind that is not taken, \(kind): \(KeyKind.taken) are"
                }
            }
        }
        guard keys.isEmpty else { return keys }
        throw CredentialFault(path, problem ?? "holds no private key, only \(pem.labels)")
    }

    /// The only one of a file that is not to hold another.
    package static func readOne(_ path: String) throws(CredentialFault) -> PrivateKey {
        let keys = try read(path)
        guard let key = keys.first, keys.count == 1 else {
            throw CredentialFault(path, "holds \(keys.count) private keys, and which one is meant cannot be told; leave that one")
        }
        return key
    }

    /// What is wrong with the form of the block; nil where nothing is.
    private static func form(of block: PEM.Block) -> String? {
        if block.isEncrypted || block.label == "ENCRYPTED PRIVATE KEY" { return "is encrypted; Holdfast takes only keys without a passphrase" }
        if block.label == "OPENSSH PRIVATE KEY" { return "is in OpenSSH's own form; `ssh-keygen -p -m PKCS8 -N '' -f FILE` rewrites it" }
        return nil
    }

    /// A file without PEM.
    private static func single(_ contents: [UInt8], of path: String) throws(CredentialFault) -> PrivateKey {
        guard contents.mayBeDER else { throw CredentialFault(path, "holds no private key: neither PEM nor DER") }
        do throws(PrivateKey.Fault) {
            return try PrivateKey(der: contents)
        } catch {
            if case .kind(let kind) = error {
                throw CredentialFault(path, "holds a key of a kind that is not taken, \(kind): \(KeyKind.taken) are")
            }
            if OpenSSLCertificate(der: contents) != nil { throw CredentialFault(path, "holds a certificate and no private key") }
            if case .pkcs12 = ForeignDER(contents) {
                throw CredentialFault(path, "is a PKCS #12 file; `openssl pkcs12 -nocerts -nodes` takes the key out")
            }
            if isEncrypted(contents) { throw CredentialFault(path, "is encrypted; Holdfast takes only keys without a passphrase") }
            throw CredentialFault(path, "is neither PEM nor one private key in DER")
        }
    }

    /// `EncryptedPrivateKeyInfo` (RFC 5208 section 6).
    private static func isEncrypted(_ der: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { octets in
            var position = octets.baseAddress
            guard let found = d2i_X509_SIG(nil, &position, octets.count) else { return false }
            X509_SIG_free(found)
            return true
        }
    }
}
