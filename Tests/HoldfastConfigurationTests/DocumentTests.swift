import HoldfastConfiguration
import Telemetry
import Testing

@Suite("The file as YAML: unknown, doubled and misplaced things are mistakes")
struct DocumentTests {
    @Test("The smallest configuration has no mistakes, and the safe defaults")
    func smallest() throws {
        let configuration = try read(minimal)
        #expect(configuration.listener.minimumTLS == .tls12)
        #expect(configuration.listener.handshakeTimeout == .seconds(10))
        #expect(configuration.listener.headTimeout == .seconds(10))
        #expect(configuration.listener.idleTimeout == .seconds(75))
        #expect(configuration.listener.bodyTimeout == .seconds(60))
        #expect(configuration.listener.maxConnections == 16384)
        #expect(configuration.listener.maxHead == 49152)
        #expect(configuration.tokens[0].algorithms == [.es256, .ps256, .edDSA])
        #expect(configuration.tokens[0].type == .accessToken)
        #expect(configuration.tokens[0].keys.isDiscovered)
        #expect(configuration.tokens[0].leeway == .zero)
        #expect(configuration.tokens[0].cooldown == .seconds(30))
        #expect(configuration.tokens[0].staleKeys == .seconds(86400))
        #expect(configuration.upstream.destination == .tcp(host: "127.0.0.1", port: 8080))
        #expect(configuration.upstream.tls == nil)
        #expect(configuration.upstream.connectTimeout == .seconds(5))
        #expect(configuration.upstream.responseTimeout == .seconds(60))
        #expect(configuration.upstream.idleTimeout == .seconds(60))
        #expect(configuration.upstream.maxConnections == 256)
        #expect(configuration.forward.thumbprintHeader == "X-Client-Cert-SHA256")
        #expect(configuration.forward.authorization == .keep)
        #expect(configuration.forward.clientAddress == .xForwarded)
        #expect(configuration.forward.strip == [])
        #expect(configuration.routes == [])
        #expect(configuration.admin == nil)
        #expect(configuration.log.level == .info)
        #expect(configuration.log.access && configuration.log.format == .json)
        #expect(configuration.log.omitted.isEmpty && configuration.log.added.isEmpty)
        #expect(configuration.shutdown.drainTimeout == .seconds(30) && configuration.shutdown.delay == .seconds(5))
        #expect(configuration.threads == nil)
        #expect(configuration.verificationCache == 65536)
        #expect(configuration.resource == nil)
    }

    @Test("An unknown key is a mistake at its place, with the nearest known one")
    func unknownKeys() {
        expectMistake(minimal + "treads: 2\n", "13:1: treads", "Did you mean `threads`?")
        expectMistake(minimal + "log:\n  acess: true\n", "14:3: log.acess", "Did you mean `access`?")
        expectMistake(minimal + "log:\n  zebra: true\n", "14:3: log.zebra", "The keys here are `level`, `access`, `format`, `fields`.")
        expectMistake(minimal + "verificationCache: 1\n", "13:1: verificationCache", "Did you mean `verification_cache`?")
        expectMistake(
            changed("address: 127", to: "address: 127.0.0.1:1\n  max-head: 8KiB\n  #: 127"), "3:3: listener.max-head",
            "Did you mean `max_head`?")
        expectMistake(
            changed("audience: https://api.example.com", to: "audience: a\n    audiance: b"), "11:5: tokens[0].audiance",
            "Did you mean `audience`?")
        expectMistake(minimal + "<<: {}\n", "13:1: <<", "There is no such key.")
    }

