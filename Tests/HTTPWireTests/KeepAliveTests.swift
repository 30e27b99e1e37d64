import HTTPWire
import NIOCore
import Testing

@Suite("Keep-Alive of an answer")
struct KeepAliveTests {
    private func timeout(_ field: String) throws -> Int64? {
        let octets = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(field)\r\n\r\n")
        var head = ResponseHead(names: try StripList(trustedHeader: "X-T"))
        guard case .complete = head.parse(octets, answering: .get) else {
            Issue.record("\(field)")
            return nil
        }
        return head.keepAlive(octets)
    }

    @Test("says for how long the connection is kept")
    func said() throws {
        #expect(try timeout("Keep-Alive: timeout=5, max=100") == 5 && timeout("keep-alive: max=100,TIMEOUT=15") == 15)
        #expect(try timeout("Keep-Alive: timeout=0") == 0 && timeout("Connection: keep-alive\r\nKeep-Alive: timeout=75") == 75)
        #expect(try timeout("Keep-Alive: timeout=99999999999999999999999999") == 86400)
    }

    @Test(
        "or nothing that can be understood",
        arguments: [
            "Keep-Alive: max=100", "Keep-Alive: timeout=", "Keep-Alive: timeout=5s", "Keep-Alive:", "Keep-Alive: timeout=-1",
            "X-Keep-Alive: timeout=5", "Proxy-Connection: timeout=5",
        ])
    func unsaid(field: String) throws { #expect(try timeout(field) == nil) }
}
