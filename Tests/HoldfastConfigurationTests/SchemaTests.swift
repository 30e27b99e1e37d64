import Foundation
import Testing

@testable import HoldfastConfiguration

@Suite struct SchemaTests {
    private static let deploy = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("deploy")

    private func schema() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(ConfigurationSchema.text.utf8)) as? [String: Any])
    }

    /// The schema of a key, through lists and choices of forms.
    private func find(_ path: [String], in schema: [String: Any]) -> [String: Any]? {
        guard let key = path.first else { return schema }
        if let properties = schema["properties"] as? [String: Any], let inner = properties[key] as? [String: Any],
            let found = find(Array(path.dropFirst()), in: inner)
        {
            return found
        }
        var others = (schema["anyOf"] as? [Any] ?? []).compactMap { ($0 as? [String: Any]).flatMap { find(path, in: $0) } }
        if let items = schema["items"] as? [String: Any], let found = find(path, in: items) { others.append(found) }
        if let own = schema["additionalProperties"] as? [String: Any], let found = find(Array(path.dropFirst()), in: own) { others.append(found) }
        return others.first
    }

    private func paths(_ node: ConfigurationNode, _ path: [String] = []) -> [[String]] {
        switch node.content {
        case .mapping(let entries): entries.flatMap { [path + [$0.key]] + paths($0.value, path + [$0.key]) }
        case .list(let nodes): nodes.flatMap { paths($0, path) }
        case .nothing, .scalar: []
        }
    }

    @Test func theSamplesShowEveryKeyOfTheReader() { #expect(ConfigurationSchema.holes == []) }

    @Test func theCopyForEditorsIsWhatTheReaderSays() throws {
        let copy = try String(contentsOf: Self.deploy.appendingPathComponent("holdfast.schema.json"), encoding: .utf8)
        #expect(copy == ConfigurationSchema.text, "holdfast schema > deploy/holdfast.schema.json")
    }

    @Test func everyKeyOfTheExampleIsInItAlsoTheCommentedOnes() throws {
        let example = try String(contentsOf: Self.deploy.appendingPathComponent("holdfast.example.yaml"), encoding: .utf8)
        let lines = example.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.replacing(/^(?<indent> *)# (?<key>[a-z0-9_]+): (?=[^ ])/) { "\($0.output.indent)\($0.output.key): " }
        }
        let log = MistakeLog(file: "example")
        let document = try #require(ConfigurationDocument(lines.joined(separator: "\n"), log), "\(log.mistakes)")
        let schema = try schema()
        let found = paths(document.root)
        #expect(found.count > 170)
        for path in found { #expect(find(path, in: schema) != nil, "\(path.joined(separator: "."))") }
        #expect(find(["listener", "max_conections"], in: schema) == nil)
        #expect(example.hasPrefix("# yaml-language-server: $schema=holdfast.schema.json\n"))
    }

    @Test(arguments: [
        ("threads", "minimum", 1), ("threads", "maximum", 1024), ("listener.max_fields", "maximum", 1000),
        ("listener.max_handshakes", "maximum", 1_000_000), ("upstream.max_connections_per_client", "maximum", 65_535),
    ])
    func boundsAreThoseOfTheReader(key: String, bound: String, value: Int) throws {
        let found = try #require(find(key.split(separator: ".").map(String.init), in: try schema()))
        #expect(found[bound] as? Int == value)
    }

    @Test func wordsAreThoseOfTheReader() throws {
        let schema = try schema()
        let level = try #require(find(["log", "level"], in: schema))
        #expect(level["enum"] as? [String] == HoldfastConfiguration.Log.Level.allCases.map(\.rawValue).sorted())
        // YAML makes a number of it.
        let version = try #require(find(["listener", "minimum_tls"], in: schema)?["enum"] as? [any Sendable])
        #expect(version.count == 4)
        #expect(find(["listener", "idle_timeout"], in: schema)?["description"] as? String == "100ms to 1h")
    }

    /// What is read by one reader in two places has one form.
    @Test func placesOfOneReaderAreAlike() throws {
        let schema = try schema()
        func properties(_ path: String...) throws -> NSDictionary {
            try #require(find(path, in: schema)?["properties"] as? [String: Any]) as NSDictionary
        }
        let here = try #require(try properties("client_certificates").mutableCopy() as? NSMutableDictionary)
        here.removeObject(forKey: "deny")
        #expect(try properties("listener", "identities", "client_certificates") == here)
        #expect(try properties("upstreams", "any") == properties("upstream"))
        let routes = try #require(schema["properties"] as? [String: [String: Any]])["routes"]?["anyOf"] as? [[String: Any]]
        let list = (routes?.first { $0["items"] != nil }?["items"] as? NSDictionary)
        let section = routes?.first { $0["properties"] != nil }
        #expect(list != nil && list == find(["list"], in: section ?? [:])?["items"] as? NSDictionary)
    }

    @Test func whatMustBeThereIsRequired() throws {
        let schema = try schema()
        #expect(schema["required"] as? [String] == ["listener", "client_certificates", "tokens", "upstream"])
        #expect(find(["client_certificates"], in: schema)?["required"] as? [String] == ["trust"])
        #expect(find(["log"], in: schema)?["required"] == nil)
    }
}
