import ArgumentParser
import FoundationEssentials
import HoldfastConfiguration
import HoldfastServer
import Logging
import Telemetry

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the proxy and run until SIGTERM.",
        discussion: """
            Its own messages go to standard error, one JSON line each; with log.access the access log goes to standard output. \
            SIGHUP, or a change of the configuration or of a file that it names, reloads: all or nothing, and no connection is dropped. \
            SIGTERM or SIGINT: not ready, but serving for shutdown.delay; then what runs may finish, the rest is closed, exit 0. A further signal \
            ends the wait at hand.
            """)

    @OptionGroup var file: ConfigurationOption

    /// What it gives up it gives up for the thread that runs this, so everything that starts threads comes after.
    func run() throws {
        // Until the reloader listens: a file that is changed now is read in a moment anyway, and by itself the signal would end us.
        _ = signal(SIGHUP, SIG_IGN)
        let sinks = LogSinks.standard()
        DescriptorLimit.raise()
        let inherited = DescriptorLimit.countInherited()
        let blueprint = try file.load()
        let sandbox = Result { () throws(SandboxMissing) in try Sandbox.enter(for: blueprint) }
        let level = Logger.Level(rawValue: blueprint.logLevel) ?? .info
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level, format: blueprint.logFormat, sink: sinks.messages) }
        let logger = Logger(label: "holdfast")
        for warning in blueprint.warnings { logger.log(.configurationWarning, metadata: ["warning": "\(warning)"]) }
        Program.run {
            do {
                var randomness = SystemRandomNumberGenerator()
                let resource = ExportResource(
                    version: Holdfast.configuration.version, instance: ExportResource.instance(using: &randomness))
                try await Server.run(
                    blueprint, inherited: inherited, sandbox: sandbox.get(), environment: ProcessInfo.processInfo.environment, resource: resource,
                    logger: logger, sinks: sinks)
            } catch {
                logger.log(.failed, metadata: ["error": "\(error)"])
                sinks.messages.drain()
                throw ExitCode(1)
            }
            sinks.messages.drain()
        }
    }
}
