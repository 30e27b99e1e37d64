import COpenSSL
package import Credentials

/// What is taken here and refused by others: a certificate that is used for what it is not good for, now.
package struct CertificateConcern: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// Seconds since 1970.
        case expired(at: Double)
        case notYetValid(before: Double)
        /// Below what RFC 9325 section 4.5 asks for.
        case weakKey(KeyKind)
        /// By SHA-1 or MD5.
        case weakSignature
        /// No name or address in `subjectAltName`, the only place where clients look (RFC 9525 section 2).
        case namesNoHost
        /// Hosts that are served, and that it does not name.
        case otherHosts([String])
        case notForServers
        case notForClients
        /// The one after it in the file did not issue it.
        case chainBroken
        /// No path goes on from it to a configured authority.
        case leadsNowhere
    }

    /// In its file, from 1 on.
    package let position: Int
    /// RFC 2253 text.
    package let subject: String
    package let kind: Kind

    package init(position: Int, subject: String, kind: Kind) {
        self.position = position
        self.subject = subject
        self.kind = kind
    }
}

/// Looks at certificates as those who are shown them will.
package enum CertificateReview {
    /// A chain that a server shows.
    ///
    /// - Parameters:
    ///   - hosts: names and addresses (IPv6 in brackets) that clients ask for; empty where they are not known.
    ///   - now: seconds since 1970.
    package static func ofServer(_ certificates: [Certificate], hosts: [String] = [], now: Double) -> [CertificateConcern] {
        guard let leaf = certificates.first?.parsed else { return [] }
        var kinds: [CertificateConcern.Kind] = []
        if !leaf.allows(XKU_SSL_SERVER) { kinds.append(.notForServers) }
        if holdfast_names_hosts(leaf.pointer) == 0 {
            kinds.append(.namesNoHost)
        } else {
            let others = hosts.filter { !leaf.names($0) }
            if !others.isEmpty { kinds.append(.otherHosts(others)) }
        }
        return concerns(kinds, leaf) + ofChain(certificates, now: now)
    }

    /// A chain that a client shows.
    package static func ofClient(_ certificates: [Certificate], now: Double) -> [CertificateConcern] {
        guard let leaf = certificates.first?.parsed else { return [] }
        return concerns(leaf.allows(XKU_SSL_CLIENT) ? [] : [.notForClients], leaf) + ofChain(certificates, now: now)
    }

    /// Certificates that others' are held against; their keys are looked at where they are read.
    package static func ofAuthorities(_ certificates: [Certificate], now: Double) -> [CertificateConcern] {
        certificates.enumerated().flatMap { index, certificate in
            certificate.parsed.map { concerns(time(of: $0, now), $0, at: index + 1) } ?? []
        }
    }

    /// A file of certificates that are lent to clients, of all that these authorities have.
    package static func ofIntermediates(_ file: Intermediates, among anchors: TrustAnchors) -> [CertificateConcern] {
        let index = AnchorIndex(anchors.authorities.compactMap(\.parsed))
        let authorities = Set(anchors.certificates)
        let lent = IntermediateIndex(anchors.intermediates)
        return file.certificates.enumerated().flatMap { position, one -> [CertificateConcern] in
            guard !authorities.contains(one.der), let certificate = one.parsed,
                !PathSearch.leads(certificate, by: lent.above([certificate]), to: index)
            else { return [] }
            return concerns([.leadsNowhere], certificate, at: position + 1)
        }
    }

    private static func ofChain(_ certificates: [Certificate], now: Double) -> [CertificateConcern] {
        let parsed = certificates.compactMap(\.parsed)
        return parsed.enumerated().flatMap { index, certificate in
            var kinds = time(of: certificate, now)
            if let key = certificate.keyKind, key.isWeak { kinds.append(.weakKey(key)) }
            // Nobody looks at the signature of one that signed itself: it is trusted or not.
            if !certificate.isSelfIssued, certificate.hasWeakSignature { kinds.append(.weakSignature) }
            if index + 1 < parsed.count, !certificate.isIssued(by: parsed[index + 1]) { kinds.append(.chainBroken) }
            return concerns(kinds, certificate, at: index + 1)
        }
    }

    private static func time(of certificate: OpenSSLCertificate, _ now: Double) -> [CertificateConcern.Kind] {
        guard let window = certificate.window else { return [] }
        return switch window.position(of: now) {
        case .before: [.notYetValid(before: window.notBefore)]
        case .within: []
        case .after: [.expired(at: window.notAfter)]
        }
    }

    private static func concerns(
        _ kinds: [CertificateConcern.Kind], _ certificate: OpenSSLCertificate, at position: Int = 1
    ) -> [CertificateConcern] {
        kinds.map { CertificateConcern(position: position, subject: certificate.subject, kind: $0) }
    }
}

extension OpenSSLCertificate {
    /// Whether its extended key usage, if it has one, names that purpose.
    fileprivate func allows(_ purpose: CInt) -> Bool { X509_get_extended_key_usage(pointer) & UInt32(bitPattern: purpose) != 0 }

    fileprivate func names(_ host: String) -> Bool {
        defer { ERR_clear_error() }
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        if X509_check_ip_asc(pointer, bare, 0) == 1 { return true }
        let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
        return X509_check_host(pointer, bare, bare.utf8.count, flags, nil) == 1
    }

    fileprivate var isSelfIssued: Bool { isIssued(by: self) }

    fileprivate func isIssued(by other: OpenSSLCertificate) -> Bool {
        defer { ERR_clear_error() }
        return X509_check_issued(other.pointer, pointer) == X509_V_OK
    }

    /// Less than 112 bits of security, as far as OpenSSL knows its algorithm.
    fileprivate var hasWeakSignature: Bool {
        defer { ERR_clear_error() }
        var bits: Int32 = 0
        guard X509_get_signature_info(pointer, nil, nil, &bits, nil) == 1 else { return false }
        return bits < 112
    }
}
