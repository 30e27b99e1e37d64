import HTTPWire
import NIOCore
import Testing

@Suite("Header blocks of RFC 7541 appendix C, octet for octet")
struct HPACKVectorTests {
    /// The blocks of C.3 are those of a request over http, so what is compared is what becomes of the same fields over https.
    @Test(
        "Requests without Huffman coding, then with it: the same heads, and a table that carries from one to the next (RFC 7541 C.3, C.4)",
        arguments: [
            [
                "8287 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8287 84be 5808 6e6f 2d63 6163 6865",
                "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
            ],
            [
                "8287 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8287 84be 5886 a8eb 1064 9cbf",
                "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
            ],
        ])
    func requests(_ blocks: [String]) {
        var reading = HTTP2Reading()
        let heads = blocks.map { reading.request(Hex.octets($0)) }
        #expect(
            heads == [
                "GET / HTTP/1.1\r\nhost: www.example.com\r\n\r\n",
                "GET / HTTP/1.1\r\nhost: www.example.com\r\ncache-control: no-cache\r\n\r\n",
                "GET /index.html HTTP/1.1\r\nhost: www.example.com\r\ncustom-key: custom-value\r\n\r\n",
            ])
    }
}

enum Hex {
    static func octets(_ text: String) -> [UInt8] {
        let digits = text.filter { $0 != " " }.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
