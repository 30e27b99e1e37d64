package import BindingPolicy
package import HTTPWire

/// Tells the upstream of a client's certificate in the dialects that it reads. One a generation.
package final class CertificateForwarding: Sendable {
    private let dialects: [CertificateDialect]
    private let isValidated: Bool

    /// - Parameter isValidated: whether certificates are accepted for a path to an authority, not for the proof of their key alone.
    package init(_ dialects: [CertificateDialect], isValidated: Bool) {
        self.dialects = dialects
        self.isValidated = isValidated
    }

    /// Whole lines, the same for all connections of one certificate as long as one of them has them.
    ///
    /// - Parameters:
    ///   - certificate: nil where the client showed none.
    ///   - fault: why it is accepted no more.
    package func lines(of certificate: (any ProvenCertificate)?, fault: DenialReason?) -> CertificateLines {
        guard let shared = certificate as? ClientCertificate else { return write(certificate, fault) }
        return shared.lines(by: self, fault) { write(certificate, fault) }
    }

    private func write(_ certificate: (any ProvenCertificate)?, _ fault: DenialReason?) -> CertificateLines {
        let read = certificate.map { ForwardedCertificate($0, Verification(fault, isValidated: isValidated)) }
        var octets: [UInt8] = []
        var leftOut: [CertificateDialect] = []
        for dialect in dialects {
            var lines = CertificateFieldLines()
            switch read {
            case .some(.some(let certificate)): certificate.write(dialect, to: &lines)
            case .some(.none): lines.leaveOut()
            // Said with a word of its own, and only by nginx.
            case .none: if dialect == .nginx { lines.put("ssl-client-verify", "NONE") }
            }
            octets += lines.octets
            leftOut += Array(repeating: dialect, count: lines.leftOut)
        }
        return CertificateLines(octets, leftOut: leftOut)
    }
}

extension ForwardedCertificate {
    func write(_ dialect: CertificateDialect, to lines: inout CertificateFieldLines) {
        switch dialect {
        case .rfc9440: writeRFC9440(to: &lines)
        case .xfcc: writeXFCC(to: &lines)
        case .nginx: writeNginx(to: &lines)
        case .haproxy: writeHAProxy(to: &lines)
        case .aws: writeAWS(to: &lines)
        case .azure: lines.put("X-ARR-ClientCert", leaf)
        case .weblogic: lines.put("WL-Proxy-Client-Cert", leaf)
        case .traefik: writeTraefik(to: &lines)
        }
    }

    /// Structured fields (RFC 8941 sections 3.1 and 3.3.5). The chain never stands alone (RFC 9440 section 2.3).
    private func writeRFC9440(to lines: inout CertificateFieldLines) {
        let leftOut = lines.leftOut
        lines.put("Client-Cert", [UInt8(ascii: ":")] + leaf + [UInt8(ascii: ":")])
        guard lines.leftOut == leftOut, !issuers.isEmpty else { return }
        lines.put("Client-Cert-Chain", Array(issuers.map { [UInt8(ascii: ":")] + $0 + [UInt8(ascii: ":")] }.joined(separator: Array(", ".utf8))))
    }
}
