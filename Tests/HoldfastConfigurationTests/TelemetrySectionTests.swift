import HTTPWire
import HoldfastConfiguration
import Telemetry
import Testing

@Suite("The section telemetry")
struct TelemetrySectionTests {
    private let trace = "forward: {trace: continue}\n"

    @Test("A collector is read, with what is recorded and how often metrics go")
    func read_() throws {
        let plain = try #require(try read(minimal + trace + "telemetry: {otlp: {endpoint: 'http://127.0.0.1:4318/'}}\n").otlp)
        let base = "http://127.0.0.1:4318"
        #expect(plain.traces.description == base + "/v1/traces")
        #expect(plain.metrics?.description == base + "/v1/metrics")
        #expect(plain.sampling == .parent && plain.interval == .seconds(30))
        let yaml =
            minimal + trace + "telemetry: {otlp: {endpoint: 'https://c.example/otel', sampling: ratio, ratio: 0.25, metrics: false, interval: 5s}}\n"
        let whole = try #require(try read(yaml).otlp)
        #expect(whole.traces.description == "https://c.example/otel/v1/traces" && whole.metrics == nil)
        #expect(whole.sampling == .ratio(0.25) && whole.interval == .seconds(5))
        #expect(try lines(yaml).contains { $0.hasPrefix("Sends the spans of requests") && $0.contains("`https://c.example/otel`") })
        #expect(try read(minimal).otlp == nil)
    }

    @Test("What contradicts itself, or would send spans over a network in clear, is a mistake")
    func mistaken() {
        func otlp(_ text: String) -> String { minimal + trace + "telemetry: {otlp: {\(text)}}\n" }
        expectMistake(otlp("endpoint: 'http://collector:4318'"), "14:30: telemetry.otlp.endpoint", "loopback")
        expectMistake(otlp("endpoint: 'http://[::1]:1', sampling: ratio"), "14:13: telemetry.otlp.ratio", "Write the part")
        expectMistake(otlp("endpoint: 'http://[::1]:1', ratio: 0.5"), "14:48: telemetry.otlp.ratio", "Only `sampling: ratio`")
        expectMistake(otlp("endpoint: 'http://[::1]:1', sampling: ratio, ratio: 2"), "14:72: telemetry.otlp.ratio", "from 0 to 1")
        expectMistake(minimal + "telemetry: {otlp: {endpoint: 'http://[::1]:1'}}\n", "13:13: telemetry.otlp", "trace: continue")
        expectMistake(minimal + "telemetry: {}\n", "13:1: telemetry.otlp", "otlp: {endpoint")
        expectMistake(otlp("endpoint: 'http://[::1]:1/?a=b'"), "14:30: telemetry.otlp.endpoint", "no query")
        expectMistake(
            otlp("endpoint: 'http://[::1]:1', certificate_authorities: as-ca.pem"), "14:48: telemetry.otlp.certificate_authorities", "for `https://`")
    }

    @Test("Where the network between is somebody's own, that has a word, and check names it")
    func cleartext() throws {
        let yaml = minimal + trace + "telemetry: {otlp: {endpoint: 'http://Collector:4318/', cleartext: allowed, headers_file: denied.txt}}\n"
        #expect(try read(yaml).otlp?.traces.description == "http://collector:4318/v1/traces")
        #expect(try lines(yaml).contains { $0.contains("telemetry.otlp.cleartext is `allowed`") && $0.contains("headers_file") })
        let local = minimal + trace + "telemetry: {otlp: {endpoint: 'http://127.0.0.1:4318', cleartext: allowed}}\n"
        #expect(try !lines(local).contains { $0.contains("cleartext") })
    }
}
