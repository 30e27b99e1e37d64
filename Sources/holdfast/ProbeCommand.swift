import ArgumentParser
import Foundation
import Probe

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Try a deployment from outside, Holdfast or another: what passes that must not?",
        discussion: """
            It asks once as it should be asked, and then in some hundred ways in which nothing may pass, or not as what it claims to be: \
            other certificates, resumed sessions, forged tokens and fields, messages and paths that can be read in two ways. HTTP/1.1, octet \
            by octet. Nothing that is sent changes anything but by being a request; give it a path where GET and POST do no harm. With --http2 it asks over HTTP/2.

            The server's certificate is verified, but for the cases that use another name than its own: whoever answers there sees the token, \
            which is bound.

            With --echo the API's answer shows the fields that reached it, as that of holdfast-lab upstream does; without it, whether \
            a forged field got through cannot be told.

            Exit code 0 where nothing passes that must not, 1 where something does, 2 where the good request does not pass, so that the rest \
            would say nothing, 64 for bad usage.
            """)

    @Option(help: "Where it listens, HOST:PORT.")
    var target: String

    @Option(help: "The server's name, in the handshake and in Host. Left out: the host of --target.")
    var serverName: String?

    @Option(help: "Another name that it serves on other terms.")
    var otherServerName: String?

    @OptionGroup(title: "What it is tried with")
    var material: ProbeMaterial

    @Option(help: "A path that the good request may ask for.")
    var path = "/"

    @Option(help: "A path that it may not ask for with this token.")
    var protectedPath: String?

    @Option(help: "The field by which the API is told of the client's certificate.")
    var identityField = "X-Client-Cert-SHA256"

    @Flag(help: "The API's answer shows the fields that reached it.")
    var echo = false

    @Flag(name: .customLong("http2"), help: "Ask over HTTP/2 what can be asked there: no messages and spellings that only lines can have.")
    var http2 = false

    @Option(help: "Seconds to wait for anything.")
    var patience = 5

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard address != nil else { throw ValidationError("--target is HOST:PORT, such as api.example.com:443 or [::1]:8443.") }
        for (name, path) in [("--path", path), ("--protected-path", protectedPath ?? "/")] {
            guard path.hasPrefix("/"), path.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
                throw ValidationError("\(name) is a path such as /payments/7.")
            }
        }
        guard identityField.utf8.allSatisfy({ 0x21...0x7e ~= $0 && $0 != 0x3a }), !identityField.isEmpty else {
            throw ValidationError("--identity-field is the name of a field.")
        }
        guard (1...60).contains(patience) else { throw ValidationError("--patience is from 1 to 60.") }
    }

    private var address: (host: String, port: Int)? {
        guard let colon = target.lastIndex(of: ":"), let port = Int(target[target.index(after: colon)...]), (1...65_535).contains(port) else {
            return nil
        }
        var host = target[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : (String(host), port)
    }

    func run() throws {
        // A peer that hangs up is something to tell, not to end by.
        _ = signal(SIGPIPE, SIG_IGN)
        let report: ProbeReport?
        do { report = try probe() } catch let fault as ProbeFault {
            printError("\(fault)")
            throw ExitCode(EX_USAGE)
        }
        guard let report else { throw ExitCode(2) }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            for line in report.lines.dropFirst() { print(line) }
        }
        if report.count(.finding) > 0 { throw ExitCode(1) }
    }

    /// Nil where the good request does not pass, which is told.
    private func probe() throws -> ProbeReport? {
        guard let address else { return nil }
        let name = serverName ?? address.host
        let given = try material.gathered()
        let prober = try Prober(host: address.host, port: address.port, serverName: name, patience: patience, overHTTP2: http2, files: given.files)
        let seed = "probe" + (0..<8).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        let host = name.contains(":") ? "[\(name)]" : name
        var subject = ProbeSubject(authority: address.port == 443 ? host : "\(host):\(address.port)", path: path, token: given.token, seed: seed)
        subject.badTokens = given.badTokens
        subject.protectedPath = protectedPath
        subject.otherServerName = otherServerName
        subject.identityField = identityField
        subject.hasOther = given.files.otherCertificate != nil
        subject.otherThumbprint = prober.thumbprints(of: .other).first
        let baseline = subject.baseline
        let good = prober.perform(baseline, good: baseline.request)
        guard let judge = ProbeJudge(good: good, echoes: echo, thumbprints: prober.thumbprints(of: .own)) else {
            printError(
                "The good request does not pass (\(good.summary)), so that nothing else would say anything. Is the token for this certificate, path and server?"
            )
            return nil
        }
        var report = ProbeReport(target: target, untried: subject.untried)
        report.add(judge.judge(baseline, good))
        for attempt in subject.cases where report.isWorthTrying(attempt) && (!http2 || attempt.canBeAskedOverHTTP2) {
            report.add(judge.judge(attempt, prober.perform(attempt, good: baseline.request)))
        }
        return report
    }
}
