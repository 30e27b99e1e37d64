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

    @Test("Each form of a literal gives its field, and only the first is remembered (RFC 7541 C.2.1 to C.2.4)")
    func literals() {
        let fields = [
            ("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", "custom-key: custom-header\r\n"),
            ("1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret\r\n"),
        ]
        var reading = HTTP2Reading()
        for (octets, line) in fields {
            #expect(reading.request(Block.of(Block.get) + Hex.octets(octets)) == "GET / HTTP/1.1\r\nhost: a\r\n\(line)\r\n")
        }
        #expect(reading.request(Block.of(Block.get) + Block.indexed(62)) == "GET / HTTP/1.1\r\nhost: a\r\ncustom-key: custom-header\r\n\r\n")
        #expect(reading.request(Block.of(Block.get) + Block.indexed(63)) == "undecodable hpack_index_invalid")
        // C.2.2 and C.2.4: a path without indexing, and a method by its index.
        let path = Hex.octets("040c 2f73 616d 706c 652f 7061 7468"), rest = Block.of([(":scheme", "https"), (":authority", "a")])
        #expect(reading.request(Hex.octets("82") + path + rest) == "GET /sample/path HTTP/1.1\r\nhost: a\r\n\r\n")
    }

    /// Answers are none of a client's, so the blocks are malformed; the table that they leave is the one of the vectors all the same.
    @Test(
        "A malformed block leaves the table that it should, with fields put out of it (RFC 7541 C.5, C.6)",
        arguments: [
            [
                "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                "4803 3330 37c1 c0bf",
                "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
            ],
            [
                "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
                "4883 640e ffc1 c0bf",
                "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
            ],
        ])
    func responses(_ blocks: [String]) {
        var reading = HTTP2Reading()
        reading.decoder.acknowledged(tableSize: 256)
        for (index, block) in blocks.enumerated() {
            let octets = (index == 0 ? Block.sizeUpdate(256) : []) + Hex.octets(block)
            #expect(reading.request(octets) == "malformed pseudo_field_unknown")
        }
        let lines = """
            set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\r
            content-encoding: gzip\r
            date: Mon, 21 Oct 2013 20:13:22 GMT\r

            """
        let fields = Block.indexed(62) + Block.indexed(63) + Block.indexed(64)
        #expect(reading.request(Block.of(Block.get) + fields) == "GET / HTTP/1.1\r\nhost: a\r\n\(lines)\r\n")
        #expect(reading.request(Block.of(Block.get) + Block.indexed(65)) == "undecodable hpack_index_invalid")
    }
}

enum Hex {
    static func octets(_ text: String) -> [UInt8] {
        let digits = text.filter { $0 != " " }.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
