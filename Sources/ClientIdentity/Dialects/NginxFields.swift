import Credentials

extension ForwardedCertificate {
    /// `$ssl_client_escaped_cert`, `$ssl_client_verify`, `$ssl_client_s_dn`, `$ssl_client_i_dn`, `$ssl_client_serial` and
    /// `$ssl_client_fingerprint` under the names of ingress-nginx. Names are RFC 2253, which is printable ASCII throughout.
    func writeNginx(to lines: inout CertificateFieldLines) {
        lines.put("ssl-client-verify", verification.isGood ? "SUCCESS" : "FAILED:\(verification.words)")
        lines.put("ssl-client-subject-dn", details.subject.line)
        lines.put("ssl-client-issuer-dn", details.issuer.line)
        lines.put("ssl-client-serial", details.serial?.hex)
        lines.put("ssl-client-fingerprint", details.sha1.map { CertificateText.hex($0) })
        lines.put("ssl-client-cert", CertificateText.escapedPEM(leaf))
    }
}
