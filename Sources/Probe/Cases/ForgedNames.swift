import HTTPWire

/// The fields by which gateways tell an API who the client is, in families; each as it is spelled where it belongs.
package enum ForgedNames {
    package struct Family: Sendable {
        package let id: String
        package let title: String
        package let names: [String]
    }

    package static let families: [Family] = [
        Family(id: "rfc9440", title: "RFC 9440's", names: ["Client-Cert", "Client-Cert-Chain"]),
        Family(
            id: "envoy", title: "Envoy's and Istio's", names: ["X-Forwarded-Client-Cert", "X-Envoy-Peer-Metadata", "X-Envoy-External-Address"]),
        Family(
            id: "nginx", title: "nginx's, as ingress-nginx sets them",
            names: ["ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn", "ssl-client-cert", "ssl-client-fingerprint"]),
        Family(
            id: "apache", title: "mod_ssl's, with underscores",
            names: ["ssl_client_verify", "SSL_CLIENT_S_DN", "SSL_CLIENT_CERT", "ssl_client_escaped_cert"]),
        Family(
            id: "haproxy", title: "HAProxy's",
            names: ["X-SSL", "X-SSL-Client-Verify", "X-SSL-Client-DN", "X-SSL-Client-CN", "X-SSL-Client-SHA1", "X-SSL-Client-Cert", "X-SSL-Issuer"]),
        Family(id: "traefik", title: "Traefik's", names: ["X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info"]),
        Family(
            id: "aws", title: "of AWS",
            names: ["X-Amzn-Mtls-Clientcert", "X-Amzn-Mtls-Clientcert-Subject", "X-Amzn-Mtls-Clientcert-Leaf", "X-Amzn-Oidc-Data"]),
        Family(id: "azure", title: "of Azure", names: ["X-ARR-ClientCert", "X-MS-CLIENT-PRINCIPAL", "X-MS-CLIENT-PRINCIPAL-NAME"]),
        Family(id: "cloudflare", title: "Cloudflare's", names: ["CF-Client-Cert-Der-Base64", "Cf-Access-Jwt-Assertion"]),
        Family(
            id: "recipes", title: "of the usual recipes",
            names: [
                "X-Client-Cert", "X-Client-Certificate", "X-Client-DN", "X-Client-CN", "X-Client-Verify", "X-Client-Serial", "X-Client-Fingerprint",
            ]),
        Family(
            id: "user", title: "of a user who was authenticated",
            names: [
                "Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "X-WEBAUTH-USER", "X-Authenticated-Userid",
                "X-Consumer-Id",
            ]),
        Family(
            id: "claims", title: "of a token's claims", names: ["OIDC_CLAIM_sub", "OAUTH2_CLAIM_sub", "X-Userinfo", "X-ID-Token", "X-Jwt-Payload"]),
        Family(id: "impersonation", title: "of Kubernetes' impersonation", names: ["Impersonate-User", "Impersonate-Group"]),
        Family(
            id: "method", title: "that change the method", names: ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]),
        Family(id: "path", title: "that change the path", names: ["X-Original-URL", "X-Rewrite-URL", "X-Original-Uri"]),
        Family(id: "address", title: "that change the client's address", names: ["X-Real-IP", "True-Client-IP", "X-Client-IP", "CF-Connecting-IP"]),
    ]

    /// A name for each entry of what Holdfast strips: an ending stands for any.
    package static let listed = StripListNames.all.map { $0.hasSuffix("*") ? $0.dropLast() + ($0.hasSuffix("-*") ? "Probe" : "-Probe") : $0 }
}
