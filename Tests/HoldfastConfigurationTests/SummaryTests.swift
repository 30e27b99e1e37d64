import Foundation
import HoldfastConfiguration
import Testing

@Suite("What check says, and the example that is shipped")
struct SummaryTests {
    private var example: String {
        get throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            return try String(contentsOf: root.appendingPathComponent("deploy/holdfast.example.yaml"), encoding: .utf8)
        }
    }

    @Test("The smallest configuration")
    func smallest() throws {
        #expect(
            try lines(minimal) == [
                "Listens on 127.0.0.1:8443 with TLS 1.2 and 1.3; each client must present a certificate and prove its key.",
                "Speaks HTTP/2 with 100 requests of a connection at once; one on which 200 are given up, or 200 broken, within 30s is ended; and HTTP/1.1.",
                "Accepts client certificates with a valid path to a CA in clients-ca.pem, and no others.",
                "Accepts tokens of https://as.example.com for https://api.example.com: signed with ES256, PS256, EdDSA (Ed25519), `typ` at+jwt, keys discovered from the issuer's metadata, taken until `exp`.",
                "Every request needs a token bound to the client's certificate.",
                "Forwards to http://127.0.0.1:8080.",
                "The upstream receives the certificate's thumbprint in X-Client-Cert-SHA256, the Authorization field as it came, and the client's address in X-Forwarded-For.",
                "Serves neither health nor metrics: there is no `admin` section.",
                "Logs a line a request on standard output, and its own messages from level info on.",
                "Nothing in this configuration is weaker than the default.",
            ])
    }

    @Test("A configuration that is weak in every way that there is")
    func weakest() throws {
        let yaml = """
            listener: {address: "0.0.0.0:8443", certificate: server.pem, private_key: server.key, minimum_tls: 1.3}
            client_certificates: {trust: any}
            tokens:
              - {issuer: "https://a.example", audience: [a, b], algorithms: [RS256, ES256, RS512], type: any, leeway: 61s, keys: keys.json}
              - {issuer: "https://b.example", audience: c, leeway: 60s, keys: "https://b.example/jwks"}
            upstream: {url: "http://api.internal", cleartext: allowed}
            forward: {authorization: remove, client_address: none, strip: [X-A, X-B], thumbprint_header: X-Thumb}
            routes:
              - {path: /p/*, methods: [GET, POST], scopes: [r, w]}
              - {path: /as/token, require: certificate}
              - {path: /q}
            admin: {address: "0.0.0.0:9901"}
            log: {level: debug, access: false}
            """
        #expect(
            try lines(yaml) == [
                "Listens on 0.0.0.0:8443 with TLS 1.3 only; each client must present a certificate and prove its key.",
                "Speaks HTTP/2 with 100 requests of a connection at once; one on which 200 are given up, or 200 broken, within 30s is ended; and HTTP/1.1.",
                "Accepts whatever client certificate, also self-signed or expired: only the binding of the token counts.",
                "Accepts tokens of https://a.example for one of a, b: signed with RS256, ES256, RS512, `typ` at+jwt, JWT or none, keys from the file keys.json, taken until `exp` and 61s longer.",
                "Accepts tokens of https://b.example for c: signed with ES256, PS256, EdDSA (Ed25519), `typ` at+jwt, keys from https://b.example/jwks, taken until `exp` and 1m longer.",
                "GET and HEAD, POST on /p/* needs a token bound to the client's certificate, with `r` and `w` in its scope.",
                "Any method on /as/token needs a client certificate only: no token is looked at.",
                "Any method on /q needs a token bound to the client's certificate.",
                "Every other request needs a token bound to the client's certificate, whatever its scope.",
                "Paths are held against routes as they are spelled, and as an API could read them that folds case, dots and spaces around segments, compatibility forms (NFKC) and further layers of encoding (`matching: fold`): the stricter route holds, and where neither is, the path is refused as ambiguous.",
                "Forwards to http://api.internal.",
                "The upstream receives the certificate's thumbprint in X-Thumb, no Authorization field. Beside the usual names it never sees what clients send in X-A, X-B.",
                "Serves /livez, /readyz, /metrics and /status in clear on 0.0.0.0:9901.",
                "Logs no line for single requests, and its own messages from level debug on.",
                "warning: client_certificates.trust is `any`: certificates are not held against a CA, so a route without a token is open to everybody.",
                "warning: tokens[0].type is `any`: other JWTs of https://a.example with this audience, such as ID tokens, are taken for access tokens.",
                "warning: tokens[0].leeway is 61s: so long after their expiry tokens are still taken.",
                "warning: tokens[0].algorithms has RS256, RS512: the FAPI profiles do not allow it (FAPI 2.0 section 5.4.1); use PS256 or ES256 where the issuer can.",
                "warning: /as/token asks for no token: everybody with an accepted certificate gets through.",
                "warning: upstream.cleartext is `allowed`: tokens and the trusted header travel to api.internal in clear, and whoever is on the way can read and forge them.",
                "warning: admin.address 0.0.0.0:9901 is not a loopback address: whoever reaches it sees the metrics.",
            ])
    }

    @Test("An https upstream says whose certificate is taken and what is shown")
    func encryptedUpstream() throws {
        let all = changed(
            "url: http://127.0.0.1:8080",
            to:
                "url: https://a\n  certificate_authorities: as-ca.pem\n  certificate: server.pem\n  private_key: server.key\n  server_name: b.c"
        )
        #expect(
            try lines(all).contains(
                "Forwards to https://a, whose certificate must be for b.c and from a CA in as-ca.pem, showing server.pem."))
        let none = changed("url: http://127.0.0.1:8080", to: "url: https://a")
        #expect(try lines(none).contains("Forwards to https://a, whose certificate must be for a and from a CA that this system trusts."))
    }

    @Test("The shipped example has no mistakes, and its one weaker route is named")
    func shippedExample() throws {
        #expect(try mistakes(example) == [])
        #expect(
            try lines(example).filter { $0.hasPrefix("warning") } == [
                "warning: /as/token asks for no token: everybody with an accepted certificate gets through."
            ])
    }

    @Test("What the example shows in comments is the default, and a key that there is")
    func commentedDefaults() throws {
        let text = try example.replacing("url: http://127.0.0.1:8080", with: "url: https://api.internal")
        // A key behind `# ` at the start of a line is one that was commented out; prose starts otherwise.
        let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.replacing(/^(\ *)# ([a-z_]+:)/) { "\($0.1)\($0.2)" } }.joined(separator: "\n")
        #expect(uncommented != text)
        #expect(mistakes(uncommented) == [])
        let (shown, defaults) = (try read(uncommented), try read(text))
        #expect(
            shown.listener.minimumTLS == defaults.listener.minimumTLS && shown.listener.maxConnections == defaults.listener.maxConnections)
        #expect(
            shown.listener.handshakeTimeout == defaults.listener.handshakeTimeout
                && shown.listener.headTimeout == defaults.listener.headTimeout)
        #expect(shown.listener.idleTimeout == defaults.listener.idleTimeout && shown.listener.bodyTimeout == defaults.listener.bodyTimeout)
        #expect(shown.listener.maxHead == defaults.listener.maxHead && shown.forward == defaults.forward)
        #expect(shown.listener.maxTarget == defaults.listener.maxTarget && shown.listener.maxFields == defaults.listener.maxFields)
        #expect(shown.listener.protocols == defaults.listener.protocols && shown.listener.http2 == defaults.listener.http2)
        #expect(shown.tokens[0].algorithms == defaults.tokens[0].algorithms && shown.tokens[0].leeway == defaults.tokens[0].leeway)
        #expect(shown.tokens[0].cooldown == defaults.tokens[0].cooldown && shown.tokens[0].staleKeys == defaults.tokens[0].staleKeys)
        #expect(shown.tokens[0].refreshKeys == defaults.tokens[0].refreshKeys)
        let (asked, asking) = (shown.tokens.last?.introspection, defaults.tokens.last?.introspection)
        #expect(asked?.cache == asking?.cache && asked?.timeout == asking?.timeout && asked?.maxConcurrent == asking?.maxConcurrent)
        #expect(asked?.responseAlgorithms == asking?.responseAlgorithms && asked != nil)
        #expect(shown.routes == defaults.routes && shown.routeTable == defaults.routeTable && shown.resource == defaults.resource)
        #expect(shown.tokens[0].type == defaults.tokens[0].type && shown.verificationCache == defaults.verificationCache)
        #expect(
            shown.upstream.connectTimeout == defaults.upstream.connectTimeout
                && shown.upstream.responseTimeout == defaults.upstream.responseTimeout)
        #expect(
            shown.upstream.idleTimeout == defaults.upstream.idleTimeout && shown.upstream.maxConnections == defaults.upstream.maxConnections
        )
    }

    @Test("The example shows every key")
    func everyKey() throws {
        // Each section is asked for a key that there is not, and its mistake names those that there are.
        let none = "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz: 1"
        let found = mistakes(
            ["client_certificates", "resource", "upstream", "forward", "limits", "admin", "log", "shutdown"].map { "\($0): {\(none)}\n" }
                .joined()
                + "listener: {\(none), http2: {\(none)}}\ntokens: [{\(none), introspection: {\(none)}}]\nroutes: [{\(none), scopes: {\(none)}}]\n\(none)\n"
        ).filter { $0.contains("The keys here are") }
        #expect(found.count == 15)
        let names = found.flatMap { $0.matches(of: /`([a-z_]+)`/).map { String($0.1) } }
        #expect(names.count > 80)
        let text = try example
        for name in names { #expect(text.contains(try Regex("\\b\(name):")), "\(name)") }
    }

    @Test("The file of the design has no mistakes")
    func design() throws {
        let yaml = """
            listener:
              address: 0.0.0.0:8443
              certificate: server.pem            # PEM, leaf first
              private_key: server.key
            client_certificates:
              trust: authorities                 # authorities: a path to one of these CAs.
              authorities: clients-ca.pem
              revocation_lists: [clients.crl]    # optional, PEM or DER
            tokens:                              # at least one issuer
              - issuer: https://as.example.com
                audience: https://api.example.com      # or a list
                algorithms: [ES256, PS256]             # allow-list
                keys: https://as.example.com/jwks      # a URL or a file
                type: at+jwt
              - issuer: https://opaque.example.com
                audience: https://api.example.com
                introspection:
                  endpoint: https://opaque.example.com/introspect
                  authentication: tls_client_auth
                  client_id: api-gateway
                  certificate: introspection.pem
                  private_key: introspection.key
                  cache: 30s
            resource:
              identifier: https://api.example.com
              metadata_address: 0.0.0.0:8444
            upstream:
              url: http://127.0.0.1:8080
            forward:
              thumbprint_header: X-Client-Cert-SHA256
              authorization: keep
            routes:
              - path: /payments/*
                methods: [POST]
                scopes: [payments:write]
              - path: /as/token
                require: certificate
            admin:
              address: 127.0.0.1:9901
            log:
              level: info
              access: true
            threads: 2
            verification_cache: 65536

            """
        #expect(mistakes(yaml) == [])
    }

    @Test("A file full of mistakes has them all told, in its order")
    func everything() {
        let yaml = """
            listner: {}
            client_certificates: {trust: maybe}
            tokens:
              - issuer: http://as.example.com
                algorithms: [none, HS256, ES256]
                leeway: 6m
              - 7
            upstream: {url: http://api, certificate: absent.pem}
            forward: {thumbprint_header: Host, strip: [Content-Length]}
            routes: [{path: x, require: neither}, {path: /a, scopes: []}]
            admin: {address: 9901}
            threads: 0
            threads: 0
            """
        #expect(
            mistakes(yaml).map { $0.split(separator: ": ").prefix(2).joined(separator: " ") } == [
                "1:1 listner", "1:1 listener", "2:30 client_certificates.trust", "4:5 tokens[0].audience", "4:13 tokens[0].issuer",
                "5:18 tokens[0].algorithms[0]", "5:24 tokens[0].algorithms[1]", "6:13 tokens[0].leeway", "7:5 tokens[1]",
                "8:17 upstream.url", "8:29 upstream.certificate", "8:42 upstream.certificate", "9:30 forward.thumbprint_header",
                "9:44 forward.strip[0]", "10:17 routes[0].path", "10:29 routes[0].require", "10:58 routes[1].scopes", "11:18 admin.address",
                "12:10 threads", "13:1 threads",
            ])
    }
}
