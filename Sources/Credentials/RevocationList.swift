import COpenSSL
import Synchronization

/// A certificate revocation list (RFC 5280 section 5), owned: OpenSSL's `X509_CRL` and what a person wants to know of it.
///
/// One of ten megabytes is common. So its entries are held in a table of ours, and its signature is verified once for each key of an issuer:
/// OpenSSL would hash the whole list for each certificate that is looked up. What it asks of a list stays its own doing, by way of a
/// method of ours ([RevocationListMethod](RevocationListMethod.swift)).
package final class RevocationList: @unchecked Sendable {
    package enum Fault: Error { case unreadable, indirect }

    private struct Signatures {
        /// By DER of the public key.
        var verdicts: [[UInt8]: Bool] = [:]
        var verified = 0
    }

    package let pointer: OpaquePointer
    /// RFC 2253 text.
    package let issuer: String
    /// Seconds since 1970; `nextUpdate` is nil where the list names none, which RFC 5280 forbids and some do.
    package let thisUpdate: Double
    package let nextUpdate: Double?
    /// Octets of its DER.
    package let size: Int
    /// Revoked certificates in it. None is a list as well.
    package var count: Int { serials.count }

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
        let parsed = try Self.parse(der)
        guard holdfast_crl_is_indirect(parsed) == 0 else {
            X509_CRL_free(parsed)
            throw .indirect
        }
        guard let thisUpdate = OpenSSLCertificate.seconds(X509_CRL_get0_lastUpdate(parsed)), let revoked = X509_REVOKED_new() else {
            X509_CRL_free(parsed)
            throw .unreadable
        }
        (serials, removed) = Self.takeEntries(of: parsed)
        self.revoked = revoked
        pointer = parsed
        size = der.count
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

    private static func parse(_ der: [UInt8]) throws(Fault) -> OpaquePointer {
        guard RevocationListMethod.install() else { throw .unreadable }
        let parsed = der.withUnsafeBufferPointer { octets -> OpaquePointer? in
            var position = octets.baseAddress
            guard let list = d2i_X509_CRL(nil, &position, octets.count) else { return nil }
            guard let start = octets.baseAddress, let position, position - start == octets.count else {
                X509_CRL_free(list)
                return nil
            }
            return list
        }
        guard let parsed else { throw .unreadable }
        return parsed
    }

    /// Leaves the list without entries of its own; the octets that are signed it has as they were read.
    private static func takeEntries(of list: OpaquePointer) -> (SerialTable, removed: OpaquePointer?) {
        var table = SerialTable()
        let count = holdfast_crl_sort(list)
        table.reserve(Int(count))
        for index in 0..<count {
            guard let entry = holdfast_crl_entry(list, index), let serial = X509_REVOKED_get0_serialNumber(entry) else { continue }
            table.append(serial.pointee, isRemoval: holdfast_crl_is_removal(entry) == 1)
        }
        var removed: OpaquePointer?
        while let entry = holdfast_crl_pop(list) {
            if removed == nil, holdfast_crl_is_removal(entry) == 1 { removed = entry } else { X509_REVOKED_free(entry) }
        }
        return (table, removed)
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
        let isSigned = holdfast_crl_verify(pointer, key) == 1
        signatures.withLock { signatures in
            signatures.verified += 1
            guard let name else { return }
            if signatures.verdicts.count >= Self.keyLimit { signatures.verdicts = [:] }
            signatures.verdicts[name] = isSigned
        }
        return isSigned
    }

    private static func der(of key: OpaquePointer) -> [UInt8]? {
        var octets: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_PUBKEY(key, &octets))
        guard count > 0, let octets else { return nil }
        defer { CRYPTO_free(octets, nil, 0) }
        return Array(UnsafeBufferPointer(start: octets, count: count))
    }
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
            name.withUnsafeBufferPointer { octets in
                var position = octets.baseAddress
                guard let key = d2i_PUBKEY(nil, &position, octets.count) else { return }
                _ = self.isSigned(by: key)
                EVP_PKEY_free(key)
            }
        }
    }

    private func isOf(_ certificate: OpaquePointer) -> Bool {
        X509_NAME_cmp(X509_CRL_get_issuer(pointer), X509_get_subject_name(certificate)) == 0
    }
}
