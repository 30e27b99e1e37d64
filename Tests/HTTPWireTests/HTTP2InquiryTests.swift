import NIOCore
import NIOHPACK
import Testing

@testable import HTTPWire

@Suite("What an upstream of HTTP/2 is asked about its health")
struct HTTP2InquiryTests {
    private func inquiry() throws -> HTTP2Inquiry {
        try #require(HTTP2Inquiry(ByteBuffer(string: "GET /up HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n"), isEncrypted: false))
    }

    private func head(_ status: String, ends: Bool = true) throws -> [UInt8] {
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        var block = ByteBuffer()
        try encoder.encode(headers: [":status": status], to: &block)
        return frame(1, ends ? 5 : 4, 1, Array(block.readableBytesView))
    }

    private func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, stream] + payload
    }

    @Test("is one whole request behind the preface and our settings")
    func opening() throws {
        var sent = try inquiry().opening
        var reader = HTTP2FrameReader()
        #expect(reader.next(&sent) == .preface)
        guard case .frame(let settings, _) = reader.next(&sent), case .frame(let head, var block) = reader.next(&sent) else {
            return #expect(Bool(false), "two frames")
        }
        #expect(settings.type == .settings && head.type == .headers && head.flags == [.endHeaders, .endStream] && sent.readableBytes == 0)
        var decoder = NIOHPACK.HPACKDecoder(allocator: ByteBufferAllocator())
        let fields = try decoder.decodeHeaders(from: &block)
        #expect(fields == [":method": "GET", ":scheme": "http", ":path": "/up", ":authority": "api"])
        #expect(HTTP2Inquiry(ByteBuffer(string: "GET /up\r\n\r\n"), isEncrypted: false) == nil)
    }

    @Test("has the final answer's status, in whatever pieces it comes")
    func status() throws {
        let one = try inquiry()
        let octets = try frame(4, 0, 0) + frame(4, 1, 0) + head("103", ends: false) + head("204")
        var found: [HTTP2Inquiry.Finding] = []
        for octet in octets { found.append(one.received(ByteBuffer(bytes: [octet]))) }
        #expect(found.last == .status(204) && found.dropLast().allSatisfy { $0 == .nothing })
    }

    @Test("has none from what is no HTTP/2, or gives it up")
    func none() throws {
        func fault(_ octets: [UInt8]) throws -> Bool {
            if case .fault = try inquiry().received(ByteBuffer(bytes: octets)) { true } else { false }
        }
        #expect(try fault(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)))
        #expect(try fault(head("200")))
        #expect(try fault(frame(4, 0, 0) + frame(3, 0, 1, [0, 0, 0, 7])))
        #expect(try fault(frame(4, 0, 0) + frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])))
        #expect(try fault(frame(4, 0, 0) + frame(1, 5, 1, [0xff])))
        #expect(try !fault(frame(4, 0, 0) + frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0])))
    }
}
