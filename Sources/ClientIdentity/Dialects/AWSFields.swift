import Credentials
import Timekeeping

extension ForwardedCertificate {
    /// What a load balancer of AWS adds where it verifies, and what it adds where it passes through.
    func writeAWS(to lines: inout CertificateFieldLines) {
        lines.put("X-Amzn-Mtls-Clientcert-Serial-Number", details.serial?.hex)
        lines.put("X-Amzn-Mtls-Clientcert-Issuer", details.issuer.line)
        lines.put("X-Amzn-Mtls-Clientcert-Subject", details.subject.line)
        lines.put("X-Amzn-Mtls-Clientcert-Validity", validity)
        lines.put("X-Amzn-Mtls-Clientcert-Leaf", CertificateText.escapedPEM(leaf, keepsSymbols: true))
        lines.put("X-Amzn-Mtls-Clientcert", chain.flatMap { CertificateText.escapedPEM($0, keepsSymbols: true) })
    }

    private var validity: String? {
        guard let window = details.window, let begin = Timestamp(window.notBefore), let end = Timestamp(window.notAfter) else { return nil }
        return "NotBefore=\(begin.rfc3339);NotAfter=\(end.rfc3339)"
    }
}
