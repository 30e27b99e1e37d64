import ArgumentParser
import HoldfastConfiguration
import HoldfastServer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The configuration file, which several commands read and refuse alike.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.short, .long], help: "The configuration file, YAML. Paths in it are relative to its folder.",
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String

    /// Prints every mistake on standard error and ends with exit code 64 where there is one.
    func load() throws -> Blueprint {
        do {
            return try Blueprint(HoldfastConfiguration(path: config))
        } catch {
            for mistake in error.all { printError("\(mistake)") }
            let count = error.all.count
            printError(count == 1 ? "1 mistake. Nothing was started." : "\(count) mistakes. Nothing was started.")
            throw ExitCode(EX_USAGE)
        }
    }
}

func printError(_ line: String) {
    var line = line + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
