import ArgumentParser
import Foundation

struct IssuerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issuer",
        abstract: "Serve a development authorization server that binds tokens to certificates (RFC 8705).",
        discussion: """
            Three listeners over one set of keys:

              --address       TLS: metadata (RFC 8414, OpenID Connect) and key set
              --mtls-address  TLS that asks for a client certificate, published as
                              mtls_endpoint_aliases: the token endpoint
              --lab-address   plain HTTP on a loopback address: all of the above,
                              and what only a lab has

            The token endpoint grants client_credentials, by tls_client_auth or self_signed_tls_client_auth; its parameters \
            are client_id, scope and resource. What only a lab has:

              POST /lab/token   any token; each member of the JSON is optional:
                                {"bind": "none" or an x5t#S256, "expires_in": -60,
                                 "alg": "PS256", "claims": {"aud": "x", "sub": null},
                                 "header": {"typ": "JWT"}, "foreign_key": true}
              POST /lab/rotate  a new key signs; with ?drop=old, old ones vanish
              POST /lab/faults  {"jwks": "error"}, or hang, garbage, empty, none;
                                likewise "metadata" and "token"
              GET  /lab/counts  how often each endpoint was asked

            Registered are client-a and client-b (tls_client_auth) and client-self-signed, unless --clients names a file: a JSON \
            array of {"client_id", "token_endpoint_auth_method", "tls_client_auth_subject_dn" or "certificate", "scope"}.

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

    func validate() throws {
        guard pki != nil || (certificate != nil && privateKey != nil && clientsCA != nil && clients != nil) else {
            throw ValidationError("Give --pki, or all of --certificate, --private-key, --clients-ca and --clients.")
        }
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
                authenticator: try ClientAuthenticator(registered, authorities: LabDirectory.certificates(inPEM: authorities))))
        try await server.run()
    }
}
