/// The field names by which gateways tell a backend who the client is. A client that sends one wants to be taken for somebody, so
/// all of them are removed from each request (requirements CC-01, CC-15, XF-05).
///
/// Compared folded (`FoldedName`). A trailing `*` stands for any ending, even none. Names are added here, never at the place
/// of use; `version` is raised with each change, so that an operator can tell from `check` what is covered.
package enum StripListNames {
    static let version = 2

    package static let all = certificate + identity + routing

    /// What a terminator of TLS says about the client certificate.
    static let certificate = [
        // RFC 9440; Envoy contrib, Keycloak, OpenBao. `Client-Cert` and `Client-Cert-Chain` have the role `.trusted`.
        // Envoy, Istio, Contour, Cloud Foundry gorouter, SAP BTP: X-Forwarded-Client-Cert. Traefik:
        // X-Forwarded-Tls-Client-Cert, X-Forwarded-Tls-Client-Cert-Info. The proxies' own: RFC 7239, X-Forwarded-For, -User …
        "Forwarded", "X-Forwarded*",
        // ingress-nginx, Gravitee, Apache mod_ssl, Tomcat SSLValve, WildFly, Keycloak: ssl-client-cert, ssl-client-verify,
        // ssl-client-subject-dn, ssl_client_escaped_cert, SSL_CLIENT_S_DN, ssl_session_id, ssl_cipher, SSL_CERT_CHAIN_n
        "SSL-*",
        // HAProxy, OpenShift router, haproxy-ingress: X-SSL, X-SSL-Client-Verify, -DN, -CN, -SHA1 …; Authlete: X-Ssl-Cert
        "X-SSL", "X-SSL-*",
        // Keycloak: CERT_0, CERT_CHAIN_n
        "CERT-*",
        // nginx recipes, ASP.NET Core CertificateForwarding, Kong header-cert-auth, GCP load balancers: X-Client-Cert,
        // X-Client-Certificate, X-Client-Cert-Present, -Sha256-Fingerprint, -Spiffe … X-ClientCert-Subject-DN
        "X-Client-Cert*", "X-ClientCert*", "X-Client-Verify*", "Client-Certificate", "TLS-Certificate", "TLS-Client-*",
        // Recipes for HAProxy, nginx, Apache and Traefik: X-Client-DN, X-Client-S-DN, X-Client-CN, -Subject-DN, -Issuer, -Serial …
        "X-Client-DN*", "X-Client-S-DN*", "X-Client-I-DN*", "X-Client-CN*", "X-Client-Subject*", "X-Client-Issuer*", "X-Client-Serial*",
        "X-Client-Fingerprint*", "X-Client-Thumbprint*", "X-Client-SAN", "X-Client-SHA*", "X-Client-NotBefore", "X-Client-NotAfter",
        "X-TLS-*", "X-Mtls-*", "X-Mutual-TLS-*", "X-Peer-Cert*", "X-SPIFFE-*",
        // AWS ALB and API Gateway
        "X-Amzn-Mtls-*", "X-Amzn-Tls-*",
        // Envoy's own edge list: what it takes off requests from outside, among them X-Envoy-Peer-Metadata, -External-Address,
        // -Original-Path, -Internal and the retry and time-out policies
        "X-Envoy-*",
        // Azure App Service, IIS ARR
        "X-ARR-ClientCert", "X-ARR-SSL",
        // Cloudflare
        "CF-Client-Cert*",
        // Akamai
        "Client-To-Edge",
        // WSO2
        "X-WSO2-CLIENT-CERTIFICATE", "X-WSO2-Mutual-Auth-Cert", "X-WSO2-Transport-Cert",
        // WebLogic, Oracle HTTP Server, F5 iRules; IBM WebSphere plug-in ($WSCC, $WSCS, $WSIS …); Jetty
        "WL-Proxy-*", "Proxy-Client-Cert", "$WS*", "Proxy-Auth-Cert", "Proxy-SSL-Id",
        // linkerd
        "L5d-*",
    ]

    /// What an authenticating proxy says about the user.
    static let identity = [
        // oauth2-proxy
        "X-Auth-Request-*",
        // Authelia, CGI; Kubernetes' front proxy: X-Remote-Group, X-Remote-Extra-Scopes …
        "Remote-User", "Remote-Groups", "Remote-Email", "Remote-Name", "X-Remote-User*", "X-Remote-Group*", "X-Remote-Extra*", "X-Remote-Uid",
        "X-Remote-Email", "X-Remote-Name", "X-Remote-Role*",
        // Kubernetes: whose requests an authenticated caller sends
        "Impersonate-*",
        // Grafana, Mimir, Loki, Thanos
        "X-WEBAUTH-*", "X-Scope-OrgID", "Thanos-Tenant",
        // mod_auth_openidc, mod_oauth2, mod_auth_mellon, mod_auth_cas, Shibboleth
        "OIDC-*", "OAUTH2-CLAIM-*", "MELLON-*", "CAS-*", "Shib-*",
        // APISIX
        "X-Userinfo", "X-ID-Token", "X-Access-Token", "X-Refresh-Token", "X-Raw-ID-Token",
        // Kong
        "X-Consumer-*", "X-Credential-*", "X-Authenticated-*", "X-Anonymous-Consumer",
        // Pomerium, Google IAP, Tailscale, Teleport, Cloudflare Access, AWS ALB, Azure App Service
        "X-Pomerium-*", "X-Goog-IAP-*", "X-Goog-Authenticated-User-*", "Tailscale-User-*", "Teleport-*", "X-Teleport-*", "Cf-Access-*",
        "X-Amzn-Oidc-*", "X-MS-CLIENT-PRINCIPAL*", "X-MS-TOKEN-*", "X-Jwt-*",
        // Google Cloud Endpoints, API Gateway and App Engine
        "X-Endpoint-API-*", "X-Apigateway-Api-*", "X-Appengine-*",
        // authentik, Vouch, Louketo (gatekeeper for Keycloak), caddy-security
        "X-authentik-*", "X-Vouch-*", "X-Auth-User*", "X-Auth-Email*", "X-Auth-Group*", "X-Auth-Role*", "X-Auth-Subject*",
        "X-Token-User-*", "X-Token-Subject",
        // SiteMinder, WebSEAL, Oracle Access Manager, OpenSearch behind a proxy, 3scale and console.redhat.com
        "SM-*", "SMUSER", "iv-*", "OAM-*", "X-Proxy-User*", "X-Proxy-Role*", "X-Proxy-Ext-*", "X-RH-Identity",
        // Dapr; transaction tokens and WIMSE, which tell one workload who the other is
        "Dapr-Caller-*", "Dapr-Callee-*", "Txn-Token", "Workload-Identity-Token", "Workload-Proof-Token",
        // Ours
        "X-Holdfast-*",
    ]

    /// What changes the path, the method or the client's address behind the back of whoever judged them.
    static let routing = [
        "X-Original-URL", "X-Original-Uri", "X-Original-Method", "X-Original-Host", "X-Rewrite-URL",
        "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override",
        "X-Real-IP", "X-Remote-IP", "X-Remote-Addr", "True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP",
    ]
}

