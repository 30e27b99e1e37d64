import ArgumentParser
import HoldfastServer

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the configuration and every file it names, and say what it lets through.",
        discussion: "Mistakes are printed all at once, with line and column; the exit code is then 64. Nothing is started or fetched.")

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        for line in try file.load().description { print(line) }
    }
}
