import Foundation
import HTTPWire
import NIOCore
import Testing

@testable import ProxyEngine

@Suite("Traces through the engine", .timeLimit(.minutes(10)))
struct EngineTraceTests {
    @Test("A trace goes on with another parent, unsampled for whom nobody knows (TC-02, TC-03)")
    func traces() throws {
        let bench = try EngineBench {
            $0.continuesTraces = true
            $0.forwarded = .standard
        }
        let client = try bench.connect()
        let trace = "0af7651916cd43dd8448eb211c80319c"
        client.asks("/", method: "GET", "traceparent: 00-\(trace)-b7ad6b7169203331-01\r\ntracestate: a=b\r\n")
        let continued = bench.upstreams[0].wire.take()
        #expect(continued.contains("tracestate: a=b\r\n") && continued.contains("Forwarded: for=\"192.0.2.1:50000\";proto=https;host=\"api\"\r\n"))
        let line = try #require(continued.split(separator: "\r\n").first { $0.hasPrefix("traceparent: ") })
        #expect(line.hasPrefix("traceparent: 00-\(trace)-") && line.hasSuffix("-00") && !line.contains("b7ad6b7169203331"))
        bench.upstreams[0].answers()
        client.asks("/", method: "GET", "traceparent: 00-\(trace)-0000000000000000-01\r\ntracestate: a=b\r\n")
        let begun = bench.upstreams[0].wire.take()
        #expect(begun.contains("traceparent: 00-") && !begun.contains(trace) && !begun.contains("tracestate"))
    }
}
