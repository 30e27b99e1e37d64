import ArgumentParser
import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where the process begins: on its first thread and, until a command starts others, its only one.
@main
enum Program {
    static func main() {
        do {
            var command = try Holdfast.parseAsRoot()
            guard let asynchronous = command as? any AsyncParsableCommand else { return try command.run() }
            nonisolated(unsafe) let started = asynchronous
            run {
                var command = started
                try await command.run()
            }
        } catch {
            Holdfast.exit(withError: error)
        }
    }

    /// Ends the process once `work` is done.
    static func run(_ work: @escaping @Sendable () async throws -> Void) -> Never {
        Task {
            do { try await work() } catch { Holdfast.exit(withError: error) }
            exit(0)
        }
        dispatchMain()
    }
}