    @Test("A key given twice is a mistake at its second place, at every level and however it is written")
    func duplicateKeys() {
        expectMistake(minimal + "threads: 1\nthreads: 2\n", "14:1: threads", "given already in line 13")
        expectMistake(minimal + "threads: 1\n\"threads\": 2\n", "14:1: threads", "given already in line 13")
        expectMistake(minimal + "log: {level: info, level: debug}\n", "13:20: log.level", "given already in line 13")
        expectMistake(
            changed("audience: https://api.example.com", to: "audience: a\n    audience: b"), "11:5: tokens[0].audience",
            "given already in line 10")
        #expect(
            mistakes("log:\n  level: info\n" + minimal + "log:\n  level: loud\n  level: info\n").map { $0.prefix { $0 != " " } } == [
                "15:1:"
            ],
            "what stands under the second of two equal keys is not read")
    }

    @Test("Doubled keys do not hide the other mistakes, nor move their places")
    func duplicatesAndOthers() {
        let yaml =
            minimal + """
                log: {level: loud, access: true, access: maybe, acess: 1}
                threads: none
                threads: 2
                threads: 3
                routes:
                  - {path: /a, path: /b, scopes: []}
                  - {path: b}

                """
        #expect(
            mistakes(yaml).map { $0.split(separator: ": ").prefix(2).joined(separator: " ") } == [
                "13:14 log.level", "13:34 log.access", "13:49 log.acess", "14:10 threads", "15:1 threads", "16:1 threads",
                "18:16 routes[0].path", "18:34 routes[0].scopes", "19:12 routes[1].path",
            ])
    }

    @Test("More doubled keys than are looked for are still refused")
    func manyDuplicates() {
        let found = mistakes(minimal + String(repeating: "threads: 1\n", count: 20))
        #expect(found.count == 19)
        #expect(!mistakes(minimal + String(repeating: "threads: 1\n", count: 500)).isEmpty)
    }

    @Test("Anchors and aliases are refused, before anything is built from them")
    func anchors() {
        expectMistake(minimal + "threads: &n 2\n", "13:10", "anchors")
        expectMistake(minimal + "log: {level: &a info}\n", "13:14", "anchors")
        #expect(mistakes(minimal + "# threads: &n 2\nlog: {} # see &this\n").isEmpty)
        var bomb = "a0: &a0 [x]\n"
        for level in 1...40 { bomb += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ","))]\n" }
        #expect(mistakes(bomb + "? *a40\n: x\n? *a40\n: y\n").count == 41)
        // Where a quote hides the anchor from the first look, the second finds it.
        expectMistake(minimal + "log: {level: \"x # \", access: &a true}\n", "13:30", "anchors")
    }

    @Test(
        "What is not YAML is told where",
        arguments: [
            ("listener: [\n", "2:1"), ("a: b: c\n", "1:5"), ("\tlistener: x\n", "1:1"), ("a: 'b\n", "2:1"), ("a: \"\\q\"\n", "1:5"),
            ("a: 1\n b: 2\n", "2:3"),
        ])
    func notYAML(yaml: String, place: String) { expectMistake(yaml, place, "This is not YAML") }

    @Test("Texts that hold nothing, or no keys, miss the required sections", arguments: ["", "\n\n", "# nothing\n", "---\n", "{}\n"])
    func empty(yaml: String) {
        let missing = mistakes(yaml)
        if yaml == "---\n" { return #expect(missing.count == 1) }
        #expect(
            missing.map { $0.split(separator: ":")[2].trimmingPrefix(" ") } == ["listener", "client_certificates", "tokens", "upstream"])
    }

    @Test("A section that is no mapping is one mistake, not one for each of its keys", arguments: ["x", "[a, b]", "", "1"])
    func wrongShape(value: String) { expectMistake(minimal + "log: \(value)\n", "13:1: log", "Keys with values are expected") }

    @Test("A second document, a tagged key and a key that is no word are refused")
    func oddities() {
        #expect(mistakes(minimal + "---\na: 1\n").count == 1)
        expectMistake(minimal + "? [a]\n: 1\n", "13:3", "plain word")
        #expect(mistakes("[]").count == 1)
        #expect(mistakes(minimal + "log: {level: \"in\\0fo\"}\n").count == 1)
    }

    @Test("A file that is not there, no file, not text or too large is one mistake without a place")
    func files() throws {
        func message(_ path: String) -> String? {
            do throws(ConfigurationMistakes) {
                _ = try HoldfastConfiguration(path: path)
                return nil
            } catch { return error.all.count == 1 && error.all[0].position == nil ? error.all[0].description : nil }
        }
        #expect(try #require(message(Folder.path + "/absent.yaml")).contains("There is no file"))
        #expect(try #require(message(Folder.path + "/folder")).contains("is a folder"))
        #expect(try #require(message(Folder.path + "/empty.pem")).contains("is empty"))
        #expect(try #require(message("/dev/zero")).contains("is a device; a regular file is expected"))
        #expect(mistakes(String(repeating: "#", count: HoldfastConfiguration.maximumSize + 1)).count == 1)
        #expect(mistakes(minimal + String(repeating: "#", count: HoldfastConfiguration.maximumSize - minimal.utf8.count)).isEmpty)
    }

    @Test("Nesting as deep as the file is long is refused, not fallen into")
    func depth() {
        for open in ["[", "{a: ", "- ", "? "] {
            #expect(!mistakes(minimal + "log: \(open == "- " ? "\n" : "")" + String(repeating: open, count: 100_000)).isEmpty)
        }
        #expect(!mistakes(minimal + "log: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900) + "\n").isEmpty)
    }
}
