import HTTPWire
import NIOCore
import Testing

@Suite("The chunked coding (RFC 9112 section 7.1; H1-13, H1-14, FW-12, CC-16)")
struct ChunkedBodyTests {
    /// The data, then `|` and what is left after the end; or `…` where more is needed; or the code of the fault.
    private func decode(_ octets: [UInt8], pieces: Int = .max, limits: WireLimits = .request) -> String {
        var reader = ChunkedBodyReader(limits: limits)
        var data: [UInt8] = []
        var position = 0
        while true {
            let rest = Array(octets[position...].prefix(pieces))
            let (consumed, event) = rest.withUnsafeBytes { reader.next($0) }
            position += consumed
            switch event {
            case .needMore: if position == octets.count { return String(decoding: data, as: UTF8.self) + "…" }
            case .data(let range): data += rest[range]
            case .end: return String(decoding: data + Array("|".utf8) + octets[position...], as: UTF8.self)
            case .fault(let fault): return fault.rawValue
            }
        }
    }

    @Test(
        "Bodies by the grammar give their data, in one piece and octet by octet",
        arguments: [
            ("0\r\n\r\n", "|"), ("5\r\nhello\r\n0\r\n\r\nGET", "hello|GET"),
            ("1\r\na\r\nA\r\n0123456789\r\n00\r\n\r\n", "a0123456789|"),
            ("000000000000000a\r\n0123456789\r\n0\r\n\r\n", "0123456789|"), ("2;x=y;z=\"q r\"\r\nab\r\n0;last\r\n\r\n", "ab|"),
            ("3\r\n\r\n\n\r\n0\r\n\r\n", "\r\n\n|"), ("0\r\nAuthorization: x\r\nHost:b\r\n\r\n!", "|!"), ("3\r\nab", "ab…"),
            ("3\r\nabc", "abc…"),
            ("3", "…"), ("3\r\nabc\r\n0\r\n", "abc…"), ("0\r\nX: y\r\n\r", "…"),
        ])
    func accepts(_ text: String, _ outcome: String) {
        for pieces in [.max, 1, 2, 3] { #expect(decode(Array(text.utf8), pieces: pieces) == outcome) }
    }

    @Test(
        "Anything else is a fault, in one piece and octet by octet",
        arguments: [
            ("ffffffffffffffff\r\n", "chunk_size_invalid"),
            ("8000000000000000\r\n", "chunk_size_invalid"),
            ("0x5\r\nhello", "chunk_size_invalid"), ("+5\r\nhello", "chunk_size_invalid"), ("-5\r\n", "chunk_size_invalid"),
            (" 5\r\n", "chunk_size_invalid"),
            ("5 \r\n", "chunk_malformed"), ("\r\n", "chunk_size_invalid"), (";x\r\n", "chunk_size_invalid"),
            ("g\r\n", "chunk_size_invalid"), ("5_0\r\n", "chunk_size_invalid"),
            ("5\nhello", "bare_lf"), ("5;\nhello", "bare_lf"), ("5\rhello", "bare_cr"), ("5;x\rhello", "bare_cr"),
            ("5;\0\r\n", "chunk_malformed"),
            ("5\r\nhello0\r\n\r\n", "chunk_malformed"), ("5\r\nhellox\r\n", "chunk_malformed"),
            ("5\r\nhello\n0\r\n\r\n", "bare_lf"), ("5\r\nhello\rx", "bare_cr"),
            ("0\r\n\n", "bare_lf"), ("0\r\n\rx", "bare_cr"), ("0\r\nX\r\n\r\n", "field_name_invalid"),
            ("0\r\nX : y\r\n\r\n", "whitespace_before_colon"),
            ("0\r\n X: y\r\n\r\n", "line_folded"), ("0\r\nX: y\r\n z\r\n\r\n", "line_folded"),
            ("0\r\nX: a\rb\r\n\r\n", "bare_cr"), ("0\r\nX: a\n\r\n", "bare_lf"),
            ("0\r\nX: \0\r\n\r\n", "field_value_invalid"), ("0\r\n: y\r\n\r\n", "field_name_invalid"),
            ("0\r\nGET / HTTP/1.1\r\n", "whitespace_before_colon"),
        ])
    func refuses(_ text: String, _ code: String) {
        for pieces in [.max, 1, 2, 3] { #expect(decode(Array(text.utf8), pieces: pieces) == code) }
    }

    @Test(
        "Extensions by the grammar are passed over (RFC 9112 section 7.1.1; H1-14)",
        arguments: [
            ";a", ";a=b", ";a=\"b\"", ";a;b;c", ";a=b;c=d", " ;a", "\t;a", " ; a", ";\ta = b", ";a =b", ";a= b", ";a=b ;c", ";a ;c", ";a \t; c",
            ";a=\"\"", ";a=\"b;c\"", ";a=\"b\\\"c\"", ";a=\"b\\\\\"", ";a=\"\t \u{e9}[]{}\"", ";a=\"\\\u{e9}\"", ";!#$%&'*+-.^_`|~09=x",
            ";a=\"b\" ;c=\"d\"",
        ])
    func extensions(_ text: String) {
        for pieces in [.max, 1, 2, 3] {
            for limits in [WireLimits.request, .response] {
                #expect(decode(Array("5\(text)\r\nhello\r\n0\(text)\r\n\r\n".utf8), pieces: pieces, limits: limits) == "hello|")
            }
        }
    }

    @Test(
        "Anything else behind a size is a fault",
        arguments: [
            ";", ";;a", ";a;", ";=b", ";a=", ";a==b", ";a= ", ";a ", ";a=b ", ";a b", ";a=b c", ";a=\"b", ";a=\"b\"c", ";a=\"b\" ", ";a=\"b\\\"",
            ";bad[=x",
            ";a=[x]", ";a=b\"c\"", ";\"a\"", ";a\u{e9}", ";a=\u{e9}", " a", "\ta", " ;", ";a,b", ";a=b/c", ";a=\"\u{7f}\"", ";a=\"\\\u{1}\"", ";a\0",
            ":x", ",5",
        ])
    func otherExtensions(_ text: String) {
        for pieces in [.max, 1, 2, 3] {
            for limits in [WireLimits.request, .response] {
                let outcome = decode(Array("5\(text)\r\nhello\r\n0\r\n\r\n".utf8), pieces: pieces, limits: limits)
                #expect(["chunk_malformed", "chunk_size_invalid"].contains(outcome), "\(outcome)")
            }
        }
        #expect(decode(Array("5;a=\"b\r\n\"".utf8)) == "chunk_malformed" && decode(Array("5;a=\"b\n".utf8)) == "bare_lf")
    }

    @Test("Blanks between a size and the end of its line are taken from an upstream, as old servers write them, and from no client")
    func padding() {
        for blanks in [" ", "  \t "] {
            let octets = Array("5\(blanks)\r\nhello\r\n0\(blanks)\r\n\r\n".utf8)
            #expect(decode(octets, limits: .response) == "hello|" && decode(octets) == "chunk_malformed")
        }
        #expect(decode(Array("5;a \r\nhello\r\n".utf8), limits: .response) == "chunk_malformed")
    }

    @Test("A size may have zeros before it, more than a number has digits, but not without end (RFC 9112 section 7.1)")
    func leadingZeros() {
        let zeros = String(repeating: "0", count: 1000)
        #expect(decode(Array("00000000000000005\r\nhello\r\n00000000000000000\r\n\r\n".utf8)) == "hello|")
        for pieces in [.max, 1] { #expect(decode(Array("\(zeros)5;a=b\r\nhello\r\n0\r\n\r\n".utf8), pieces: pieces) == "hello|") }
        #expect(decode(Array("\(zeros)7fffffffffffffff\r\nab".utf8)) == "ab…")
        #expect(decode(Array("\(zeros)8000000000000000\r\nab".utf8)) == "chunk_size_invalid")
        #expect(decode(Array("000000000000000010000000000000000\r\n".utf8)) == "chunk_size_invalid")
        #expect(decode([UInt8](repeating: 0x30, count: 5000)) == "chunk_size_invalid")
        #expect(decode(Array("\(zeros)5;\(zeros)\r\n".utf8)) == "chunk_extension_too_large")
    }

    @Test("All extensions of a body take no more than its data and 16 KiB")
    func excess() {
        func body(_ chunks: Int, _ size: Int) -> [UInt8] {
            let chunk = "\(String(size, radix: 16));\(String(repeating: "x", count: 900))\r\n\(String(repeating: "d", count: size))\r\n"
            return Array((String(repeating: chunk, count: chunks) + "0\r\n\r\n").utf8)
        }
        #expect(decode(body(100, 1)) == "chunk_extension_too_large")
        #expect(decode(body(18, 1)).hasSuffix("|") && decode(body(100, 901)).hasSuffix("|"))
        #expect(decode(Array(String(repeating: "\(String(repeating: "0", count: 800))1\r\nx\r\n", count: 100).utf8)) == "chunk_extension_too_large")
    }

    @Test("The greatest chunk size that fits is not the next one")
    func greatest() {
        #expect(decode(Array("7fffffffffffffff\r\nab".utf8)) == "ab…")
        #expect(decode(Array("8000000000000000\r\nab".utf8)) == "chunk_size_invalid")
    }

    @Test("Extensions and trailers are capped, however they are cut up")
    func caps() {
        let small = String(repeating: "x", count: 1000)
        let large = String(repeating: "x", count: 1025)
        #expect(decode(Array("1;\(small)\r\na\r\n1;\(small)\r\nb\r\n0\r\n\r\n".utf8)) == "ab|")
        #expect(decode(Array("1;\(large)".utf8)) == "chunk_extension_too_large")
        #expect(decode(Array("1;\(large)".utf8), pieces: 1) == "chunk_extension_too_large")
        let trailer = "X: \(small)\r\n"
        #expect(decode(Array("0\r\n\(String(repeating: trailer, count: 8))\r\n".utf8)) == "|")
        #expect(decode(Array("0\r\n\(String(repeating: trailer, count: 9))\r\n".utf8)) == "trailers_too_large")
        #expect(WireFault.trailersTooLarge.status == 431 && WireFault.chunkExtensionTooLarge.status == 400)
    }

    @Test("After the end nothing more is consumed")
    func afterEnd() {
        var reader = ChunkedBodyReader()
        let octets = Array("0\r\n\r\n5\r\n".utf8)
        let first = octets.withUnsafeBytes { reader.next($0) }
        #expect(first.consumed == 5 && first.event == .end)
        let second = octets.withUnsafeBytes { reader.next($0) }
        #expect(second.consumed == 0 && second.event == .end)
    }

    @Test("What we write, we read", arguments: [1, 15, 16, 255, 256, 4096, 65537])
    func roundTrip(_ length: Int) {
        var buffer = ByteBuffer()
        ChunkedBodyWriter.writeChunkHead(length: length, to: &buffer)
        #expect(String(buffer: buffer) == String(length, radix: 16) + "\r\n")
        buffer.writeRepeatingByte(0x61, count: length)
        ChunkedBodyWriter.writeDataEnd(to: &buffer)
        ChunkedBodyWriter.writeBodyEnd(to: &buffer)
        #expect(decode(Array(buffer.readableBytesView)) == String(repeating: "a", count: length) + "|")
    }

    @Test("An empty piece of data writes nothing, since a chunk of 0 would end the body")
    func emptyChunk() {
        var buffer = ByteBuffer()
        ChunkedBodyWriter.writeChunkHead(length: 0, to: &buffer)
        #expect(buffer.readableBytes == 0)
    }

    @Test("Trailers are kept where they are asked for, as they came, bounded, and only once they are whole")
    func keptTrailers() {
        let octets = Array("3\r\nabc\r\n0;x\r\ngrpc-status: 0\r\nX-T:  a b \r\n\r\nGET".utf8)
        for pieces in [octets.count, 1, 2, 7] {
            for keeps in [true, false] {
                var reader = BodyReader(.chunked, limits: .response, keepsTrailers: keeps)
                var position = 0
                var trailers: [UInt8] = []
                while !reader.isOver, position < octets.count {
                    var piece = ByteBuffer(bytes: octets[position...].prefix(pieces))
                    let count = piece.readableBytes
                    let step = reader.next(&piece)
                    position += count - piece.readableBytes
                    trailers += step.trailers
                    #expect(step.isOver || trailers.isEmpty)
                }
                #expect(String(decoding: trailers, as: UTF8.self) == (keeps ? "grpc-status: 0\r\nX-T:  a b \r\n" : ""))
                #expect(reader.isOver && position == octets.count - 3)
            }
        }
        var folded = BodyReader(.chunked, limits: .response(tolerating: .bareLF), keepsTrailers: true)
        var piece = ByteBuffer(string: "0\r\nX: a\r\n \t b\nY: c\n\r\n")
        #expect(String(decoding: folded.next(&piece).trailers, as: UTF8.self) == "X: a b\r\nY: c\r\n")
        var reader = ChunkedBodyReader(limits: .response, keepsTrailers: true)
        let long = Array("0\r\nX: \(String(repeating: "v", count: 9000))\r\n\r\n".utf8)
        let (_, event) = long.withUnsafeBytes { reader.next($0) }
        #expect(event == .fault(.trailersTooLarge) && reader.trailers.count <= WireLimits.response.trailers + 1)
    }
}
