import HTTPWire
import NIOCore
import Testing

/// The names of the survey behind `StripListNames`, written down a second time on purpose: a name that is lost there fails here.
private let identityNames = [
    // TLS terminators
    "Client-Cert", "Client-Cert-Chain", "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "ssl-client-cert", "ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn", "SSL_CLIENT_CERT",
    "ssl_client_escaped_cert",
    "SSL_CLIENT_S_DN", "SSL_CLIENT_VERIFY", "ssl_session_id", "ssl_cipher", "ssl_cipher_usekeysize", "X-SSL",
    "X-SSL-Client-Verify",
    "X-SSL-Client-DN", "X-SSL-Client-CN", "X-SSL-Client-Cert", "X-SSL-Client-SHA1", "X-SSL-Client-SHA2", "X-SSL-Client-SAN",
    "X-SSL-Issuer",
    "X-SSL-Client-NotBefore", "X-SSL-Client-NotAfter", "X-SSL-Session_ID", "X-SSL-Cert", "CERT_0", "CERT_17", "SSL_CERT_CHAIN_0",
    "CERT_CHAIN_2",
    "X-Client-Cert", "X-Client-Cert-Present", "X-Client-Cert-Chain-Verified", "X-Client-Cert-Error",
    "X-Client-Cert-Sha256-Fingerprint",
    "X-Client-Cert-Serial-Number", "X-Client-Cert-Spiffe", "X-Client-Cert-Uri-Sans", "X-Client-Cert-Dnsname-Sans",
    "X-Client-Cert-Valid-Not-Before", "X-Client-Certificate", "X-Client-Verify", "Client-Certificate", "TLS-Certificate",
    "X-Amzn-Mtls-Clientcert", "X-Amzn-Mtls-Clientcert-Leaf", "X-Amzn-Mtls-Clientcert-Subject", "X-Amzn-Mtls-Clientcert-Issuer",
    "X-Amzn-Mtls-Clientcert-Serial-Number", "X-Amzn-Mtls-Clientcert-Validity", "x-amzn-oidc-data", "x-amzn-oidc-identity",
    "x-amzn-oidc-accesstoken", "X-Amzn-Tls-Version", "X-Amzn-Tls-Cipher-Suite", "X-ARR-ClientCert", "X-MS-CLIENT-PRINCIPAL",
    "X-MS-CLIENT-PRINCIPAL-ID", "X-MS-CLIENT-PRINCIPAL-NAME", "X-MS-TOKEN-AAD-ACCESS-TOKEN", "Cf-Client-Cert-Der-Base64",
    "Cf-Client-Cert-Sha256", "Cf-Client-Cert-Verified", "Cf-Client-Cert-Serial", "Cf-Access-Jwt-Assertion", "Client-To-Edge",
    "X-WSO2-CLIENT-CERTIFICATE", "x-wso2-mutual-auth-cert", "x-wso2-transport-cert", "WL-Proxy-Client-Cert", "WL-Proxy-SSL",
    "WL-Proxy-Client-IP", "Proxy-Client-Cert", "$WSCC", "$WSCS", "$WSIS", "$WSSC", "$WSRA", "Proxy-auth-cert", "Proxy-ssl-id",
    "l5d-client-id",
    "l5d-dst-override", "X-Ssl-Cert", "X-Ssl-Cert-Chain-1",
    // Authenticating proxies
    "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token",
    "X-Auth-Request-User", "X-Auth-Request-Access-Token", "Remote-User", "Remote-Groups", "Remote-Email", "Remote-Name",
    "X-Remote-User",
    "X-Remote-User-Id", "X-WEBAUTH-USER", "OIDC_CLAIM_sub", "OIDC_access_token", "OAUTH2_CLAIM_sub", "X-Userinfo", "X-ID-Token",
    "X-Access-Token", "X-Refresh-Token", "X-Raw-ID-Token", "X-Consumer-ID", "X-Consumer-Username", "X-Credential-Identifier",
    "X-Authenticated-Scope", "X-Authenticated-Userid", "X-Anonymous-Consumer", "X-Pomerium-Jwt-Assertion",
    "X-Pomerium-Claim-Email",
    "X-Goog-IAP-JWT-Assertion", "X-Goog-Authenticated-User-Email", "Tailscale-User-Login", "Teleport-Jwt-Assertion",
    "X-Jwt-Assertion",
    "X-Remote-Group", "X-Remote-Extra-Scopes", "X-Remote-Uid", "Impersonate-User", "Impersonate-Group", "Impersonate-Extra-x", "X-ClientCert",
    "X-ClientCert-Subject-DN", "X-Client-DN", "X-Client-S-DN", "X-Client-CN", "X-Client-Subject", "X-Client-Subject-DN", "X-Client-Issuer",
    "X-Client-Serial", "X-Client-Fingerprint", "X-TLS-Client-Cert", "X-TLS-Client-Verify", "TLS-Client-Cert", "X-Mtls-Cert", "X-Mtls-Subject",
    "X-Peer-Certificate", "X-SPIFFE-ID", "X-Endpoint-API-UserInfo", "X-Apigateway-Api-Userinfo", "X-authentik-username", "X-Vouch-User",
    "X-Vouch-Idp-Claims-Email", "SM_USER", "SM_USERDN", "SM_SERVERSESSIONID", "iv-user", "iv-groups", "iv-creds", "iv_server_name",
    "OAM_REMOTE_USER", "OAM_REMOTE_USER_GROUPS", "X-Appengine-User-Email", "X-Appengine-Cron", "Dapr-Caller-App-Id", "X-Envoy-Internal",
    "X-Envoy-External-Address", "X-Envoy-Peer-Metadata", "X-Envoy-Original-Path", "Txn-Token", "Workload-Identity-Token",
    "Workload-Proof-Token", "X-Scope-OrgID", "Thanos-Tenant", "X-Auth-User", "X-Auth-Username", "X-Auth-Groups", "X-Auth-Roles",
    "Cf-Access-Authenticated-User-Email", "X-Teleport-Rewrite", "Teleport-User", "X-Proxy-User", "X-Proxy-Roles", "Shib-Identity-Provider",
    "MELLON_NAME_ID", "CAS-User", "X-Token-User-Email", "X-RH-Identity", "X-Holdfast-Anything",
    // Routing
    "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Prefix", "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-HTTP-Method-Override", "X-Real-IP", "True-Client-IP", "DPoP",
    // Ours
    "X-Client-Cert-SHA256",
]

