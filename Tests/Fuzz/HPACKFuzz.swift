import HTTPWire
import NIOCore

/// Random and mutated header blocks, some of them one connection's. Nothing may crash or hang, and:
/// - where swift-nio-http2 can decode a block too, the request that we make of it is the one that its fields make by the rules, or is
///   refused where they are no request; and what it cannot decode we cannot;
/// - what is wrong with a block does not hang on what it is read as;
/// - each head is whole: HTTP/1.1's parser reads it to its last octet, or refuses it;
/// - a connection never holds more than a few pages.
enum HPACKFuzz {
    static func run(cases: Int, seed: UInt64, _ report: inout FuzzReport) {
        guard let names = try? StripList(trustedHeader: "X-Client-Cert-SHA256"), var mutator = try? HPACKMutator(seed: seed) else {
            return report.fail("the strip list does not compile, or nothing can be encoded", input: [])
        }
        var bench = HPACKFuzzBench(names: names)
        while report.cases < cases { bench.judge(mutator.connection(), &report) }
    }
}

/// The reused values of one run, as an event loop would hold them.
struct HPACKFuzzBench: ~Copyable {
    private var parser: RequestHead
    private var head = ByteBuffer()
    private var scratch = ByteBuffer()
    private static let limits = WireLimits.request

    init(names: StripList) { parser = RequestHead(names: names) }

    mutating func judge(_ blocks: [[UInt8]], _ report: inout FuzzReport) {
        let input = Array(blocks.map { Array($0) }.joined(separator: Array("|".utf8)))
        report.begin(input)
        var own = HPACKDecoder(), twin = HPACKDecoder()
        var other = NIOBlocks()
        var isAccepted = false
        for block in blocks {
            let endsStream = block.count % 2 == 0
            let outcome = block.withUnsafeBytes { own.request($0, endsStream: endsStream, into: &head) }
            let trailers = block.withUnsafeBytes { twin.trailers($0, scratch: &scratch) }
            if own.footprint > 16 << 10 || head.capacity > 1 << 20 { report.fail("held too much", input: input) }
            if case .request = outcome {} else if head.readableBytes > 0 { report.fail("a refused head is there", input: input) }
            let reading = other.read(block)
            if case .undecodable(let fault) = outcome {
                if trailers != .undecodable(fault) { report.fail("another fault as trailers", input: input) }
                if case .fields = reading { report.counts["decoded by nio alone", default: 0] += 1 }
                break
            }
            if case .undecodable = trailers { report.fail("undecodable as trailers alone", input: input) }
            if case .undecodable(let error) = reading { report.fail("decoded by us alone (\(error))", input: input) }
            if case .unindexed = reading { report.counts["indexed by us alone", default: 0] += 1 }
            guard case .fields(let fields) = reading else { break }
            isAccepted = judge(outcome, fields, endsStream: endsStream, input, &report) || isAccepted
            // Repaired by NIO, whose table is another one from here on.
            if fields.contains(where: { $0.name.contains("\u{fffd}") || $0.value.contains("\u{fffd}") }) { break }
        }
        if isAccepted { report.accepted += 1 }
    }

    /// - Returns: whether the request is one to HTTP/1.1's parser too.
    private mutating func judge(
        _ outcome: HTTP2RequestBlock, _ fields: [(name: String, value: String)], endsStream: Bool, _ input: [UInt8], _ report: inout FuzzReport
    ) -> Bool {
        let expected = ReferenceRequest.head(fields, endsStream: endsStream, limits: Self.limits) { isHost($0) }
        switch outcome {
        case .undecodable: return false
        case .refused(.headTooLarge), .refused(.fieldsTooMany):
            let size = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }
            if size <= Self.limits.head, fields.count <= Self.limits.fields { report.fail("refused for its size", input: input) }
            return false
        case .malformed, .refused:
            if expected != nil { report.fail("refused as \(outcome)", input: input) }
            return false
        case .request:
            let text = String(buffer: head)
            guard let expected else {
                report.fail("accepted: \(text)", input: input)
                return false
            }
            if expected != text { report.fail("made \(text) and not \(expected)", input: input) }
            switch parser.parse(head) {
            case .complete(let length):
                if length != head.readableBytes { report.fail("two heads in one", input: input) }
                return true
            case .incomplete:
                report.fail("half a head", input: input)
                return false
            case .refused: return false
            }
        }
    }

    /// Whether HTTP/1.1 would take it for a host.
    private mutating func isHost(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return false }
        return parser.parse(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: \(text)\r\n\r\n")) != .refused(.hostInvalid)
    }
}
