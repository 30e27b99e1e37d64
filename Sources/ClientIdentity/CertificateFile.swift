import COpenSSL

/// Certificate files as people have them: PEM with any number of certificates and any text around them, or one in DER.
package enum CertificateFile {
    /// - Returns: the DER of each certificate in the file's order, at least one, as written and not re-encoded.
    package static func read(_ path: String) throws(CredentialFault) -> [[UInt8]] {
        try certificates(in: FileContents.read(path), of: path)
    }

    static func certificates(in contents: [UInt8], of path: String) throws(CredentialFault) -> [[UInt8]] {
        // A DER certificate starts with a SEQUENCE; PEM is text.
        if contents.first == 0x30 {
            guard OpenSSLCertificate(der: contents) != nil else {
                throw CredentialFault(path, "is neither PEM nor one certificate in DER")
            }
            return [contents]
        }
        let blocks = try pemBlocks(in: contents, of: path)
        var certificates = [[UInt8]]()
        for block in blocks {
            switch block.label {
            case "CERTIFICATE", "X509 CERTIFICATE":
                guard OpenSSLCertificate(der: block.octets) != nil else {
                    throw CredentialFault(path, "certificate \(certificates.count + 1) in it cannot be read")
                }
                certificates.append(block.octets)
            case "TRUSTED CERTIFICATE":
                throw CredentialFault(path, "holds a TRUSTED CERTIFICATE, OpenSSL's own form; `openssl x509` makes a plain one of it")
            default:
                continue
            }
        }
        guard !certificates.isEmpty else {
            throw CredentialFault(path, blocks.isEmpty ? "holds no certificate: neither PEM nor DER" : "holds no certificate")
        }
        return certificates
    }

    private static func pemBlocks(in contents: [UInt8], of path: String) throws(CredentialFault) -> [(label: String, octets: [UInt8])] {
        guard let count = Int32(exactly: contents.count), let input = BIO_new(BIO_s_mem()) else {
            throw CredentialFault(path, "cannot be read: out of memory")
        }
        defer {
            BIO_free(input)
            ERR_clear_error()
        }
        guard BIO_write(input, contents, count) == count else { throw CredentialFault(path, "cannot be read: out of memory") }
        ERR_clear_error()
        var blocks = [(label: String, octets: [UInt8])]()
        while true {
            var label: UnsafeMutablePointer<CChar>?
            var header: UnsafeMutablePointer<CChar>?
            var data: UnsafeMutablePointer<UInt8>?
            var length = 0
            guard PEM_read_bio(input, &label, &header, &data, &length) == 1 else {
                guard holdfast_error_is_end_of_pem(ERR_peek_last_error()) != 0 else {
                    throw CredentialFault(path, "PEM block \(blocks.count + 1) in it is damaged")
                }
                return blocks
            }
            if let label, let data {
                blocks.append((String(cString: label), [UInt8](UnsafeBufferPointer(start: data, count: length))))
            }
            CRYPTO_free(label, nil, 0)
            CRYPTO_free(header, nil, 0)
            // Keys may stand in the same file, so what was read is wiped.
            CRYPTO_clear_free(data, length, nil, 0)
        }
    }
}
