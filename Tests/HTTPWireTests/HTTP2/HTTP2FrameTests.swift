import HTTPWire
import NIOCore
import Testing

@Suite("A frame of HTTP/2")
struct HTTP2FrameTests {
    /// What the reader says, piece by piece.
    private func read(_ octets: [UInt8], after preface: Bool = true, pieces: Int = .max) -> [String] {
        var reader = HTTP2FrameReader()
        var told: [String] = []
        var bytes = ByteBuffer()
        var rest = ArraySlice((preface ? HTTP2FrameReader.preface : []) + octets)
        while !rest.isEmpty {
            bytes.writeBytes(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            reading: while true {
                switch reader.next(&bytes) {
                case .incomplete: break reading
                case .fault(let fault): return told + [fault.rawValue]
                case .preface: if !preface { told.append("preface") }
                case .frame(let head, let payload):
                    told.append("\(head.type.map { "\($0)" } ?? "unknown") \(head.stream) \(String(buffer: payload).count)")
                case .data(let part):
                    told.append("data \(part.stream) \(part.data.readableBytes)+\(part.padding)\(part.endsStream ? " end" : "")")
                }
            }
        }
        return told
    }

    @Test("is read whole and in its place, in whatever pieces it comes", arguments: [1, 2, 7, 9, 10, 33, .max])
    func pieces(_ size: Int) {
        let octets =
            Frame.settings((3, 1)) + Frame.headers(1) + Frame.ping() + Frame.window(0, 5) + Frame.raw(0x50, 0, 9, [1, 2]) + Frame.reset(1)
        #expect(read(octets, pieces: size) == ["settings 0 6", "headers 1 1", "ping 0 8", "windowUpdate 0 4", "unknown 9 2", "resetStream 1 4"])
    }

    @Test("of a body is handed on as it comes, padding apart")
    func data() {
        #expect(read(Frame.data(1, 20, ends: true)) == ["data 1 20+0 end"])
        #expect(read(Frame.raw(0, 0x9, 1, [3] + Array("abcde".utf8) + [0, 0, 0])) == ["data 1 5+4 end"])
        #expect(read(Frame.raw(0, 0x8, 1, [0])) == ["data 1 0+1"])
        #expect(read(Frame.data(1, 0, ends: true)) == ["data 1 0+0 end"])
        let pieces = read(Frame.raw(0, 0x9, 1, [3] + Array("abcde".utf8) + [0, 0, 0]) + Frame.ping(), pieces: 12)
        #expect(pieces == ["data 1 2+1", "data 1 3+3 end", "ping 0 8"])
    }

    @Test("of a header block loses its padding and priority")
    func stripped() {
        #expect(read(Frame.raw(1, 0x2c, 1, [2, 0, 0, 0, 0, 9] + Array("abc".utf8) + [0, 0])) == ["headers 1 3"])
        #expect(read(Frame.raw(1, 0xc, 1, [0])) == ["headers 1 0"])
        #expect(read(Frame.raw(1, 0x24, 1, [0, 0, 0, 0, 9])) == ["headers 1 0"])
    }

    @Test("that is malformed by itself ends the connection, before the rest of it is waited for (H2-11, RFC 9113 sections 4.2 and 6)")
    func malformed() {
        let cases: [([UInt8], String)] = [
            (Frame.raw(1, 4, 1, length: 16_385), "frame_too_large"), (Frame.raw(0x50, 0, 1, length: 1 << 20), "frame_too_large"),
            (Frame.data(0, 3), "frame_on_connection"), (Frame.headers(0), "frame_on_connection"), (Frame.reset(0), "frame_on_connection"),
            (Frame.priority(0), "frame_on_connection"), (Frame.continuation(0), "frame_on_connection"),
            (Frame.raw(4, 0, 1), "frame_on_stream"), (Frame.raw(6, 0, 1, [UInt8](repeating: 0, count: 8)), "frame_on_stream"),
            (Frame.raw(7, 0, 1, [UInt8](repeating: 0, count: 8)), "frame_on_stream"),
            (Frame.raw(5, 4, 1, [0, 0, 0, 2]), "push_promise"),
            (Frame.raw(3, 0, 1, [0, 0, 0]), "frame_size_invalid"), (Frame.raw(8, 0, 0, [0, 0, 0, 0, 1]), "frame_size_invalid"),
            (Frame.raw(4, 0, 0, [0, 1, 0, 0, 0]), "frame_size_invalid"), (Frame.raw(4, 1, 0, [0, 1, 0, 0, 0, 0]), "frame_size_invalid"),
            (Frame.raw(6, 0, 0, [0, 0, 0, 0, 0, 0, 0]), "frame_size_invalid"), (Frame.raw(7, 0, 0, [0, 0, 0, 0]), "frame_size_invalid"),
            (Frame.raw(2, 0, 1, [0, 0, 0, 0]), "frame_size_invalid"), (Frame.raw(0, 8, 1), "frame_size_invalid"),
            (Frame.raw(0, 8, 1, [3, 1, 2]), "padding_invalid"), (Frame.raw(1, 0xc, 1, [3, 1, 2]), "padding_invalid"),
            (Frame.raw(1, 0x2c, 1, [1, 0, 0, 0, 0, 9]), "padding_invalid"),
            (Frame.raw(1, 0x24, 1, [0, 0, 0, 0]), "frame_size_invalid"), (Frame.raw(1, 0xc, 1), "frame_size_invalid"),
        ]
        for (octets, fault) in cases { #expect(read(octets) == [fault], "\(octets.prefix(20))") }
        #expect(read(Frame.raw(1, 4, 1, [UInt8](repeating: 0, count: 16_384))) == ["headers 1 16384"])
        #expect(read(Frame.raw(0, 8, 1, [2, 1, 2])) == ["data 1 0+3"])
        #expect(read(Frame.priority(3)) == ["priority 3 5"])
        #expect(read(Frame.raw(1, 0xc, 1, [2, 1, 2])) == ["headers 1 0"])
    }

    @Test("comes after the preface, and nothing else does")
    func preface() {
        #expect(read(HTTP2FrameReader.preface + Frame.settings(), after: false) == ["preface", "settings 0 0"])
        #expect(read(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r".utf8), after: false) == [])
        #expect(read(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX".utf8), after: false) == ["preface_invalid"])
        #expect(read(Array("GET / HT".utf8), after: false) == ["preface_invalid"])
        #expect(read(Array("P".utf8), after: false, pieces: 1) == [])
    }

    @Test("is written as it is read, header blocks in frames that the client takes")
    func written() {
        var out = ByteBuffer()
        HTTP2FrameWriter.settings([(.maxConcurrentStreams, 100)], to: &out)
        HTTP2FrameWriter.settingsAcknowledgement(to: &out)
        HTTP2FrameWriter.ping(7, isAcknowledgement: true, to: &out)
        HTTP2FrameWriter.goAway(last: 5, .enhanceYourCalm, to: &out)
        HTTP2FrameWriter.reset(3, .cancel, to: &out)
        HTTP2FrameWriter.windowUpdate(3, by: 9, to: &out)
        let position = HTTP2FrameWriter.headers(ByteBuffer(string: "abcdefg"), stream: 3, endsStream: true, maximumPayload: 3, to: &out)
        #expect(out.getInteger(at: position, as: UInt8.self) == 1)
        let expected: [[UInt8]] = [
            Frame.settings((3, 100)), Frame.acknowledgement, Frame.raw(6, 1, 0, [0, 0, 0, 0, 0, 0, 0, 7]),
            Frame.raw(7, 0, 0, Frame.octets(5) + Frame.octets(11)), Frame.reset(3), Frame.window(3, 9), Frame.headers(3, "abc", whole: false),
            Frame.continuation(3, "def", whole: false), Frame.continuation(3, "g"),
        ]
        #expect(Array(out.readableBytesView) == expected.flatMap { $0 })
        var empty = ByteBuffer()
        HTTP2FrameWriter.headers(ByteBuffer(), stream: 1, endsStream: false, to: &empty)
        #expect(Array(empty.readableBytesView) == Frame.headers(1, "", ends: false))
    }
}
