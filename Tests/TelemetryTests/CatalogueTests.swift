import Foundation
import Telemetry
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The Swift files of a room, or of all of them.
private func sources(_ room: String = "") throws -> [(path: String, text: String)] {
    let folder = root.appending(path: "Sources/\(room)")
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
        .map { ($0.path().replacing(root.path(), with: ""), try String(contentsOf: $0, encoding: .utf8)) }
}

@Suite("The catalogue of metrics")
struct MetricCatalogueTests {
    private let definitions = (MetricsSnapshot().metrics + ProcessMetrics().metrics).map(\.definition)

    @Test("has every stored property of its sets")
    func whole() {
        #expect(Mirror(reflecting: MetricsSnapshot()).children.count == MetricsSnapshot().metrics.count)
        #expect(Mirror(reflecting: ProcessMetrics()).children.count == ProcessMetrics().metrics.count)
        #expect(Mirror(reflecting: SystemMetrics()).children.count == SystemMetrics().metrics.count)
        #expect(definitions.count > 30)
    }

    @Test("gives each its own name in the form that scrapers want, with a sentence of help")
    func names() {
        #expect(Set(definitions.map(\.name)).count == definitions.count)
        for definition in definitions {
            #expect(definition.name.wholeMatch(of: /holdfast(_[a-z][a-z0-9]*)+/) != nil && !definition.name.hasSuffix("_total"), "\(definition.name)")
            #expect(definition.help.hasSuffix(".") && !definition.help.contains("\n"), "\(definition.name)")
        }
    }

    @Test("names the labels of every sample")
    func labels() {
        var loop = MetricsSnapshot()
        loop.handshakeFailures["a"] = 1
        loop.upstreamCauses[LabelPair("a", "b")] = 1
        loop.responses.count(200)
        var process = ProcessMetrics()
        process.introspectionFailures[LabelPair("a", "b")] = 1
        process.isIntrospectionCircuitOpen["a"] = true
        for metric in loop.metrics + process.metrics {
            let given = Set(metric.samples.map(\.labels.count))
            let named = metric.definition.labels.count
            let expected: Set<Int> = metric.definition.kind == .histogram ? [0, named] : [named]
            #expect(given.isSubset(of: expected), "\(metric.definition.name)")
        }
    }

    @Test("is the only place of the sources that names a metric")
    func once() throws {
        for (path, text) in try sources() where !path.hasSuffix("MetricCatalogue.swift") {
            #expect(!text.contains("\"holdfast_"), "\(path)")
        }
    }

    @Test("has each metric that the README names, and the README each of its")
    func readme() throws {
        let known = Set(definitions.map { $0.kind == .counter ? $0.name + "_total" : $0.name })
        let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let named = text.matches(of: /holdfast(_[a-z][a-z0-9]*)+/).map { String($0.output.0) }
        #expect(Set(named).subtracting(known) == [])
        #expect(known.subtracting(named) == [])
    }
}

@Suite("The catalogue of log messages")
struct LogMessageTests {
    @Test("has each message that the sources log, and none that they do not")
    func used() throws {
        let text = try (sources("HoldfastServer") + sources("holdfast")).map(\.text).joined()
        let named = Set(text.matches(of: /log\(\s*\.([a-zA-Z]+)/).map { String($0.output.1) })
        #expect(named == Set(LogMessage.allCases.map { "\($0)" }))
    }

    @Test("is the only place that a message is written in")
    func once() throws {
        for (path, text) in try sources() where !path.hasSuffix("LogMessage.swift") {
            #expect(text.firstMatch(of: /[^#a-zA-Z](trace|debug|info|notice|warning|error|critical)\(\s*"/) == nil, "\(path)")
            #expect(text.firstMatch(of: /\blog\(\s*level:/) == nil, "\(path)")
        }
    }
}

@Suite("Outcomes")
struct OutcomeTests {
    @Test("are the words that the access log has always had")
    func words() { #expect(Outcome.allCases.map(\.rawValue) == ["ok", "refused", "upstream", "client", "drained"]) }
}
