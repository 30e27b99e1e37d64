import COpenSSL
import Synchronization

/// A certificate revocation list (RFC 5280 section 5), owned: OpenSSL's `X509_CRL` and what a person wants to know of it.
///
/// One of ten megabytes is common. So its entries are held in a table of ours ([RevocationListParts](RevocationListParts.swift)), and its
/// signature is verified once for each key of an issuer: OpenSSL would hash the whole list for each certificate that is looked up. What it
/// asks of a list stays its own doing, by way of a method of ours ([RevocationListMethod](RevocationListMethod.swift)).
package final class RevocationList: @unchecked Sendable {
    package enum Fault: Error { case unreadable, indirect }

    private struct Signatures {
        /// By DER of the public key.
        var verdicts: [[UInt8]: Bool] = [:]
        var verified = 0
    }

    /// Without its entries.
    package let pointer: OpaquePointer
    /// RFC 2253 text.
    package let issuer: String
    /// Seconds since 1970; `nextUpdate` is nil where the list names none, which RFC 5280 forbids and some do.
    package let thisUpdate: Double
    package let nextUpdate: Double?
    /// Octets of its DER.
    package var size: Int { der.count }
    /// Revoked certificates in it. None is a list as well.
    package var count: Int { serials.count }

    private let der: [UInt8]
    /// Of the DER.
    private let signed: Range<Int>
    private let serials: SerialTable
    /// What is told of one that is on it, and of one that a delta takes off: OpenSSL looks at the reason alone.
    private let revoked: OpaquePointer
    private let removed: OpaquePointer?
    private let signatures = Mutex(Signatures())

    /// Keys whose verdicts are remembered: an issuer has one, or two at a rollover.
    private static let keyLimit = 64
    /// What is verified at once anywhere: hashing that takes less than half a millisecond.
    private static let lightSize = 256 << 10

    /// - Parameter der: exactly one list; trailing octets are a fault.
    init(der: [UInt8]) throws(Fault) {
        defer { ERR_clear_error() }
        let parts = try RevocationListParts(der)
        guard RevocationListMethod.install(), let parsed = OpenSSLDER.value(in: parts.rest, free: X509_CRL_free, { d2i_X509_CRL(nil, $0, $1) }) else {
            throw .unreadable
        }
        guard holdfast_crl_is_indirect(parsed) == 0 else {
            X509_CRL_free(parsed)
            throw .indirect
        }
        guard let thisUpdate = OpenSSLCertificate.seconds(X509_CRL_get0_lastUpdate(parsed)), let revoked = X509_REVOKED_new() else {
            X509_CRL_free(parsed)
            throw .unreadable
        }
        self.der = der
        signed = parts.signed
        serials = parts.serials
        removed = Self.takeRemoval(of: parsed)
        self.revoked = revoked
        pointer = parsed
        self.thisUpdate = thisUpdate
        nextUpdate = OpenSSLCertificate.seconds(X509_CRL_get0_nextUpdate(parsed))
        issuer = OpenSSLCertificate.text(of: X509_CRL_get_issuer(parsed))
        RevocationListMethod.bind(parsed, to: self)
    }

    deinit {
        X509_CRL_free(pointer)
        X509_REVOKED_free(revoked)
        if let removed { X509_REVOKED_free(removed) }
    }

    /// Leaves the list without entries.
    private static func takeRemoval(of list: OpaquePointer) -> OpaquePointer? {
        var removed: OpaquePointer?
        while let entry = holdfast_crl_pop(list) {
            if removed == nil, holdfast_revoked_is_removal(entry) == 1 { removed = entry } else { X509_REVOKED_free(entry) }
        }
        return removed
    }

    // MARK: What OpenSSL asks

    /// - Parameter issuer: of the certificate with this serial number; nil for the list's own.
    func find(_ serial: ASN1_INTEGER, of issuer: OpaquePointer?) -> (code: Int32, entry: OpaquePointer?) {
        if let issuer, X509_NAME_cmp(issuer, X509_CRL_get_issuer(pointer)) != 0 { return (0, nil) }
        return switch serials.find(serial) {
        case .absent: (0, nil)
        case .revoked: (1, revoked)
        case .removed: (2, removed)
        }
    }

    func isSigned(by key: OpaquePointer) -> Bool {
        let name = Self.der(of: key)
        if let name, let known = signatures.withLock({ $0.verdicts[name] }) { return known }
        // Not under the lock: whoever asks about another key does not wait.
        let isSigned = hasSignature(by: key)
        signatures.withLock { signatures in
            signatures.verified += 1
            guard let name else { return }
            if signatures.verdicts.count >= Self.keyLimit { signatures.verdicts = [:] }
            signatures.verdicts[name] = isSigned
        }
        return isSigned
    }

    private func hasSignature(by key: OpaquePointer) -> Bool {
        der.withUnsafeBufferPointer { octets in
            guard let start = octets.baseAddress, let count = Int32(exactly: signed.count), signed.upperBound <= octets.count else { return false }
            return holdfast_crl_verify(pointer, start + signed.lowerBound, count, key) == 1
        }
    }

    private static func der(of key: OpaquePointer) -> [UInt8]? { OpenSSLDER.octets { i2d_PUBKEY(key, $0) } }
}

// MARK: - Ahead of being asked

extension RevocationList {
    /// How often its signature has been verified, by whatever key.
    package var verifications: Int { signatures.withLock { $0.verified } }

    /// Whether looking something up that this certificate issued takes longer than an event loop may be held up.
    package func needsTime(for issuer: OpaquePointer) -> Bool {
        guard size > Self.lightSize, isOf(issuer), let key = X509_get0_pubkey(issuer), let name = Self.der(of: key) else { return false }
        return signatures.withLock { $0.verdicts[name] == nil }
    }

    /// Whether a key has been found that signed it.
    package var isSigned: Bool { signatures.withLock { $0.verdicts.values.contains(true) } }

    /// Verifies its signature where it may be this certificate's. Takes milliseconds for each megabyte.
    package func prepare(for issuer: OpenSSLCertificate) {
        defer { ERR_clear_error() }
        guard isOf(issuer.pointer), let key = X509_get0_pubkey(issuer.pointer) else { return }
        _ = isSigned(by: key)
    }

    /// Likewise for the keys that the list before it was verified with.
    package func prepare(after earlier: RevocationList) {
        defer { ERR_clear_error() }
        guard X509_NAME_cmp(X509_CRL_get_issuer(pointer), X509_CRL_get_issuer(earlier.pointer)) == 0 else { return }
        for (name, isSigned) in earlier.signatures.withLock({ $0.verdicts }) where isSigned {
            if let key = OpenSSLKey(publicKey: name) { _ = self.isSigned(by: key.pointer) }
        }
    }

    private func isOf(_ certificate: OpaquePointer) -> Bool {
        X509_NAME_cmp(X509_CRL_get_issuer(pointer), X509_get_subject_name(certificate)) == 0
    }
}