@Suite("The strip list (CC-01, CC-14, CC-15, XF-05)")
struct StripListTests {
    /// The spellings that some backend takes for the same name.
    static func spellings(_ name: String) -> [String] {
        let swapped = name.map { $0.isUppercase ? $0.lowercased() : $0.uppercased() }.joined()
        let folds = ["-", "_", "."].flatMap { fold in
            [name, swapped].map { String($0.map { $0.isLetter || $0.isNumber ? $0 : Character(fold) }) }
        }
        return [name, name.lowercased(), name.uppercased(), swapped] + folds
    }

    @Test("Every name is dropped in every spelling, and counted", arguments: identityNames)
    func dropped(_ name: String) throws {
        for spelling in Self.spellings(name) {
            #expect(
                try Wire.survivors(["Accept: x", "\(spelling): forged", "X-End: y"]) == ["Accept: x", "X-End: y"], "\(spelling)")
            var head = RequestHead(names: try Wire.names())
            _ = Array("GET / HTTP/1.1\r\nHost: a\r\n\(spelling): forged\r\n\r\n".utf8).withUnsafeBytes { head.parse($0) }
            #expect(head.identityFields == 1)
            #expect(head.identityFieldNames().count == 1)
        }
    }

    @Test(
        "Names that only resemble one pass untouched",
        arguments: [
            "X-Client-Cer", "Client-Cert-Chai", "X-SSLx", "SSL", "X-Forwar", "WL-Proxy", "X-Amzn-Trace-Id", "X-Amzn-Requestid",
            "Certify",
            "X-MS-Version", "CF-Ray", "X-Auth-Token", "X-Remote", "OIDC", "Tailscale-Usage", "X-Jwt", "Remote-Users", "WSCC",
            "X-Wso2-Other",
            "X-Goo", "User-Agent", "Accept", "Cookie", "X-Request-Id", "traceparent", "X_Custom.Name", "Content-Encoding",
            "If-None-Match",
            // What SDKs, tracers and other ordinary clients send.
            "traceparent", "tracestate", "baggage", "b3", "X-B3-TraceId", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token",
            "amz-sdk-request", "x-ms-date", "x-ms-version", "x-ms-client-request-id", "x-ms-blob-type", "X-Goog-Api-Client", "X-Goog-User-Project",
            "X-Api-Key", "Api-Version", "Idempotency-Key", "X-Client-Version", "X-Client-Id", "X-Client-Request-Id", "X-Client-Info",
            "X-FAPI-Auth-Date", "X-FAPI-Customer-IP-Address", "x-v", "x-min-v", "PSU-ID", "X-JWS-Signature", "Signature-Input", "Content-Digest",
            "X-CSRF-Token", "Smart-Mode", "Ivy", "Oamaru", "X-Auth", "X-Auth-Signature", "Grpc-Timeout", "X-Stainless-OS", "Dapr-Api-Token",
            "X-User-Agent", "X-Remote-Control", "X-Proxy", "Cache-Control", "Caster", "X-Token", "Work-Load", "Txn-Id",
        ])
    func kept(_ name: String) throws {
        for spelling in [name, name.lowercased(), name.uppercased()] {
            #expect(try Wire.survivors(["\(spelling): v"]) == ["\(spelling): v"])
        }
    }

    @Test(
        "What only looks like a field that matters is dropped: CGI would take it for that field",
        arguments: [
            "Content_Length", "content.length", "Transfer_Encoding", "TRANSFER_ENCODING", "Content_Type", "Proxy_Authorization",
            "Keep_Alive",
            "Max_Forwards", "Early_Data", "HTTP2_Settings",
        ])
    func misspelled(_ name: String) throws {
        #expect(try Wire.survivors(["\(name): 5"]) == [])
        var head = RequestHead(names: try Wire.names())
        _ = Array("GET / HTTP/1.1\r\nHost: a\r\n\(name): 5\r\n\r\n".utf8).withUnsafeBytes { head.parse($0) }
        #expect(head.identityFieldNames() == ["misspelled"])
        #expect(head.framing == BodyFraming.none)
    }

    @Test("Configured names are dropped too, in every spelling, with or without an open ending")
    func additional() throws {
        let extra = [
            "X-Tenant", "X-Internal-*", "Cookie", "User-Agent", "Accept-*",
            "A-Very-Long-Name-" + String(repeating: "x", count: 40),
        ]
        for name in [
            "X_TENANT", "x.internal.anything", "X-Internal-", "Cookie", "user-agent", "Accept-Language", "Accept-Ch",
            extra[5].uppercased(),
        ] {
            #expect(try Wire.survivors(["\(name): v"], additional: extra) == [], "\(name)")
        }
        #expect(
            try Wire.survivors(["X-Tenants: v", "X-Internal: v", "Accept: v"], additional: extra) == [
                "X-Tenants: v", "X-Internal: v", "Accept: v",
            ])
    }

    @Test("A trusted field of another name is ours in both directions, and the default one is still an identity field")
    func otherTrusted() throws {
        var head = RequestHead(names: try StripList(trustedHeader: "X-Acme-Payments-Client-Certificate-Thumbprint"))
        let text =
            "GET / HTTP/1.1\r\nHost: a\r\nx_acme_payments_client_certificate_thumbprint: x\r\n\(Wire.trustedName): x\r\n\r\n"
        _ = Array(text.utf8).withUnsafeBytes { head.parse($0) }
        #expect(head.identityFields == 2)
        #expect(head.identityFieldNames() == ["x-acme-payments-client-certificate-thumbprint", "x-client-cert*"])
    }

    @Test("A field that we set takes its family with it, in every spelling: who believes the one believes the other")
    func families() throws {
        func survivors(_ set: [String], _ lines: [String], kept: [String] = [], additional: [String] = []) throws -> [String] {
            let names = try StripList(trustedHeader: "X-Thumb", additional: additional, set: set, kept: kept)
            return lines.filter { name in
                var head = RequestHead(names: names)
                _ = Array("GET / HTTP/1.1\r\nHost: a\r\n\(name): v\r\n\r\n".utf8).withUnsafeBytes { head.parse($0) }
                return head.identityFields == 0
            }
        }
        let acme = ["X-Acme-User", "x_acme_group", "X.ACME.Roles", "X-Acme", "X-Acme-User-Id", "x-acme-"]
        #expect(try survivors(["X-Acme-User"], acme) == [])
        #expect(try survivors([], acme) == acme)
        #expect(try survivors(["X-Acme-User"], ["X-Acmes", "X-Acm", "X-Other-User", "X"]) == ["X-Acmes", "X-Acm", "X-Other-User", "X"])
        // `X-` alone is nobody's family, and a name of one word is the beginning of its own.
        #expect(try survivors(["X-Org"], ["X-Org", "x_org_unit", "X-Orgs", "X-Team"]) == ["X-Orgs", "X-Team"])
        #expect(try survivors(["Org"], ["org", "Org-Unit", "Orgs", "X-Org"]) == ["Orgs", "X-Org"])
        #expect(try survivors([], ["X-Thumb", "X-Thumb-Of", "X-Thumbs"]) == ["X-Thumbs"])
        // What clients of any API send is of no family, unless the file strips it or it names an identity.
        let ordinary = [
            "X-Amz-Date", "X-Request-Id", "X-Api-Key", "X-Api-Version", "X-Ms-Version", "User-Agent", "X-Client-Version", "X-Amzn-Trace-Id",
        ]
        let set = ["X-Amz-User", "X-Request-User", "X-Api-User", "X-Ms-User", "User-Name", "X-Client-Sub", "X-Amzn-User"]
        #expect(try survivors(set, ordinary + ["X-Amz-User", "X-Request-Group", "X-Api-Group", "X-Ms-Role", "X-Amzn-Oidc-Data"]) == ordinary)
        #expect(try survivors(set, ordinary, additional: ["X-Amz-*", "X-Api-Key"]).contains("X-Amz-Date") == false)
        #expect(try survivors(["X-Amzn-Oidc-Sub"], ["X-Amzn-Oidc-Data"], kept: []) == [])
    }

    @Test("A name is kept by the file's word, but none that we set")
    func kept() throws {
        func claims(_ name: String, kept: [String], set: [String] = [], additional: [String] = []) throws -> Int {
            var head = RequestHead(names: try StripList(trustedHeader: "X-Thumb", additional: additional, set: set, kept: kept))
            _ = Array("GET / HTTP/1.1\r\nHost: a\r\n\(name): v\r\n\r\n".utf8).withUnsafeBytes { head.parse($0) }
            return head.identityFields
        }
        for spelling in Self.spellings("X-Scope-OrgID") { #expect(try claims(spelling, kept: ["X-Scope-OrgID"]) == 0) }
        #expect(try claims("X-Remote-Group", kept: ["X-Remote-Group"]) == 0 && claims("X-Remote-Extra", kept: ["X-Remote-Group"]) == 1)
        #expect(try claims("X-Envoy-Internal", kept: ["X-Envoy-*"]) == 0 && claims("Forwarded", kept: ["X-Forwarded-*"]) == 1)
        #expect(try claims("X-Acme-Group", kept: ["X-Acme-Group"], set: ["X-Acme-User"]) == 0)
        #expect(try claims("X-Acme-Group", kept: ["X-Acme-*"], set: ["X-Acme-User"]) == 0)
        #expect(try claims("X-Acme", kept: ["X-Acme*"], set: ["X-Acme-User"]) == 0)
        for pattern in ["X-Acme-*", "X-A*"] { #expect(try claims("x_acme_user", kept: [pattern], set: ["X-Acme-User"]) == 1) }
        #expect(try claims("x_thumb", kept: ["X-*"]) == 1 && claims("Client-Cert", kept: ["Client-*"]) == 1)
        #expect(try claims("X-Forwarded-For", kept: ["X-Forwarded-*"], set: ["X-Forwarded-For"]) == 1)
        #expect(try claims("X-Real-IP", kept: ["X-Real*"]) == 0 && claims("X-Internal-A", kept: ["X-Internal-A"], additional: ["X-Internal-*"]) == 0)
        for name in ["X-Thumb", "x_thumb", "X-Acme-User", "Client-Cert", "DPoP", "Connection", "Proxy-Authorization"] {
            #expect(throws: StripList.Mistake.reserved(name)) { try StripList(trustedHeader: "X-Thumb", set: ["X-Acme-User"], kept: [name]) }
        }
        #expect(throws: StripList.Mistake.notAFieldName("*")) { try StripList(trustedHeader: "X-Thumb", kept: ["*"]) }
        #expect(throws: Never.self) { try StripList(trustedHeader: "X-Thumb", kept: ["Accept", "Authorization", "Cookie", "X-Never-Stripped"]) }
    }

    @Test("The names of claims are ours, each once and at most eight, never the client's octets")
    func reported() throws {
        var head = RequestHead(names: try Wire.names())
        let lines = identityNames.filter { $0 != "DPoP" }.prefix(60).map { "\($0): x\r\n" }.joined()
        _ = Array("GET / HTTP/1.1\r\nHost: a\r\nSSL_EVIL: x\r\nssl-evil2: y\r\n\(lines)\r\n".utf8).withUnsafeBytes {
            head.parse($0)
        }
        #expect(head.identityFields == 62)
        #expect(head.identityFieldNames().first == "ssl-*")
        #expect(head.identityFieldNames().count == 8)
        #expect(Set(head.identityFieldNames()).count == 8)
        #expect(head.identityFieldNames(limit: 0) == [])
    }

    @Test("What cannot be stripped or trusted is a mistake of the configuration")
    func mistakes() {
        for name in ["", "a b", "a:", "é", "*", String(repeating: "x", count: 65), "a*b c"] {
            #expect(throws: StripList.Mistake.notAFieldName(name)) { try StripList(trustedHeader: "X", additional: [name]) }
        }
        for name in [
            "Host", "host", "Content-Length", "Transfer_Encoding", "Authorization", "Content-Type", "Cookie", "Connection",
            "User-Agent",
        ] {
            #expect(throws: StripList.Mistake.reserved(name)) { try StripList(trustedHeader: name) }
        }
        for name in ["Host", "Content-Length", "transfer-encoding", "Authorization", "Content-Type"] {
            #expect(throws: StripList.Mistake.reserved(name)) { try StripList(trustedHeader: "X", additional: [name]) }
        }
        #expect(throws: StripList.Mistake.tooMany(513)) {
            try StripList(trustedHeader: "X", additional: (0...512).map { "X-\($0)" })
        }
        #expect(throws: Never.self) { try StripList(trustedHeader: "X", additional: (1...512).map { "X-\($0)" }) }
    }
}
