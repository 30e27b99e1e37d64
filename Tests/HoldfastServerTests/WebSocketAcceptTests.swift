import Testing

@testable import HoldfastServer

@Suite("What a server of WebSocket answers")
struct WebSocketAcceptTests {
    @Test("The example of RFC 6455 section 1.3 (WS-03)")
    func example() {
        #expect(String(decoding: WebSocketAccept.value(of: Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)), as: UTF8.self) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}
