import ArgumentParser

struct Holdfast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "A reverse proxy that enforces certificate-bound access tokens (RFC 8705) in front of any API.",
        discussion: """
            Clients connect with TLS and a client certificate. A request passes only with a bearer token whose cnf.x5t#S256 is the \
            SHA-256 of that certificate; everything in it that could claim an identity is removed, and the API gets one header \
            it can trust.

            Exit codes: 0, 1 for a failure at run time, 64 for bad usage or a bad configuration.
            """,
        version: "0.1.0",
        subcommands: [
            Run.self, Check.self, Explain.self, Init.self, PrintSchema.self, ProbeCommand.self, ShowThumbprint.self,
        ])
}
