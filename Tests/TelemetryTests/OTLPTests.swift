import Foundation
import NIOCore
import ProtocolBuffers
import Telemetry
import Testing

@Suite("What a collector is sent")
struct OTLPTests {
    private func written(_ body: (inout ByteBuffer) -> Void) -> [UInt8] {
        var out = ByteBuffer()
        body(&out)
        return Array(out.readableBytesView)
    }

    @Test("is Protocol Buffers: numbers, octets and messages as the encoding has them")
    func encoding() {
        #expect(written { $0.writeProtobuf(1, varint: 150) } == [0x08, 0x96, 0x01])
        #expect(written { $0.writeProtobuf(16, varint: 0) } == [0x80, 0x01, 0x00])
        #expect(written { $0.writeProtobuf(2, text: "abc") } == [0x12, 0x03, 0x61, 0x62, 0x63])
        #expect(written { $0.writeProtobuf(3, fixed64: 0x0102) } == [0x19, 0x02, 0x01, 0, 0, 0, 0, 0, 0])
        #expect(written { $0.writeProtobuf(4, double: 1) } == [0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
        // 300 octets: 0b10_0101100, in four octets.
        let message = written { $0.writeProtobuf(3) { $0.writeRepeatingByte(7, count: 300) } }
        let head: [UInt8] = [0x1a, 0xac, 0x82, 0x80, 0x00]
        #expect(Array(message.prefix(5)) == head)
        #expect(message.count == 305)
        let minusOne: [UInt8] = [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
        let attribute = written { $0.writeAttribute(9, "a", -1) }
        #expect(Array(attribute.suffix(11)) == minusOne)
    }

    private func request(upstream: Bool = true, reason: String? = nil, status: Int = 200, address: String = "[::1]:80") -> FinishedRequest {
        var request = FinishedRequest(
            traceID: Array("0af7651916cd43dd8448eb211c80319c".utf8), parentID: Array("b7ad6b7169203331".utf8),
            spanID: .number(0x0102_0304_0506_0708), began: 5, ended: 9, method: Array("NONSENSE".utf8), path: Array("/secret".utf8))
        request.status = status
        request.reason = reason
        if upstream { request.upstream = .init(spanID: Array("00f067aa0ba902b7".utf8), sent: 6, address: address) }
        return request
    }

    private func octets(_ requests: FinishedRequest...) -> [UInt8] {
        var buffer = SpanBuffer()
        for request in requests { _ = buffer.add(request) }
        return buffer.take().flatMap { Array($0.octets.readableBytesView) }
    }

    @Test("has a span for a request and one for its upstream's part, of the trace, the one below the other")
    func spans() {
        let octets = octets(request(upstream: false), request())
        let text = octets.map { String(format: "%02x", $0) }.joined()
        #expect(text.components(separatedBy: "0a100af7651916cd43dd8448eb211c80319c").count == 4)
        #expect(text.components(separatedBy: "12080102030405060708").count == 3 && text.components(separatedBy: "2208b7ad6b7169203331").count == 3)
        #expect(text.contains("120800f067aa0ba902b722080102030405060708"))
        let words = String(decoding: octets, as: UTF8.self)
        #expect(words.contains("_OTHER") && words.contains("HTTP") && !words.contains("NONSENSE"))
        // The address of IPv6 without its brackets, and no port of a socket's path.
        #expect(words.contains("::1") && !words.contains("[::1]"))
        #expect(String(decoding: self.octets(request(address: "/run/a:80")), as: UTF8.self).contains("/run/a:80"))
    }

    @Test("calls an error of the server what is one, and tells each refusal's reason", arguments: [(401, false), (503, true), (0, true)])
    func errors(status: Int, isError: Bool) {
        let octets = octets(request(upstream: false, reason: "cnf_mismatch", status: status))
        #expect(String(decoding: octets, as: UTF8.self).contains("cnf_mismatch"))
        // `status` with the code 2, behind all else.
        #expect(octets.suffix(2).elementsEqual([0x18, 0x02]) == isError)
    }

    @Test("is bounded where nobody takes it, and what is too much is counted")
    func bound() {
        var buffer = SpanBuffer(limit: 1 << 20)
        var count = 0
        while buffer.dropped == 0 {
            _ = buffer.add(request())
            count += 2
        }
        let held = buffer.size
        for _ in 0..<100 { _ = buffer.add(request()) }
        #expect(buffer.size == held && held < 1 << 20 + 4096 && buffer.dropped == 202)
        let some = buffer.take(room: 600 << 10)
        #expect(some.count == 1 && buffer.size == held - some[0].octets.readableBytes)
        let rest = buffer.take()
        #expect((some + rest).reduce(0) { $0 + $1.count } == count - 2 && buffer.size == 0 && buffer.take().isEmpty)
    }

    @Test("has of strangers no more than half of what may be held")
    func strangers() {
        var buffer = SpanBuffer(limit: 64 << 10)
        while buffer.dropped == 0 { _ = buffer.add(request(), isKnown: false) }
        #expect(buffer.size < 33 << 10)
        _ = buffer.add(request())
        #expect(buffer.dropped == 2)
    }

    @Test("is called whole, so that somebody takes it, when it is as much as goes in one message")
    func whole() {
        var buffer = SpanBuffer()
        while !buffer.add(request()) { #expect(buffer.size < SpanBuffer.batch) }
        #expect(buffer.size >= SpanBuffer.batch && buffer.take().count == 1)
    }

    @Test("comes from a process that no other one is taken for")
    func instance() throws {
        var generator = SystemRandomNumberGenerator()
        let one = ExportResource.instance(using: &generator)
        #expect(try #require(UUID(uuidString: one)).uuidString.lowercased() == one && one != ExportResource.instance(using: &generator))
        #expect(Array(one)[14] == "4" && "89ab".contains(Array(one)[19]))
    }
}

@Suite("What a collector has not taken")
struct ExportBacklogTests {
    private func batch(_ count: Int, octets: Int = SpanBuffer.batch) -> SpanBatch {
        SpanBatch(octets: ByteBuffer(repeating: 7, count: octets), count: count)
    }

    @Test("goes in its order, and is counted as what it became")
    func order() {
        var backlog = ExportBacklog()
        backlog.add([batch(3), batch(4), batch(5)])
        #expect(backlog.first?.count == 3)
        backlog.taken(rejected: 1)
        #expect(backlog.first?.count == 4 && backlog.exported == 2 && backlog.dropped == 1)
        backlog.refused()
        #expect(backlog.first?.count == 5 && backlog.exported == 2 && backlog.dropped == 5)
        backlog.clear()
        #expect(backlog.first == nil && backlog.dropped == 10 && backlog.room == ExportBacklog.limit)
    }

    @Test("cannot be counted wrong by a collector", arguments: [-1, 100])
    func nonsense(rejected: Int) {
        var backlog = ExportBacklog()
        backlog.add([batch(3)])
        backlog.taken(rejected: rejected)
        #expect(backlog.exported + backlog.dropped == 3)
        backlog.taken(rejected: 1)
        #expect(backlog.exported + backlog.dropped == 3)
    }

    @Test("is put together where it is little, and has less room left")
    func merging() {
        var backlog = ExportBacklog()
        for _ in 0..<5 { backlog.add([batch(1, octets: 100 << 10)]) }
        #expect(backlog.first?.count == 4 && backlog.first?.octets.readableBytes == 400 << 10)
        #expect(backlog.room == ExportBacklog.limit - (500 << 10))
    }

    @Test("is tried again after pauses that grow to half a minute, and at once when somebody answers")
    func pauses() {
        var backlog = ExportBacklog()
        backlog.add([batch(1)])
        #expect(backlog.mayTry(now: 0))
        for pause in [1.0, 2, 4, 8, 16, 30, 30] {
            backlog.failed(now: 100, chance: 1)
            #expect(!backlog.mayTry(now: 100 + pause - 0.01) && backlog.mayTry(now: 100 + pause))
        }
        backlog.failed(now: 100, chance: 0)
        #expect(!backlog.mayTry(now: 114.9) && backlog.mayTry(now: 115) && backlog.first?.count == 1)
        backlog.answered()
        #expect(backlog.mayTry(now: 100))
    }

    @Test("is of traces that are recorded: by the client's word, or by chance where it has none")
    func sampling() {
        #expect(TraceSampling.parent.records(sent: true, chance: 1) && !TraceSampling.parent.records(sent: false, chance: 0))
        #expect(TraceSampling.parent.records(sent: nil, chance: 1) && TraceSampling.always.records(sent: false, chance: 1))
        let part = TraceSampling.ratio(0.25)
        #expect(part.records(sent: nil, chance: 0.24) && !part.records(sent: nil, chance: 0.25))
        #expect(part.records(sent: true, chance: 1) && !part.records(sent: false, chance: 0))
        #expect(!TraceSampling.ratio(0).records(sent: nil, chance: 0))
    }
}
