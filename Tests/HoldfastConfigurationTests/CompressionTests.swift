import HTTPWire
import HoldfastConfiguration
import Testing

@Suite("upstream.compression")
struct CompressionTests {
    private func upstream(_ value: String) -> String {
        changed("url: http://127.0.0.1:8080", to: "url: http://127.0.0.1:8080\n  compression: \(value)")
    }

    @Test("Nothing is compressed by default; the types say what is, and check names BREACH")
    func types() throws {
        #expect(try read(minimal).upstream.compression == nil)
        let yaml = upstream("{types: [Application/JSON, text/*]}")
        let terms = try #require(try read(yaml).upstream.compression)
        #expect(terms.types.map(\.text) == ["application/json", "text/*"] && terms.minimum == 1024 && terms.level == 4)
        let all = try #require(try read(upstream("{types: [text/event-stream], minimum: 20B, level: 9}")).upstream.compression)
        #expect(all.types.map(\.text) == ["text/event-stream"] && all.minimum == 20 && all.level == 9)
        let named = try warnings(yaml)
        #expect(named.count == 1 && named[0].contains("upstream.compression compresses answers of application/json, text/*:"))
        #expect(named[0].contains("BREACH"))
    }

    @Test(
        "What is no type is a mistake",
        arguments: [
            ("{types: [\"*/*\"]}", "13:25: upstream.compression.types[0]", "A media type such as"),
            ("{types: [json]}", "13:25: upstream.compression.types[0]", "A media type such as"),
            ("{types: [text/]}", "13:25: upstream.compression.types[0]", "A media type such as"),
            ("{types: [text/x*]}", "13:25: upstream.compression.types[0]", "A media type such as"),
            ("{types: [text/html; charset=utf-8]}", "13:25: upstream.compression.types[0]", "A media type such as"),
            ("{types: [text/css, TEXT/CSS]}", "13:35: upstream.compression.types[1]", "stands here twice"),
            ("{types: [application/grpc+proto]}", "13:25: upstream.compression.types[0]", "by itself"),
            ("{types: []}", "13:24: upstream.compression.types", "The list is empty"),
            ("{level: 3}", "13:3: upstream.compression.types", "The key is missing"),
            ("{types: [text/css], mininum: 1KiB}", "13:36: upstream.compression.mininum", "Did you mean `minimum`?"),
            ("true", "13:3: upstream.compression", "Keys with values are expected here"),
        ])
    func mistaken(value: String, place: String, words: String) { expectMistake(upstream(value), place, words) }
}
