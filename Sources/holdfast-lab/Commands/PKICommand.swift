import ArgumentParser
import Foundation

struct PKICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pki",
        abstract: "Write a CA, an intermediate, and server and client certificates; or do one job of a CA.",
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

            With --issue, one more certificate is added to a directory written before; with another of the jobs, a line each:

              holdfast-lab pki lab --issue brief --expires-in 5s
              holdfast-lab pki lab --issue api --usage server --dns api.example.com
              holdfast-lab pki lab --authority acme --permit-dns .acme.example --path-length 0
              holdfast-lab pki lab --authority acme-reports --from acme --scope reports:read
              holdfast-lab pki lab --issue billing --from acme --dns billing.acme.example \\
                --uri spiffe://acme.example/billing --organization Acme
              holdfast-lab pki lab --sign orders.csr --from acme
              holdfast-lab pki lab --renew billing --same-key
              holdfast-lab pki lab --revoke billing --reason keyCompromise
              holdfast-lab pki lab --crl acme --next-update 7d

            What an authority must not sign, by its own limits, it signs here all the same: refusing that is for those to do who \
            validate it.
            """)

    @Argument(help: ArgumentHelp("Where to write.", valueName: "directory"))
    var directory: String

    @Option(help: "Days the certificates are valid.")
    var days: Int = 30

    @OptionGroup(title: "Jobs, one at a time")
    var jobs: PKIJobs

    @OptionGroup(title: "With some of the jobs")
    var details: PKIDetails

    func validate() throws {
        guard (1...3650).contains(days) else { throw ValidationError("--days is from 1 to 3650.") }
        guard jobs.given.count <= 1 else { throw ValidationError("One job at a time: \(jobs.given.map(\.option).joined(separator: " or ")).") }
        if let job = jobs.given.first {
            guard job.hasPlainName else { throw ValidationError("\(job.option) takes a plain name.") }
        }
        if let name = details.as, !PKIJob.isPlain(name) { throw ValidationError("--as takes a plain name.") }
        for option in details.given where !option.jobs.contains(where: { $0 == jobs.given.first?.option }) {
            throw ValidationError("\(option.name) belongs to \(option.jobs.joined(separator: ", ")).")
        }
        guard details.from == nil || !details.selfSigned else { throw ValidationError("--from or --self-signed.") }
        guard details.scope.isEmpty || !details.noScope else { throw ValidationError("--scope or --no-scope.") }
        guard details.pathLength.map({ (0...16).contains($0) }) != false else { throw ValidationError("--path-length is from 0 to 16.") }
    }

    func run() throws {
        let directory = LabDirectory(directory)
        try directory.create()
        let lifetime = details.expiresIn?.seconds ?? TimeInterval(days) * 86_400
        if let job = jobs.given.first {
            try PKIWork(directory: directory, lifetime: lifetime, details: details).perform(job)
        } else {
            let pki = try LabPKI(lifetime: lifetime)
            try pki.write(to: directory)
            for entry in pki.entries { try PKIWork.show(entry.name, entry.identity.certificate) }
        }
    }
}
