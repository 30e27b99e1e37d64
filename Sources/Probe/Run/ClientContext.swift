import CTLSClient

/// What is wrong with something that the probe was given.
package struct ProbeFault: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A certificate chain and its key, as OpenSSL holds them: a context that shows them, or shows nothing.
final class ClientContext {
    let pointer: OpaquePointer

    /// - Parameter authorities: PEM; nil: the system's.
    init(authorities: String?) throws(ProbeFault) {
        guard let pointer = SSL_CTX_new(TLS_client_method()) else { throw ProbeFault("OpenSSL made no context.") }
        self.pointer = pointer
        let loaded = authorities.map { SSL_CTX_load_verify_locations(pointer, $0, nil) } ?? SSL_CTX_set_default_verify_paths(pointer)
        guard loaded == 1 else {
            throw ProbeFault("\(authorities ?? "The system's authorities"): no certificates of authorities, in PEM, can be read.")
        }
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    }

    deinit { SSL_CTX_free(pointer) }

    func show(certificate: String, key: String) throws(ProbeFault) {
        guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw ProbeFault("\(certificate): no certificate, in PEM, can be read.")
        }
        guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else {
            throw ProbeFault("\(key): no private key, in PEM, can be read, or it is not that of \(certificate).")
        }
    }

    private var leaf: OpaquePointer? { SSL_CTX_get0_certificate(pointer) }

    /// The SHA-256 of the certificate that is shown, and its SHA-1, by which some proxies name it.
    var digests: [[UInt8]] {
        guard let leaf else { return [] }
        return [EVP_sha256(), EVP_sha1()].compactMap { algorithm in
            var octets = [UInt8](repeating: 0, count: 64)
            var count: UInt32 = 0
            return X509_digest(leaf, algorithm, &octets, &count) == 1 ? Array(octets.prefix(Int(count))) : nil
        }
    }

    /// Shows a copy of another context's certificate: the same names and extensions over a new key, signed by that key.
    func showCopy(of other: ClientContext) throws(ProbeFault) {
        guard let leaf = other.leaf, let key = holdfast_new_p256_key() else { throw ProbeFault("No certificate to copy.") }
        defer { EVP_PKEY_free(key) }
        guard let copy = X509_dup(leaf) else { throw ProbeFault("The certificate cannot be copied.") }
        defer { X509_free(copy) }
        guard X509_set_issuer_name(copy, X509_get_subject_name(leaf)) == 1, X509_set_pubkey(copy, key) == 1,
            X509_sign(copy, key, EVP_sha256()) > 0, SSL_CTX_use_certificate(pointer, copy) == 1, SSL_CTX_use_PrivateKey(pointer, key) == 1
        else { throw ProbeFault("The certificate cannot be copied.") }
    }
}
