import ArgumentParser
import Foundation

struct IssuerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issuer",
        abstract: "Serve a development authorization server that binds tokens to certificates (RFC 8705).",
        discussion: """
            Three listeners over one set of keys:

              --address       TLS: metadata (RFC 8414, OpenID Connect), key set,
                              introspection and revocation
              --mtls-address  TLS that asks for a client certificate, published as
                              mtls_endpoint_aliases: all of that, and tokens
              --lab-address   plain HTTP on a loopback address: all of the above,
                              and what only a lab has

              POST /token       client_credentials, by tls_client_auth or
                                self_signed_tls_client_auth; parameters client_id,
                                scope, resource and token_format (jwt or opaque)
              POST /introspect  RFC 7662, and signed by RFC 9701 for those that accept
                                application/token-introspection+jwt; of JWTs, too
              POST /revoke      RFC 7009; a client may revoke its own tokens

            The newest 65536 tokens are known; older ones are not active. What only a lab has:

              POST /lab/token   any token; each member of the JSON is optional:
                                {"bind": "none" or an x5t#S256, "expires_in": -60,
                                 "alg": "PS256", "claims": {"aud": "x", "sub": null},
                                 "header": {"typ": "JWT"}, "foreign_key": true}
                                opaque with "opaque": true, and with "token" as it is
                                to be; "claims" are then what introspection says, and
                                one named "active" is said whatever the time
              POST /lab/rotate  a new key signs; with ?drop=old, old ones vanish
              POST /lab/faults  {"jwks": "error"}, or hang, garbage, empty, none;
                                likewise "metadata", "token", "introspect", "revoke".
                                Or what to write over the usual answer:
                                {"introspect": {"delay": "2s", "status": 503,
                                 "headers": {"X": "y"}, "content_type": "text/html",
                                 "body": "raw", "padding": 2000000 (spaces after it),
                                 "members": {"exp": 1, "cnf": null},
                                 "jwt": {"header": {"typ": "JWT"}, "claims": {"aud": "x"},
                                  "alg": "PS256", "foreign_key": true} (if signed),
                                 "times": 1 (left out: until changed)}}
              GET  /lab/counts  how often each endpoint was asked: "introspect", of that
                                "introspect_mtls" on the mutual-TLS listener, and most
                                at once "introspect_peak"; "introspect_private_key_jwt"
                                and so on, by how the resource server authenticated
              GET  /lab/last?introspect
                                what an endpoint was asked last

            Registered are client-a and client-b (tls_client_auth), client-self-signed, and the resource server api-gateway, which \
            may use each of tls_client_auth, private_key_jwt and client_secret_basic, gets no tokens, and alone may introspect. \
            --clients names a file with others: a JSON array of {"client_id", "token_endpoint_auth_method", \
            "tls_client_auth_subject_dn", "certificate", "jwks" or "client_secret", "scope" (none: a resource server), \
            "token_format"}, with an entry for each method that a client may use.

              curl --cacert lab/ca.pem --cert lab/client-a.pem --key lab/client-a.key \\
                -d grant_type=client_credentials -d client_id=client-a \\
                https://127.0.0.1:PORT/token
            """)

    @Option(help: "The TLS listener; port 0 takes a free one.")
    var address = Address.anyLoopbackPort

    @Option(help: "The mutual-TLS listener.")
    var mtlsAddress = Address.anyLoopbackPort

    @Option(help: "The plain listener, loopback only.")
    var labAddress = Address.anyLoopbackPort

    @Option(help: ArgumentHelp("A directory of holdfast-lab pki: its server certificate, clients' CA and clients.", valueName: "directory"))
    var pki: String?

    @Option(help: ArgumentHelp("In place of the directory's: the server's certificate, leaf first.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("In place of the directory's: the server's key.", valueName: "file"))
    var privateKey: String?

    @Option(help: ArgumentHelp("In place of the directory's: the roots of client certificates.", valueName: "file"))
    var clientsCA: String?

    @Option(help: ArgumentHelp("In place of the directory's: the registered clients.", valueName: "file"))
    var clients: String?

    @Option(help: ArgumentHelp("The issuer's identifier; the TLS listener's URL unless given.", valueName: "url"))
    var issuer: String?

    @Option(help: ArgumentHelp("A resource that tokens can be for; repeatable, the first is the default.", valueName: "uri"))
    var audience: [String] = ["https://api.example.com"]

    @Option(help: "What keys to sign with; repeatable, the first is the default.")
    var algorithm: [SigningAlgorithm] = [.ES256]

    @Option(help: "How long tokens are valid.")
    var lifetime = Interval.fiveMinutes

    @Flag(help: "Tokens are opaque unless they are asked for as JWTs.")
    var opaque = false

    @Flag(help: "Write into --pki, before it listens, the tokens that holdfast probe --lab takes: bound.token to client-a, and bad ones.")
    var tokens = false

    @Flag(
        inversion: .prefixedNo,
        help: "Publish mtls_endpoint_aliases; without, the endpoints published are those that ask for a certificate.")
    var aliases = true

    func validate() throws {
        guard pki != nil || (certificate != nil && privateKey != nil && clientsCA != nil && clients != nil) else {
            throw ValidationError("Give --pki, or all of --certificate, --private-key, --clients-ca and --clients.")
        }
        guard pki != nil || !tokens else { throw ValidationError("--tokens needs --pki.") }
        guard labAddress.isLoopback else { throw ValidationError("--lab-address mints any token: loopback addresses only.") }
        guard Set(algorithm).count == algorithm.count, !algorithm.isEmpty else { throw ValidationError("Name each --algorithm once.") }
        guard lifetime.seconds >= 1 else { throw ValidationError("--lifetime is a second or more.") }
    }

    func run() async throws {
        let directory = LabDirectory(pki ?? ".")
        let authorities = try String(contentsOfFile: clientsCA ?? directory.path("clients-ca.pem"), encoding: .utf8)
        let registered = try clients.map(RegisteredClient.read) ?? RegisteredClient.builtIn(directory)
        let server = try await IssuerServer(
            IssuerServer.Settings(
                address: address, mutualTLSAddress: mtlsAddress, labAddress: labAddress,
                tls: ServerTLS(
                    certificate: certificate ?? directory.path("server.pem"), privateKey: privateKey ?? directory.path("server.key")),
                issuer: issuer, audiences: audience, algorithms: algorithm, lifetime: Int(lifetime.seconds),
                format: opaque ? .opaque : .jwt, hasAliases: aliases,
                authenticator: try ClientAuthenticator(registered, authorities: LabDirectory.certificates(inPEM: authorities)),
                probeTokens: tokens ? directory : nil))
        try await server.run()
    }
}
