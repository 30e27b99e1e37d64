/// The fields in which gateways tell the API behind them who their client is, by the word that the configuration has for each.
package enum CertificateDialect: String, CaseIterable, Sendable {
    /// RFC 9440.
    case rfc9440
    /// Envoy, Istio, Cloud Foundry.
    case xfcc
    /// As ingress-nginx names them, with the values of nginx's own variables.
    case nginx
    /// As HAProxy's manual and its ingress controllers name them.
    case haproxy
    /// The load balancers of AWS, verifying and passing through.
    case aws
    /// App Service, IIS ARR.
    case azure
    case weblogic
    case traefik

    /// Every field it may set.
    package var fieldNames: [String] {
        switch self {
        case .rfc9440: ["Client-Cert", "Client-Cert-Chain"]
        case .xfcc: ["X-Forwarded-Client-Cert"]
        case .nginx:
            [
                "ssl-client-cert", "ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn", "ssl-client-serial",
                "ssl-client-fingerprint",
            ]
        case .haproxy:
            [
                "X-SSL", "X-SSL-Client-Verify", "X-SSL-Client-SHA1", "X-SSL-Client-Serial", "X-SSL-Client-DN", "X-SSL-Client-CN", "X-SSL-Issuer",
                "X-SSL-Client-NotBefore", "X-SSL-Client-NotAfter", "X-SSL-Client-Cert",
            ]
        case .aws:
            [
                "X-Amzn-Mtls-Clientcert", "X-Amzn-Mtls-Clientcert-Serial-Number", "X-Amzn-Mtls-Clientcert-Issuer",
                "X-Amzn-Mtls-Clientcert-Subject", "X-Amzn-Mtls-Clientcert-Validity", "X-Amzn-Mtls-Clientcert-Leaf",
            ]
        case .azure: ["X-ARR-ClientCert"]
        case .weblogic: ["WL-Proxy-Client-Cert"]
        case .traefik: ["X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info"]
        }
    }
}
