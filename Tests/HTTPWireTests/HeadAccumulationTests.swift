import HTTPWire
import Testing

@Suite("Heads that arrive in pieces")
struct HeadAccumulationTests {
    @Test("Octet by octet, a head is parsed about once a line and not once an octet")
    func parses() {
        let octets = Array(("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "v", count: 4000) + "\r\nY: z\r\n\r\n").utf8)
        var accumulation = HeadAccumulation()
        var parses = 0
        var isLastParsed = false
        for count in 1...octets.count {
            isLastParsed = octets[..<count].withUnsafeBytes { accumulation.isWorthParsing($0) }
            if isLastParsed { parses += 1 }
        }
        #expect(isLastParsed)
        #expect(parses < 30)
    }

    @Test("A head without any line end is looked at when it doubles and at the limit")
    func limit() throws {
        var accumulation = HeadAccumulation()
        var octets: [UInt8] = []
        var parses = 0
        while octets.count < WireLimits.request.head {
            octets += [UInt8](repeating: 0x61, count: 512)
            if octets.withUnsafeBytes({ accumulation.isWorthParsing($0) }) { parses += 1 }
        }
        #expect(parses < 12)
        #expect(octets.withUnsafeBytes { accumulation.isWorthParsing($0) })
    }

    @Test("A control character is looked at when it comes, and a tab is none")
    func controls() {
        var accumulation = HeadAccumulation()
        func due(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { accumulation.isWorthParsing($0) } }
        #expect(due("GET / HTTP/1.1\r\nX: "))
        #expect(!due("GET / HTTP/1.1\r\nX: \t"))
        #expect(due("GET / HTTP/1.1\r\nX: \t\0"))
        accumulation.reset()
        #expect(due("G"))
    }
}
