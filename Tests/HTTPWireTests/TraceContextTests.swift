import HTTPWire
import NIOCore
import Testing

@Suite("Traces (W3C Trace Context)")
struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let valid = "00-\(trace)-b7ad6b7169203331-01"

    private static func read(_ text: String) -> TraceContext? { Array(text.utf8).withUnsafeBytes { TraceContext($0) } }

    /// What the upstream gets of traceparent and tracestate as the client sent them, and what Holdfast knows of the trace.
    private static func forwarded(_ lines: String..., continuing: Bool = true) throws -> (lines: [String], trace: String?) {
        var head = RequestHead(names: try StripList(trustedHeader: "X-T", continuesTraces: continuing))
        let input = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
        #expect(head.parse(input) == .complete(length: input.readableBytes))
        let rewrite = try #require(RequestRewrite(pseudonym: "p", removesAuthorization: false, addsVia: false))
        var output = ByteBuffer()
        head.write(from: input, to: &output, rewrite, trusted: [])
        let written = String(buffer: output).split(separator: "\r\n").map(String.init).filter { $0.lowercased().hasPrefix("trace") }
        return (written, input.withUnsafeReadableBytes { head.traceContext($0) }.map { String(decoding: $0.traceID, as: UTF8.self) })
    }

    @Test("A valid one is read, and its flag (TC-01)")
    func valid() throws {
        for (flags, isSampled) in [("01", true), ("00", false), ("ff", true), ("0a", false), ("03", true)] {
            let read = try #require(Self.read("00-\(Self.trace)-b7ad6b7169203331-\(flags)"))
            #expect(read.traceID == Array(Self.trace.utf8) && read.parentID == Array("b7ad6b7169203331".utf8) && read.isSampled == isSampled)
        }
        // A later version may be longer.
        for text in ["01-\(Self.trace)-b7ad6b7169203331-01", "cc-\(Self.trace)-b7ad6b7169203331-01-what-ever"] { #expect(Self.read(text) != nil) }
    }

    @Test(
        "Anything else is none (TC-01)",
        arguments: [
            "", "00", "ff-\(trace)-b7ad6b7169203331-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-\(trace)-0000000000000000-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-\(trace)-B7ad6b7169203331-01", "00-\(trace)-b7ad6b7169203331-0A",
            "00-\(trace)-b7ad6b7169203331-01-", "00-\(trace)-b7ad6b7169203331-01-00", "00-\(trace)-b7ad6b7169203331-1",
            "00-\(trace)-b7ad6b7169203331",
            "00_\(trace)-b7ad6b7169203331-01", "00-\(trace)_b7ad6b7169203331-01", "00-\(trace)-b7ad6b7169203331_01",
            "0g-\(trace)-b7ad6b7169203331-01",
            "01-\(trace)-b7ad6b7169203331-01.x", " 00-\(trace)-b7ad6b7169203331-01", "00-\(trace)-b7ad6b716920333g-01",
            "00-\(trace)\0-b7ad6b7169203331-0",
        ])
    func invalid(_ text: String) { #expect(Self.read(text) == nil) }

    @Test("What the client sent is not passed, and tracestate only beside a valid traceparent (TC-01, TC-02)")
    func fields() throws {
        var outcome = try Self.forwarded("traceparent: \(Self.valid)", "tracestate: a=b", "TraceState: c=d")
        #expect(outcome.lines == ["tracestate: a=b", "TraceState: c=d"] && outcome.trace == Self.trace)
        for lines in [
            ["traceparent: \(Self.valid)", "Traceparent: \(Self.valid)"], ["traceparent: 00-x"], [],
            ["Connection: traceparent", "traceparent: \(Self.valid)"],
        ] {
            let head = lines + ["tracestate: a=b"]
            outcome =
                switch head.count {
                case 1: try Self.forwarded(head[0])
                case 2: try Self.forwarded(head[0], head[1])
                default: try Self.forwarded(head[0], head[1], head[2])
                }
            #expect(outcome.lines == [] && outcome.trace == nil)
        }
        outcome = try Self.forwarded("Connection: tracestate", "traceparent: \(Self.valid)", "tracestate: a=b")
        #expect(outcome.lines == [] && outcome.trace == Self.trace)
        outcome = try Self.forwarded("traceparent: x", "tracestate: y", continuing: false)
        #expect(outcome.lines == ["traceparent: x", "tracestate: y"])
    }

    @Test("A trace is continued with a parent of our own, or begun (TC-02, TC-03)")
    func written() throws {
        var random = Counting(next: 0x1234_5678_9abc_def0)
        let sent = try #require(Self.read("cc-\(Self.trace)-b7ad6b7169203331-01-what-ever"))
        var fields: [UInt8] = []
        sent.continued(isSampled: true, using: &random).writeField(to: &fields)
        sent.continued(isSampled: false, using: &random).writeField(to: &fields)
        TraceContext.begun(isSampled: true, using: &random).writeField(to: &fields)
        #expect(
            String(decoding: fields, as: UTF8.self)
                == "traceparent: 00-\(Self.trace)-123456789abcdef0-01\r\ntraceparent: 00-\(Self.trace)-123456789abcdef1-00\r\n"
                + "traceparent: 00-123456789abcdef2123456789abcdef3-123456789abcdef4-01\r\n")
        // Never one that is not valid.
        var zeros = Counting(next: 0, step: 0)
        let begun = TraceContext.begun(isSampled: false, using: &zeros)
        #expect(begun.traceID.contains(UInt8(ascii: "1")) && begun.parentID.contains(UInt8(ascii: "1")))
    }

    private struct Counting: RandomNumberGenerator {
        var number: UInt64
        let step: UInt64

        init(next: UInt64, step: UInt64 = 1) { (number, self.step) = (next, step) }

        mutating func next() -> UInt64 {
            defer { number &+= step }
            return number
        }
    }
}
