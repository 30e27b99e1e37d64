import ArgumentParser

struct InterleaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interleave",
        abstract: "Send the requests of several clients at once, and look for an answer that reached the wrong one.",
        discussion: """
            Connections take turns among the clients. Each request has a target of its own, and the lab upstream behind the proxy \
            says which target and which thumbprint reached it: an answer with another's, with none or with two is crossed. \
            upstream_connections counts the proxy's connections that were seen, shared_upstream_connections those that carried \
            more than one client. Exits 1 unless every answer is right.

              holdfast-lab interleave --pki lab --server 127.0.0.1:8443 \\
                --client client-a=a.token --client client-b=b.token
            """)

    @Option(help: ArgumentHelp("A directory that holdfast-lab pki wrote.", valueName: "directory"))
    var pki: String

    @Option(help: "Where the proxy listens; its certificate must name this address.")
    var server: Address

    @Option(help: ArgumentHelp("A client and the file with its token; repeatable.", valueName: "name=file"))
    var client: [ClientArgument]

    @Option(help: "How many connections at a time.")
    var connections: Int = 64

    @Option(help: "How many requests in all.")
    var requests: Int = 200_000

    @Option(help: "The field that the proxy shows the thumbprint in.")
    var header: String = "X-Client-Cert-SHA256"

    func validate() throws {
        guard !client.isEmpty else { throw ValidationError("Name at least one --client.") }
        guard (1...4096).contains(connections), requests >= connections else {
            throw ValidationError("--connections is from 1 to 4096, and --requests at least as many.")
        }
    }

    func run() async throws {
        let directory = LabDirectory(pki)
        let identities = try client.map { try LoadIdentity($0, in: directory) }
        let tally = await withTaskGroup(of: LoadTally.self) { group in
            for number in 0..<connections {
                let connection = LoadConnection(
                    number: number, identity: identities[number % identities.count], server: server, thumbprintHeader: header.lowercased())
                let share = requests / connections + (number < requests % connections ? 1 : 0)
                group.addTask { await connection.run(share) }
            }
            return await group.reduce(into: LoadTally()) { $0.add($1) }
        }
        print(String(decoding: try JSONText.encode(tally), as: UTF8.self))
        if tally.right != requests { throw ExitCode.failure }
    }
}
