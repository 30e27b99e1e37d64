import ArgumentParser
import Files
import Foundation
import Probe

/// The certificates and tokens that a deployment is tried with: file by file, or those of a lab's folder.
struct ProbeMaterial: ParsableArguments {
    @Option(
        help: "A folder that holdfast-lab pki and holdfast-lab issuer --tokens have filled: stands for all of the following.", completion: .directory)
    var lab: String?

    @Option(help: "The client's certificate, PEM; its intermediates follow it.", completion: .file())
    var certificate: String?

    @Option(help: "Its private key, PEM.", completion: .file())
    var key: String?

    @Option(help: "A file with a token that is bound to the certificate.", completion: .file())
    var token: String?

    @Option(help: "Another client's certificate, PEM.", completion: .file())
    var otherCertificate: String?

    @Option(help: "Its private key, PEM.", completion: .file())
    var otherKey: String?

    @Option(help: "A token that is bound to no certificate.", completion: .file())
    var unboundToken: String?

    @Option(help: "One that has expired.", completion: .file())
    var expiredToken: String?

    @Option(help: "One for another API.", completion: .file())
    var wrongAudienceToken: String?

    @Option(help: "One that never expires: without exp.", completion: .file())
    var endlessToken: String?

    @Option(help: "A further one that must be refused. Can be repeated.", completion: .file())
    var badToken: [String] = []

    @Option(help: "The authorities that the server's certificate comes from, PEM. Left out: the system's.", completion: .file())
    var ca: String?

    struct Gathered {
        let files: Prober.Files
        let token: String
        let badTokens: [ProbeSubject.BadToken]
    }

    func gathered() throws -> Gathered {
        guard let certificate = certificate ?? inLab("client-a.pem"), let key = key ?? inLab("client-a.key"),
            let token = token ?? inLab("bound.token")
        else { throw ProbeFault("--certificate, --key and --token are needed, or --lab.") }
        var files = Prober.Files(certificate: certificate, key: key)
        files.otherCertificate = otherCertificate ?? inLab("client-b.pem")
        files.otherKey = otherKey ?? inLab("client-b.key")
        guard (files.otherCertificate == nil) == (files.otherKey == nil) else {
            throw ProbeFault("--other-certificate and --other-key belong together.")
        }
        files.authorities = ca ?? inLab("ca.pem")
        let named: [(id: String, title: String, path: String?)] = [
            ("token_unbound", "a token that is bound to no certificate", unboundToken ?? inLab("unbound.token")),
            ("token_expired", "an expired token", expiredToken ?? inLab("expired.token")),
            ("token_audience", "a token for another API", wrongAudienceToken ?? inLab("wrong-audience.token")),
            ("token_endless", "a token without exp", endlessToken ?? inLab("endless.token")),
        ]
        var bad = try named.compactMap { entry in
            try entry.path.map { ProbeSubject.BadToken(id: entry.id, title: entry.title, token: try Self.read($0)) }
        }
        for (index, path) in badToken.enumerated() {
            bad.append(.init(id: "token_bad_\(index + 1)", title: "the token in \((path as NSString).lastPathComponent)", token: try Self.read(path)))
        }
        return Gathered(files: files, token: try Self.read(token), badTokens: bad)
    }

    private func inLab(_ name: String) -> String? { lab.map { "\($0)/\(name)" } }

    private static func read(_ path: String) throws -> String {
        let octets: [UInt8]
        do throws(FileFault) { octets = try RegularFile.read(path, limit: 64 << 10) } catch {
            throw ProbeFault("\(path): this file \(error.problem).")
        }
        let token = String(decoding: octets, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else { throw ProbeFault("\(path): it holds more, or less, than a token.") }
        return token
    }
}

extension Observation {
    /// For a sentence.
    var summary: String {
        switch self {
        case .failed(let why): why
        case .refusedByTLS(let why): "TLS: \(why)"
        case .closed: "closed without an answer"
        case .silent: "no answer in time"
        case .answered(let answers, _): answers.first.map { "answered \($0.status)" } ?? "no answer that can be read"
        }
    }
}
