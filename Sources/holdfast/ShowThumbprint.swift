import ArgumentParser
import BindingPolicy
import ClientIdentity
import Credentials
import HoldfastServer
import Timekeeping

struct ShowThumbprint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thumbprint",
        abstract: "Print the x5t#S256 of a certificate: what a token bound to it holds in cnf.",
        discussion: """
            The value is the SHA-256 of the certificate's DER encoding in base64url without padding, 43 characters (RFC 8705 \
            section 3.1). Of a file with several certificates the first one counts, which is the client's own.
            """)

    @Argument(help: "A certificate, PEM or DER.", completion: .file())
    var file: String

    @Flag(name: .shortAndLong, help: "Print the value alone, for scripts.")
    var quiet = false

    func run() throws {
        let summary: CertificateSummary
        do {
            summary = try CertificateSummary.first(in: file)
        } catch {
            printError("\(error.file): this file \(error.problem).")
            throw ExitCode(64)
        }
        if quiet { return print(summary.thumbprint.base64url) }
        print("x5t#S256  \(summary.thumbprint.base64url)")
        print("not this  \(summary.thumbprint.hex)  (hexadecimal, as openssl x509 -fingerprint prints it: wrong in a token)")
        print("subject   \(summary.subject)")
        if let window = summary.window { print("valid     \(Timestamp.text(window.notBefore)) to \(Timestamp.text(window.notAfter))") }
    }
}
