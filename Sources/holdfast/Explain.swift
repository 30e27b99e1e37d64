import ArgumentParser
import Files
import Foundation
import HoldfastServer

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge one request as the proxy would, and show each rule it passes or fails.",
        discussion: """
            Each rule is passed, failed or not reached, with what was expected and what was found. Keys are fetched and opaque \
            tokens are looked up as the proxy would do it; with --keys, or where the configuration names key files, nothing leaves \
            this machine. The token is never printed. The request is the one that a client would send: its head is read by the proxy's \
            own parser, with a Host that is served and whatever --header adds.

            Exit code 0 where the request would pass, 1 where it would not (also where report_only still forwards it), 64 for bad usage or configuration.
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(help: "The client's certificate, PEM or DER; intermediates may follow it.", completion: .file())
    var certificate: String

    @Option(help: "A file with the token alone; - for standard input.", completion: .file())
    var token: String

    @Option(help: "The request's method.")
    var method = "GET"

    @Option(help: "The request's path, without its query.")
    var path = "/"

    @Option(help: "A further field of the request, 'Name: value'. Can be repeated; Host takes the place of the one that is there by itself.")
    var header: [String] = []

    @Option(help: "A JSON Web Key Set to verify with instead of fetching the issuers' keys.", completion: .file())
    var keys: String?

    @Option(
        help:
            "Another certificate that the token may be bound to, such as the one before a renewal. Can be repeated; certificates in the folder of --certificate are compared anyway.",
        completion: .file()
    )
    var other: [String] = []

    func validate() throws {
        guard !method.isEmpty, method.utf8.allSatisfy({ 0x21...0x7e ~= $0 && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) }) else {
            throw ValidationError("--method is a word such as GET or POST.")
        }
        guard path.hasPrefix("/") || path == "*", !path.contains("?"), isOneLine(path) else {
            throw ValidationError("--path is a path such as /payments/7, without a query.")
        }
        guard header.allSatisfy({ $0.contains(":") && isOneLine($0) }) else {
            throw ValidationError("--header is a field such as 'Host: api.example.com'.")
        }
    }

    private func isOneLine(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") && $0 != 0 }
    }

    func run() async throws {
        let blueprint = try file.load()
        let explanation: Explanation
        do {
            let request = Explainer.Request(
                certificate: certificate, token: try readToken(), method: method, path: path, others: other, fields: header, keys: keys)
            explanation = try await Explainer(blueprint).explain(request)
        } catch let fault as Explainer.Fault {
            printError("\(fault)")
            throw ExitCode(64)
        }
        show(explanation)
        if !explanation.isPermitted { throw ExitCode(1) }
    }

    /// Without the white space around it.
    private func readToken() throws -> String {
        let octets: [UInt8]
        if token == "-" {
            octets = [UInt8](try FileHandle.standardInput.read(upToCount: Self.longestToken) ?? Data())
        } else {
            do throws(FileFault) { octets = try RegularFile.read(token, limit: Self.longestToken) } catch {
                let hint = error == .notRegular(.pipe) ? " Write - and give the token on standard input." : ""
                throw Explainer.Fault(description: "\(token): this file \(error.problem).\(hint)")
            }
        }
        return String(decoding: ByteOrderMark.removed(from: octets), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Octets: more than any that is looked at, and some white space around it.
    private static let longestToken = 64 << 10

    private func show(_ explanation: Explanation) {
        print("\(method) \(path.printable): \(explanation.route)")
        for finding in explanation.findings {
            print("\(finding.outcome.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)) \(finding.rule.rawValue)")
            if let expected = finding.expected { print("             expected  \(expected)") }
            if let found = finding.found { print("             found     \(found)") }
            for note in finding.notes { print("             \(note)") }
        }
        print(explanation.conclusion)
    }
}

extension String {
    /// Without a character that a terminal would act on.
    fileprivate var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? "?" : $0 }))
    }
}
