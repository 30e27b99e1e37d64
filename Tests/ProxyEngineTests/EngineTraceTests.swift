import Foundation
import HTTPWire
import NIOCore
import Telemetry
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

    @Test("Of strangers what is refused is recorded, in no trace of theirs, and nothing that passes")
    func strangers() throws {
        let bench = try EngineBench {
            $0.continuesTraces = true
            $0.spans = .always
        }
        let client = try bench.connect()
        let trace = "0af7651916cd43dd8448eb211c80319c"
        client.asks("/passes", method: "GET", "traceparent: 00-\(trace)-b7ad6b7169203331-01\r\n")
        bench.upstreams[0].answers()
        #expect(bench.loop.spans.take().isEmpty)
        client.asks("/refused path", method: "GET", "traceparent: 00-\(trace)-b7ad6b7169203331-01\r\n")
        let taken = bench.loop.spans.take()
        let octets = taken.flatMap { Array($0.octets.readableBytesView) }
        let words = String(decoding: octets, as: UTF8.self)
        #expect(taken.map(\.count) == [1] && words.contains("error.type") && !words.contains("/passes") && !words.contains("url.path"))
        let parent: [UInt8] = [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]
        #expect(octets.firstRange(of: parent) == nil && octets.firstRange(of: [0x0a, 0xf7, 0x65, 0x19] as [UInt8]) == nil)
    }
}
