import ArgumentParser
import HoldfastConfiguration

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a first configuration, from options, or from answers on a terminal.",
        discussion: """
            What no option says is asked where there is a terminal; elsewhere --issuer, --audience and --upstream are needed, and the rest is \
            as usual. Answers that `check` would refuse are refused. A file that is there already is never written over.
            """)

    @Option(help: "Where to listen: an IP address and a port.")
    var listen: String?

    @Option(help: "The file with this server's certificate, PEM, leaf first.", completion: .file())
    var certificate: String?

    @Option(help: "The file with its private key, PEM.", completion: .file())
    var privateKey: String?

    @Option(help: "The file with the CAs that clients' certificates come from, PEM.", completion: .file())
    var authorities: String?

    @Option(help: "The issuer of the tokens, exactly as they have it in iss.")
    var issuer: String?

    @Option(help: "What those tokens call this API, in aud.")
    var audience: String?

    @Option(help: "The URL of the API behind Holdfast.")
    var upstream: String?

    @Option(name: [.short, .long], help: "The file to write; - for standard output.", completion: .file(extensions: ["yaml"]))
    var output = "holdfast.yaml"

    func run() throws {
        guard output == "-" || access(output, F_OK) != 0 else { throw refuse("\(output) is there already, and is not written over.") }
        var first = FirstConfiguration()
        let given = [
            (FirstConfiguration.Answer.listen, listen), (.certificate, certificate), (.privateKey, privateKey), (.authorities, authorities),
            (.issuer, issuer), (.audience, audience), (.upstream, upstream),
        ]
        for (answer, text) in given { first[answer] = text }
        for (answer, text) in given where text != nil {
            if let mistake = first.mistake(in: answer) { throw refuse("--\(answer.option): \(mistake)") }
        }
        if isatty(STDIN_FILENO) == 1 {
            try ask(&first)
        } else if !first.missing.isEmpty {
            throw refuse("There is no terminal to ask on: write \(first.missing.map { "--\($0.option)" }.joined(separator: ", ")).")
        }
        if let mistake = first.mistakes.first { throw refuse("\(mistake.keyPath): \(mistake.message)") }
        try write(first.text)
        tellWhatIsNext(first)
    }

    /// On standard error, so that standard output has the file alone.
    private func ask(_ first: inout FirstConfiguration) throws {
        for answer in FirstConfiguration.Answer.allCases where first[answer] == nil {
            repeat {
                let hint = answer.usual.map { " [\($0)]" } ?? " (such as \(answer.example))"
                prompt("\(answer.question)\(hint): ")
                guard let line = readLine() else { throw refuse("No answer, and nothing was written.") }
                let text = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                guard let answered = text.isEmpty ? answer.usual : text else { continue }
                first[answer] = answered
                if let mistake = first.mistake(in: answer) {
                    printError(mistake)
                    first[answer] = nil
                }
            } while first[answer] == nil
        }
    }

    private func write(_ text: String) throws {
        if output == "-" { return print(text, terminator: "") }
        // Whoever makes the file in between keeps it.
        let file = open(output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw refuse("\(output) cannot be written: \(String(cString: strerror(errno))).") }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Self.put(file, $0) }
            guard count > 0 else { throw refuse("\(output) cannot be written: \(String(cString: strerror(errno))).") }
            rest = rest.dropFirst(count)
        }
    }

    private static func put(_ file: Int32, _ octets: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(file, octets.baseAddress, octets.count)
        #else
        Musl.write(file, octets.baseAddress, octets.count)
        #endif
    }

    private func tellWhatIsNext(_ first: FirstConfiguration) {
        if output == "-" { return }
        let folder = output.lastIndex(of: "/").map { String(output[...$0]) } ?? ""
        let absent = FirstConfiguration.Answer.allCases.filter(\.isFile).compactMap { first[$0] ?? $0.usual }
            .filter { access($0.hasPrefix("/") ? $0 : folder + $0, R_OK) != 0 }
        print("Written: \(output). Next:")
        if !absent.isEmpty { print("  put there what it names and what is not there yet: \(absent.joined(separator: ", "))") }
        print("  holdfast check --config \(output)     # every mistake, or what is let through")
        print("  holdfast run --config \(output)")
        print("  holdfast probe --target HOST:PORT ...    # try it from outside")
    }

    private func refuse(_ sentence: String) -> ExitCode {
        printError(sentence)
        return ExitCode(EX_USAGE)
    }

    private func prompt(_ text: String) {
        var text = text
        text.withUTF8 { _ = Self.put(STDERR_FILENO, UnsafeRawBufferPointer($0)) }
    }
}

extension FirstConfiguration.Answer {
    /// What the command line calls it.
    fileprivate var option: String { self == .privateKey ? "private-key" : rawValue }
}
