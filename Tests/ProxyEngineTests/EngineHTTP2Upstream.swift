import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHPACK

@testable import ProxyEngine

/// An upstream of HTTP/2 in memory: reads with another implementation's HPACK, and writes frames by hand.
final class FakeHTTP2Upstream {
    let wire: Wire
    private let eventLoop: EmbeddedEventLoop
    private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    private var decoder = NIOHPACK.HPACKDecoder(allocator: ByteBufferAllocator())
    private var reader = HTTP2FrameReader()
    private var kept = ByteBuffer()
    private(set) var bodies: [UInt32: [UInt8]] = [:]

    init(_ wire: Wire, _ eventLoop: EmbeddedEventLoop) {
        self.wire = wire
        self.eventLoop = eventLoop
    }

    func sends(_ octets: [UInt8]) {
        wire.sends(octets)
        eventLoop.run()
    }

    func greets(_ settings: [(UInt16, UInt32)] = []) {
        let payload = settings.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + FakeHTTP2Client.octets($0.1) }
        sends(FakeHTTP2Client.frame(4, 0, 0, payload) + FakeHTTP2Client.frame(4, 1, 0))
    }

    func head(_ stream: UInt32, _ status: String = "200", ends: Bool = false, _ fields: (String, String)...) -> [UInt8] {
        FakeHTTP2Client.frame(1, ends ? 5 : 4, stream, block([(":status", status)] + fields))
    }

    func trailers(_ stream: UInt32, ends: Bool = true, _ fields: (String, String)...) -> [UInt8] {
        FakeHTTP2Client.frame(1, ends ? 5 : 4, stream, block(fields))
    }

    func data(_ stream: UInt32, _ text: String, ends: Bool = false) -> [UInt8] {
        FakeHTTP2Client.frame(0, ends ? 1 : 0, stream, Array(text.utf8))
    }

    func answers(_ stream: UInt32) { sends(head(stream, "200", ("content-length", "2")) + data(stream, "ok", ends: true)) }
    func resets(_ stream: UInt32, _ code: HTTP2ErrorCode) {
        sends(FakeHTTP2Client.frame(3, 0, stream, FakeHTTP2Client.octets(code.rawValue)))
    }
    func leaves(after last: UInt32, _ code: HTTP2ErrorCode = .noError) {
        sends(FakeHTTP2Client.frame(7, 0, 0, FakeHTTP2Client.octets(last) + FakeHTTP2Client.octets(code.rawValue)))
    }
    func widens(_ stream: UInt32, by octets: UInt32) { sends(FakeHTTP2Client.frame(8, 0, stream, FakeHTTP2Client.octets(octets))) }

    private func block(_ fields: [(String, String)]) -> [UInt8] {
        var headers = HPACKHeaders()
        for (name, value) in fields { headers.add(name: name, value: value) }
        var out = ByteBuffer()
        try? encoder.encode(headers: headers, to: &out)
        return Array(out.readableBytesView)
    }

    /// The frames that came since the last call, a line each, without our settings; heads with method, path and the fields asked for.
    func reads(_ names: String...) -> [String] {
        eventLoop.run()
        kept.writeBytes(wire.takeOctets())
        var told: [String] = []
        while true {
            switch reader.next(&kept) {
            case .preface: told.append("preface")
            case .incomplete: return told
            case .fault(let fault): return told + ["\(fault)"]
            case .data(let part):
                bodies[part.stream, default: []] += part.data.readableBytesView
                if part.isWhole { told.append("data \(part.stream) \(part.frame ?? 0)\(part.endsStream ? " end" : "")") }
            case .frame(let head, let payload): told += text(head, payload, names)
            }
        }
    }

    private func text(_ head: HTTP2FrameHead, _ payload: ByteBuffer, _ names: [String]) -> [String] {
        let first = payload.getInteger(at: payload.readerIndex, as: UInt32.self) ?? 0
        let code = { (number: UInt32) in HTTP2ErrorCode(rawValue: number).map { "\($0)" } ?? "\(number)" }
        switch head.type {
        case .settings: return []
        case .headers:
            var block = payload
            let fields = try? decoder.decodeHeaders(from: &block)
            let values = ([":method", ":path"] + names).map { fields?.first(name: $0) ?? "-" }.joined(separator: " ")
            return ["head \(head.stream) \(values)\(head.flags.contains(.endStream) ? " end" : "")"]
        case .resetStream: return ["reset \(head.stream) \(code(first))"]
        case .windowUpdate: return head.stream == 0 ? [] : ["window \(head.stream) \(first)"]
        case .ping: return ["ping ack"]
        case .goAway: return ["goaway \(code(payload.getInteger(at: payload.readerIndex + 4, as: UInt32.self) ?? 0))"]
        default: return [head.type.map { "\($0)" } ?? "unknown"]
        }
    }
}

extension EngineBench {
    /// The latest connection that was opened to the upstream, which has said its settings.
    func spokenTo(_ settings: [(UInt16, UInt32)] = []) throws -> FakeHTTP2Upstream {
        embedded.run()
        guard let wire = self.upstreams.last?.wire else { throw ChannelError.operationUnsupported }
        let upstream = FakeHTTP2Upstream(wire, embedded)
        upstream.greets(settings)
        return upstream
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
