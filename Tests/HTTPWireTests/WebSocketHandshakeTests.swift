import NIOCore
import Testing

@testable import HTTPWire

@Suite("The opening handshake of WebSocket")
struct WebSocketHandshakeTests {
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    private func key(of text: String) throws -> String? {
        var head = RequestHead(names: try StripList(trustedHeader: "X-Client-Thumbprint"))
        let buffer = ByteBuffer(string: text)
        guard case .complete = head.parse(buffer) else { return "not parsed" }
        return buffer.withUnsafeReadableBytes { head.webSocketKey(in: $0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    private func request(_ line: String = "GET / HTTP/1.1", _ fields: String...) -> String {
        "\(line)\r\nHost: a\r\n\(fields.map { $0 + "\r\n" }.joined())\r\n"
    }

    @Test(
        "An offer is one in whatever case and among whatever else (WS-02)",
        arguments: [
            ["Connection: Upgrade", "Upgrade: websocket"], ["connection: keep-alive, upgrade", "UPGRADE: WebSocket"],
            ["Connection: keep-alive", "Connection: UPGRADE", "Upgrade: h2c, websocket"],
        ])
    func offers(fields: [String]) throws {
        let lines = fields.map { $0 + "\r\n" }.joined()
        #expect(try key(of: "GET / HTTP/1.1\r\nHost: a\r\n\(lines)Sec-WebSocket-Key: \(Self.key)\r\n\r\n") == Self.key)
    }

    @Test("Whatever is none goes on without it (WS-02)")
    func others() throws {
        let (connection, upgrade, key) = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: \(Self.key)")
        for text in [
            request("GET / HTTP/1.0", connection, upgrade, key), request("POST / HTTP/1.1", connection, upgrade, key),
            request("GET / HTTP/1.1", upgrade, key), request("GET / HTTP/1.1", connection, key),
            request("GET / HTTP/1.1", connection, upgrade), request("GET / HTTP/1.1", connection, upgrade, key, key),
            request("GET / HTTP/1.1", connection, "Upgrade: foo, h2c", key), request("GET / HTTP/1.1", connection, "Upgrade: websocket/13", key),
            request("GET / HTTP/1.1", connection, "Upgrade: websockets", key), request("GET / HTTP/1.1", "Connection: upgrades", upgrade, key),
            request("GET / HTTP/1.1", connection, upgrade, "Sec-WebSocket-Key: short=="),
            request("GET / HTTP/1.1", connection, upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=a"),
            request("GET / HTTP/1.1", connection, upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-Q=="),
            request("GET / HTTP/1.1", "Connection: Upgrade, Sec-WebSocket-Key", upgrade, key),
            request("GET / HTTP/1.1", connection, upgrade, key, "Content-Length: 5"),
            request("GET / HTTP/1.1", connection, upgrade, key, "Transfer-Encoding: chunked"),
        ] { #expect(try self.key(of: text) == nil, "\(text)") }
    }

    private func switches(_ fields: String..., line: String = "HTTP/1.1 101 Switching Protocols") throws -> Bool {
        var head = ResponseHead(names: try StripList(trustedHeader: "X-Client-Thumbprint"))
        let buffer = ByteBuffer(string: "\(line)\r\n\(fields.map { $0 + "\r\n" }.joined())\r\n")
        guard case .complete = head.parse(buffer, answering: .get) else { return false }
        return buffer.withUnsafeReadableBytes { head.switchesToWebSocket($0, accept: Array(Self.accept.utf8)) }
    }

    @Test("A 101 is taken that names websocket and proves that the request was read (WS-03)")
    func taken() throws {
        #expect(try switches("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Accept: \(Self.accept)"))
        #expect(try switches("upgrade: WebSocket", "connection: upgrade", "sec-websocket-accept: \(Self.accept)", "Sec-WebSocket-Protocol: a"))
    }

    @Test("… and no other (WS-03)")
    func refused() throws {
        let (connection, upgrade, accept) = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Accept: \(Self.accept)")
        #expect(try !switches(upgrade, accept))
        #expect(try !switches(connection, accept))
        #expect(try !switches(connection, upgrade))
        #expect(try !switches(connection, "Upgrade: h2c", accept))
        #expect(try !switches(connection, "Upgrade: websocket, h2c", accept))
        #expect(try !switches(connection, upgrade, upgrade, accept))
        #expect(try !switches(connection, upgrade, accept, accept))
        #expect(try !switches(connection, upgrade, "Sec-WebSocket-Accept: \(Self.accept.lowercased())"))
        #expect(try !switches(connection, upgrade, "Sec-WebSocket-Accept: \(Self.accept.dropLast())"))
        #expect(try !switches(connection, upgrade, accept, line: "HTTP/1.0 101 Switching Protocols"))
        #expect(try !switches(connection, upgrade, accept, line: "HTTP/1.1 200 OK"))
    }
}

@Suite("The frames of WebSocket")
struct WebSocketFramesTests {
    /// Header and payload of a frame in each of the three forms of a length, masked or not.
    private func frame(_ first: UInt8, _ length: Int, masked: Bool = false) -> [UInt8] {
        let mask: UInt8 = masked ? 0x80 : 0
        let header: [UInt8] =
            switch length {
            case ..<126: [first, mask | UInt8(length)]
            case ..<65536: [first, mask | 126, UInt8(length >> 8), UInt8(length & 255)]
            default:
                [first, mask | 127, 0, 0, 0, 0, UInt8(length >> 24 & 255), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
            }
        return header + (masked ? [1, 2, 3, 4] : []) + [UInt8](repeating: 0x88, count: length)
    }

    @Test("It is known where each ends, however it comes (WS-04)", arguments: [0, 1, 125, 126, 65535, 65536], [false, true])
    func boundaries(length: Int, masked: Bool) {
        let octets = frame(0x82, length, masked: masked)
        for step in [1, 7, octets.count] {
            var frames = WebSocketFrames()
            for start in stride(from: 0, to: octets.count, by: step) {
                let end = min(start + step, octets.count)
                octets[start..<end].withUnsafeBytes { frames.pass($0) }
                #expect(frames.isBetweenFrames == (end == octets.count))
            }
            #expect(!frames.hasClosed)
        }
    }

    @Test("After a Close nothing may follow, and a fragment is no Close (WS-04)")
    func close() {
        var frames = WebSocketFrames()
        (frame(0x01, 3) + frame(0x80, 3) + frame(0x89, 8)).withUnsafeBytes { frames.pass($0) }
        #expect(frames.isBetweenFrames && !frames.hasClosed)
        WebSocketFrames.close(1000).withUnsafeBytes { frames.pass($0) }
        #expect(frames.isBetweenFrames && frames.hasClosed)
    }

    @Test("A length beyond all measure ends never, and traps nothing (WS-04)")
    func endless() {
        var frames = WebSocketFrames()
        ([0x82, 0x7f] + [UInt8](repeating: 0xff, count: 8) + [UInt8](repeating: 0, count: 1000)).withUnsafeBytes { frames.pass($0) }
        #expect(!frames.isBetweenFrames)
    }

    @Test("A Close frame is the octets of RFC 6455 section 5.5.1 (WS-04)")
    func octets() {
        #expect(WebSocketFrames.close(1008) == [0x88, 0x02, 0x03, 0xf0])
        #expect(WebSocketFrames.close(1001) == [0x88, 0x02, 0x03, 0xe9])
    }
}
