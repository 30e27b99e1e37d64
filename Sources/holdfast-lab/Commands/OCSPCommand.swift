import ArgumentParser

struct OCSPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ocsp",
        abstract: "Answer for the authorities of a directory of holdfast-lab pki (OCSP, RFC 6960).",
        discussion: """
            GET and POST over plain HTTP. A certificate is revoked if it is in AUTHORITY.revoked, good if it is in one of the \
            directory's files, unknown otherwise; of an authority that is not there nothing is said (unauthorized). Files are \
            read anew for each answer. A nonce is echoed. The authority signs, or with --signer whoever it delegated that to:

              holdfast-lab pki lab --issue ocsp --usage ocsp
              holdfast-lab ocsp --pki lab --signer ocsp --address 127.0.0.1:8889
              openssl ocsp -issuer lab/intermediate.pem -cert lab/client-a.pem \\
                -url http://127.0.0.1:8889 -CAfile lab/ca.pem
            """)

    @Option(help: ArgumentHelp("A directory that holdfast-lab pki wrote.", valueName: "directory"))
    var pki: String

    @Option(help: "Where to listen; port 0 takes a free one.")
    var address = Address.anyLoopbackPort

    @Option(help: ArgumentHelp("Who signs for the authority that issued its certificate.", valueName: "name"))
    var signer: String?

    @Option(help: "How long an answer holds; below zero for one that is stale.")
    var nextUpdate = Interval.oneHour

    func run() async throws {
        let directory = LabDirectory(pki)
        guard try !directory.authorities.isEmpty else { throw LabError("there is no authority in \(pki)") }
        if let signer { _ = try directory.read(signer) }
        let responder = StatusResponder(directory: directory, delegate: signer, nextUpdate: nextUpdate.seconds)
        try await StatusServer(address, responder: responder).run()
    }
}
