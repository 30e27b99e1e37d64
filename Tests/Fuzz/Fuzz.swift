import ArgumentParser

/// Runs every fuzzer, or one, and ends with exit code 1 where any case failed.
@main
struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast-fuzz",
        abstract: "Feed random and mutated bytes to the parsers that read a peer's bytes, and hold them against others.",
        discussion: "A failure prints the input that shows it and the seed that found it; keep it as a test of its own.")

    enum Target: String, CaseIterable, ExpressibleByArgument { case http1, hpack, http2, json, jws, introspection, decision }

    @Argument(help: "http1, hpack, http2, json, jws, introspection or decision; all of them where none is named.")
    var targets: [Target] = []

    @Option(help: "Cases for each.")
    var cases = 1_000_000

    @Option(help: "The seed; a run with the same one is the same, but for the keys.")
    var seed: UInt64 = 0x486f_6c64_6661_7374

    func run() throws {
        let watch = FuzzWatch.start()
        var failed = false
        for target in targets.isEmpty ? Target.allCases : targets {
            var report = FuzzReport(cases: cases, watch: watch)
            switch target {
            case .http1: HTTP1HeadFuzz.run(cases: cases, seed: seed, &report)
            case .hpack: HPACKFuzz.run(cases: cases, seed: seed, &report)
            case .http2: HTTP2Fuzz.run(cases: cases, seed: seed, &report)
            case .json: JSONFuzz.run(cases: cases, seed: seed, &report)
            case .jws: JWSFuzz.run(cases: cases, seed: seed, &report)
            case .decision: DecisionFuzz.run(cases: cases, seed: seed, &report)
            case .introspection: IntrospectionFuzz.run(cases: cases, seed: seed, &report)
            }
            report.finish()
            print("\(target.rawValue): \(report.summary), seed \(seed)")
            for failure in report.failures { print("  \(failure)") }
            failed = failed || !report.failures.isEmpty
        }
        if failed { throw ExitCode(1) }
    }
}
