import COpenSSL

/// Of two lists, which is to be believed.
extension RevocationList {
    /// Whether both tell of the same certificates: those of one issuer, by one distribution point, and whether as a delta.
    package func hasScope(of other: RevocationList) -> Bool {
        X509_NAME_cmp(X509_CRL_get_issuer(pointer), X509_CRL_get_issuer(other.pointer)) == 0
            && content(of: NID_issuing_distribution_point) == other.content(of: NID_issuing_distribution_point)
            && (content(of: NID_delta_crl) == nil) == (other.content(of: NID_delta_crl) == nil)
    }

    /// By its time, or by its number where both have one (RFC 5280 section 5.2.3).
    package func isOlder(than other: RevocationList) -> Bool {
        if thisUpdate < other.thisUpdate { return true }
        guard let own = number, let others = other.number else { return false }
        return own.count == others.count ? own.lexicographicallyPrecedes(others) : own.count < others.count
    }

    /// Whether nobody needs the other: it is the later one of the same key and scope, and in force as long at least. Two authorities may
    /// share a name: what identifies their keys has to be the same.
    package func supersedes(_ other: RevocationList) -> Bool {
        hasScope(of: other) && other.isOlder(than: self) && (nextUpdate ?? .infinity) >= (other.nextUpdate ?? .infinity)
            && content(of: NID_authority_key_identifier) == other.content(of: NID_authority_key_identifier)
    }

    package func isStale(at now: Double) -> Bool { nextUpdate.map { $0 < now } ?? false }

    /// Without leading zeros.
    private var number: [UInt8]? {
        guard let octets = content(of: NID_crl_number), octets.count > 2, octets[0] == V_ASN1_INTEGER, Int(octets[1]) == octets.count - 2 else {
            return nil
        }
        return Array(octets.dropFirst(2).drop { $0 == 0 })
    }

    /// DER of an extension's value.
    private func content(of extensionID: Int32) -> [UInt8]? {
        let place = X509_CRL_get_ext_by_NID(pointer, extensionID, -1)
        guard place >= 0, let found = X509_CRL_get_ext(pointer, place), let value = X509_EXTENSION_get_data(found) else { return nil }
        return Array(UnsafeBufferPointer(start: ASN1_STRING_get0_data(value), count: max(0, Int(ASN1_STRING_length(value)))))
    }
}
