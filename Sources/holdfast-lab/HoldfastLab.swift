import ArgumentParser

/// Everything needed to try and test Holdfast with no third party. Never linked into `holdfast`.
@main
struct HoldfastLab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast-lab",
        abstract: "A PKI, an OCSP responder, an authorization server and an upstream to try Holdfast with.",
        discussion: """
            For development and tests only: keys are written unencrypted and the issuer mints what it is asked for.

            The servers print one line of JSON with the addresses they listen on as soon as they are ready, so port 0 (any \
            free port) is the usual choice, and run until they are stopped.

              holdfast-lab pki lab
              holdfast-lab upstream
              holdfast-lab issuer --pki lab
              holdfast-lab ocsp --pki lab
            """,
        subcommands: [PKICommand.self, OCSPCommand.self, IssuerCommand.self, UpstreamCommand.self, InterleaveCommand.self, HandshakesCommand.self]
    )
}
