import ArgumentParser
import NIOSSL

struct UpstreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upstream",
        abstract: "Serve an API that answers with what reached it.",
        discussion: """
            Each answer is JSON: the number of the connection and of the request on it, method, target and version, the fields in \
            order, the whole head octet for octet (as ISO-8859-1), and the body's length, SHA-256 and, where small, text. \
            GET /_lab/count answers with the counts so far and is not counted itself.

            A request can say how it wants to be answered in the field Lab-Respond, directives separated by semicolons:

            \(Directions.help)

              curl -H 'Lab-Respond: status=503; delay=1s' http://127.0.0.1:8080/
            """)

    @Option(help: "Where to listen; port 0 takes a free one.")
    var address = Address.anyLoopbackPort

    @Option(help: ArgumentHelp("Listen on this Unix socket instead.", valueName: "path"))
    var unix: String?

    @Option(help: ArgumentHelp("Speak TLS with the server certificate of this directory of holdfast-lab pki.", valueName: "directory"))
    var pki: String?

    @Option(help: ArgumentHelp("Append every octet received to this file.", valueName: "file"))
    var record: String?

    func run() async throws {
        let server = UpstreamServer(
            place: unix.map { .unix($0) } ?? .tcp(address), ledger: try UpstreamLedger(recordingTo: record),
            tls: try pki.map { try ServerTLS(LabDirectory($0)).context() })
        try await server.run()
    }
}
