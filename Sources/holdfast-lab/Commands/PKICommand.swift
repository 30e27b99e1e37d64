import ArgumentParser
import Foundation

struct PKICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pki",
        abstract: "Write a CA, an intermediate, and server and client certificates.",
        discussion: """
            Each NAME becomes NAME.pem (the certificate first, then its intermediate) and NAME.key. Printed beside each is its \
            x5t#S256, the value a token is bound by.

              ca, intermediate    the authorities
              clients-ca          the root that a listener should trust
              server              for localhost, 127.0.0.1 and ::1
              client-a, client-b  good clients
              client-a-renewed    the key and subject of client-a, a new certificate
              client-self-signed  signed by itself
              api-gateway         a resource server, which asks about tokens; also
                                  api-gateway-assertion.key (P-256) for private_key_jwt
                                  and api-gateway.secret for client_secret_basic
              client-expired, client-future, client-serverauth
                                  each wrong in the one way it is named for
              stranger            the names of client-a and its CAs, other keys
              stranger-ca         the root of stranger

            With --issue, one more certificate is added to a directory written before.

              holdfast-lab pki lab --issue brief --expires-in 5s
            """)

    @Argument(help: ArgumentHelp("Where to write.", valueName: "directory"))
    var directory: String

    @Option(help: "Days the certificates are valid.")
    var days: Int = 30

    @Option(help: ArgumentHelp("Issue only this certificate, from the directory's intermediate.", valueName: "name"))
    var issue: String?

    @Option(help: "With --issue: how long it is valid, such as 5s; below zero for one that has expired.")
    var expiresIn: Interval?

    @Option(help: "With --issue: its extended key usage.")
    var usage: CertificateUsage = .client

    @Option(help: "With --issue: its kind of key.")
    var key: KeyKind = .ec

    @Flag(help: "With --issue: signed by its own key.")
    var selfSigned = false

    func validate() throws {
        guard (1...3650).contains(days) else { throw ValidationError("--days is from 1 to 3650.") }
        if let issue, issue.isEmpty || issue.contains("/") { throw ValidationError("--issue takes a plain name.") }
        if issue == nil, expiresIn != nil || selfSigned { throw ValidationError("--expires-in and --self-signed belong to --issue.") }
    }

    func run() throws {
        let directory = LabDirectory(directory)
        let lifetime = TimeInterval(days) * 86_400
        try directory.create()
        if let issue {
            let identity = try issueOne(named: issue, lifetime: expiresIn?.seconds ?? lifetime, from: directory)
            try directory.write(identity, as: issue)
            try show(issue, identity)
        } else {
            let pki = try LabPKI(lifetime: lifetime)
            try pki.write(to: directory)
            for entry in pki.entries { try show(entry.name, entry.identity) }
        }
    }

    private func issueOne(named name: String, lifetime: TimeInterval, from directory: LabDirectory) throws -> IssuedCertificate {
        let request = LeafRequest(
            name, key: try key.generate(), usage: usage, lifetime: lifetime,
            alternativeNames: usage == .server ? LeafRequest.loopbackNames : [])
        guard !selfSigned else { return try LabAuthority.selfSigned(request) }
        return try LabAuthority(identity: try directory.read("intermediate")).leaf(request)
    }

    private func show(_ name: String, _ identity: IssuedCertificate) throws {
        print(name.padding(toLength: max(20, name.count), withPad: " ", startingAt: 0), try identity.certificate.thumbprint)
    }
}