/// Fields that the clients of many APIs send and that say nothing of who they are: no family of ours takes them in, even where its name
/// begins like theirs (`claims: {sub: X-Amz-User}`). What the configuration or `StripListNames` strips is stripped all the same.
enum OrdinaryNames {
    static let all = [
        // Tracing: W3C, Zipkin, Jaeger, Sentry, AWS, Google, Datadog.
        "Baggage", "B3", "X-B3-*", "Uber-Trace-Id", "Sentry-Trace", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "X-Datadog-*",
        // The SDKs of AWS (its signatures cover these), Azure and Google, and generated clients.
        "X-Amz-*", "Amz-Sdk-*", "X-Ms-Client-Request-Id", "X-Ms-Return-Client-Request-Id", "X-Ms-Correlation-Request-Id", "X-Ms-Date",
        "X-Ms-Version", "X-Ms-Useragent", "X-Goog-Api-Client", "X-Goog-User-Project", "X-Goog-Request-Params", "X-Stainless-*", "Grpc-*",
        "X-Grpc-Web",
        // Keys, versions and retries.
        "X-Api-Key", "Api-Key", "X-Api-Version", "Api-Version", "Idempotency-Key", "X-Idempotency-Key", "X-Client-Version", "X-Client-Info",
        "X-Client-Request-Id", "X-Client-Data", "X-Csrf-Token", "X-Xsrf-Token", "X-Csrftoken",
        // Open banking (FAPI, UK, Brasil, Berlin Group) and signatures of messages (RFC 9421, RFC 9530).
        "X-FAPI-*", "X-Customer-User-Agent", "X-Jws-Signature", "Signature", "Signature-Input", "Digest", "Content-Digest", "Repr-Digest",
    ]
}
