package import NIOSSL

/// Certificate files as people have them: PEM with any number of certificates and any text around them, or one in DER.
///
/// The one reader of certificates: what it takes, every use of certificates takes.
package enum CertificateFile {
    /// - Returns: the certificates in the file's order, at least one.
    package static func read(_ path: String) throws(CredentialFault) -> [Certificate] {
        let contents = try PEM.contents(of: path)
        if contents.mayBeDER, OpenSSLCertificate(der: contents) != nil { return [try Certificate(der: contents, position: 1, of: path)] }
        let pem = try PEM(contents, of: path)
        var certificates: [Certificate] = []
        for block in pem.blocks {
            switch block.label {
            case "CERTIFICATE", "X509 CERTIFICATE":
                certificates.append(try Certificate(der: block.octets, position: certificates.count + 1, of: path))
            case "TRUSTED CERTIFICATE":
                throw CredentialFault(path, "holds a TRUSTED CERTIFICATE, OpenSSL's own form; `openssl x509` makes a plain one of it")
            default: continue
            }
        }
        guard !certificates.isEmpty else { throw CredentialFault(path, absence(in: contents, pem)) }
        return certificates
    }

    private static func absence(in contents: [UInt8], _ pem: PEM) -> String {
        if !pem.blocks.isEmpty {
            let hint = pem.labels.contains("PKCS7") ? "; `openssl pkcs7 -print_certs` takes the certificates out of a PKCS7 block" : ""
            return "holds no certificate, only \(pem.labels)\(hint)"
        }
        guard contents.mayBeDER else { return "holds no certificate: neither PEM nor DER" }
        return switch ForeignDER(contents) {
        case .pkcs12: "is a PKCS #12 file; `openssl pkcs12 -nokeys` takes the certificates out"
        case .privateKey: "holds a private key and no certificate"
        case nil: "is neither PEM nor one certificate in DER"
        }
    }
}

/// One certificate of a file, which both OpenSSL and BoringSSL can read.
package struct Certificate: Sendable {
    /// As written and not encoded anew.
    package let der: [UInt8]
    package let forTLS: NIOSSLCertificate

    /// - Parameter position: in its file, from 1 on.
    package init(der: [UInt8], position: Int, of path: String) throws(CredentialFault) {
        guard OpenSSLCertificate(der: der) != nil else { throw CredentialFault(path, "certificate \(position) in it cannot be read") }
        do { forTLS = try NIOSSLCertificate(bytes: der, format: .der) } catch {
            throw CredentialFault(path, "certificate \(position) in it cannot be used for TLS")
        }
        self.der = der
    }

    package var parsed: OpenSSLCertificate? { OpenSSLCertificate(der: der) }
}
