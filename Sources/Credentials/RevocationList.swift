import COpenSSL

/// A certificate revocation list (RFC 5280 section 5), owned: OpenSSL's `X509_CRL` and what a person wants to know of it.
///
/// Immutable after its making: its entries are sorted then, which OpenSSL would else do, under a lock, at the first question.
package final class RevocationList: @unchecked Sendable {
    package let pointer: OpaquePointer
    /// RFC 2253 text.
    package let issuer: String
    /// Seconds since 1970; `nextUpdate` is nil where the list names none, which RFC 5280 forbids and some do.
    package let thisUpdate: Double
    package let nextUpdate: Double?
    /// Revoked certificates in it. None is a list as well.
    package let count: Int

    /// - Parameter der: exactly one list; nil for anything else, trailing octets included.
    init?(der: [UInt8]) {
        defer { ERR_clear_error() }
        let parsed = der.withUnsafeBufferPointer { octets -> OpaquePointer? in
            var position = octets.baseAddress
            guard let list = d2i_X509_CRL(nil, &position, octets.count) else { return nil }
            guard let start = octets.baseAddress, let position, position - start == octets.count else {
                X509_CRL_free(list)
                return nil
            }
            return list
        }
        guard let parsed else { return nil }
        guard let thisUpdate = OpenSSLCertificate.seconds(X509_CRL_get0_lastUpdate(parsed)), let zero = ASN1_INTEGER_new() else {
            X509_CRL_free(parsed)
            return nil
        }
        defer { ASN1_INTEGER_free(zero) }
        var found: OpaquePointer?
        _ = X509_CRL_get0_by_serial(parsed, &found, zero)
        pointer = parsed
        self.thisUpdate = thisUpdate
        nextUpdate = OpenSSLCertificate.seconds(X509_CRL_get0_nextUpdate(parsed))
        issuer = OpenSSLCertificate.text(of: X509_CRL_get_issuer(parsed))
        count = holdfast_crl_entries(parsed)
    }

    deinit { X509_CRL_free(pointer) }
}

/// Files of revocation lists: PEM with any number of them, or one in DER.
package enum RevocationListFile {
    /// A country's authority has lists of ten megabytes.
    package static let limit = 64 << 20

    /// - Returns: the lists in the file's order, at least one.
    package static func read(_ path: String) throws(CredentialFault) -> [RevocationList] {
        let contents = try PEM.contents(of: path, limit: limit)
        if contents.mayBeDER {
            guard let list = RevocationList(der: contents) else { throw CredentialFault(path, "is neither PEM nor one revocation list in DER") }
            return [list]
        }
        let pem = try PEM(contents, of: path)
        var lists: [RevocationList] = []
        for block in pem.blocks where block.label == "X509 CRL" {
            guard let list = RevocationList(der: block.octets) else {
                throw CredentialFault(path, "revocation list \(lists.count + 1) in it cannot be read")
            }
            lists.append(list)
        }
        guard !lists.isEmpty else {
            throw CredentialFault(
                path, pem.blocks.isEmpty ? "holds no revocation list: neither PEM nor DER" : "holds no revocation list, only \(pem.labels)")
        }
        return lists
    }
}
