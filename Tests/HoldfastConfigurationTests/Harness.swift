import Foundation
import HoldfastConfiguration
import Testing

/// A folder with the files that the tests' configurations name, kept for the run.
enum Folder {
    static let path: String = {
        let path = NSTemporaryDirectory() + "holdfast-configuration-\(ProcessInfo.processInfo.processIdentifier)"
        do {
            try FileManager.default.createDirectory(atPath: path + "/folder", withIntermediateDirectories: true)
            for name in [
                "server.pem", "server.key", "clients-ca.pem", "clients-intermediates.pem", "context.key", "clients.crl", "denied.txt", "as-ca.pem",
                "keys.json",
                "upstream-ca.pem",
                "holdfast.pem",
                "holdfast.key",
                "introspection.pem", "introspection.key", "secret",
            ] {
                try "x".write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
            }
            try "".write(toFile: path + "/empty.pem", atomically: true, encoding: .utf8)
        } catch {
            Issue.record("the tests' files cannot be written: \(error)")
        }
        return path
    }()
}

/// The smallest configuration; a test replaces or adds one part of it.
let minimal = """
    listener:
      address: 127.0.0.1:8443
      certificate: server.pem
      private_key: server.key
    client_certificates:
      trust: authorities
      authorities: clients-ca.pem
    tokens:
      - issuer: https://as.example.com
        audience: https://api.example.com
    upstream:
      url: http://127.0.0.1:8080

    """

/// 2027-01-15T08:00:00Z, the moment at which the tests' configurations are read.
let now = 1_800_000_000.0

func read(_ yaml: String) throws(ConfigurationMistakes) -> HoldfastConfiguration {
    try HoldfastConfiguration(yaml: yaml, file: Folder.path + "/holdfast.yaml", now: now)
}

/// What check says of it, without the tests' folder.
func lines(_ yaml: String) throws -> [String] {
    ConfigurationSummary(try read(yaml), now: now).lines.map { $0.replacing(Folder.path + "/", with: "") }
}

func warnings(_ yaml: String) throws -> [String] { try lines(yaml).filter { $0.hasPrefix("warning") } }

/// `minimal` with one line replaced (each as it is written, without its indentation), or with lines added at its end.
func changed(_ line: String, to replacement: String) -> String {
    #expect(minimal.contains(line))
    return minimal.replacing(line, with: replacement)
}

/// The mistakes as `line:column: key: message`, in their order.
func mistakes(_ yaml: String) -> [String] {
    do throws(ConfigurationMistakes) {
        _ = try read(yaml)
        return []
    } catch {
        #expect(!error.all.isEmpty)
        return error.all.map { mistake in
            String(mistake.description.replacing(Folder.path + "/holdfast.yaml", with: "")).trimmed(":")
        }
    }
}

extension String {
    fileprivate func trimmed(_ prefix: String) -> String {
        (hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self).trimmingCharacters(in: .whitespaces)
    }
}

/// Expects exactly one mistake, at this place and key, whose message holds these words.
func expectMistake(
    _ yaml: String, _ place: String, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    let found = mistakes(yaml)
    #expect(
        found.count == 1 && found.first?.hasPrefix(place + ": ") == true && found.first?.contains(words) == true,
        "expected \(place): …\(words)…, found \(found)", sourceLocation: sourceLocation)
}

extension HoldfastConfiguration.KeySource {
    var isDiscovered: Bool { if case .discovered = self { true } else { false } }
}
