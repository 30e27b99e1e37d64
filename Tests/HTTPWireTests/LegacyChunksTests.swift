import HTTPWire
import NIOCore
import Testing

@Suite("Chunks of legacy servers (RFC 9112 section 7.1; H1-13)")
struct LegacyChunksTests {
    /// The data of a body, `|` where it ends, `?` where that was guessed; or the code of what is wrong with it.
    private static func decode(_ text: String, _ limits: WireLimits, pieces: Int) -> String {
        var reader = BodyReader(.chunked, limits: limits)
        var data = "", isGuess = false
        var rest = ByteBuffer(string: text)
        while rest.readableBytes > 0 {
            var piece = rest.readSlice(length: min(pieces, rest.readableBytes)) ?? ByteBuffer()
            let step = reader.next(&piece)
            data += String(buffer: step.data)
            isGuess = isGuess || step.isGuess
            if let fault = step.fault { return fault.rawValue }
            if step.isOver { return data + (isGuess ? "?" : "") + "|" + String(buffer: piece) + String(buffer: rest) }
        }
        return data + "…"
    }

    private static func decode(_ text: String, _ limits: WireLimits) -> String {
        let outcomes = [Int.max, 1, 2, 3].map { decode(text, limits, pieces: $0) }
        #expect(Set(outcomes).count == 1)
        return outcomes[0]
    }

    /// Whole lines of the trailer section.
    private static func kept(_ text: String, _ limits: WireLimits) -> String {
        var reader = ChunkedBodyReader(limits: limits, keepsTrailers: true)
        let octets = Array(text.utf8)
        #expect(octets.withUnsafeBytes { reader.next($0) }.event == .end)
        return String(decoding: reader.trailers, as: UTF8.self)
    }

    private static let bareLF = WireLimits.response(tolerating: .bareLF)

    @Test(
        "LF alone ends lines of chunks by a word, and the end is then a guess",
        arguments: [
            "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\nhello\r\n0\r\n\n", "5\nhello\n0\n\n",
            "5;a=b\nhello\n0;c\nX: y\nZ:\n\n",
            "5 \nhello\n0\n\n", "5\r\nhello\r\n0\r\nX: y\n\r\n",
        ])
    func bareLF(_ text: String) {
        #expect(Self.decode(text + "n", Self.bareLF) == "hello?|n")
        for limits in [WireLimits.request, .response] { #expect(Self.decode(text, limits) == "bare_lf") }
    }

    @Test(
        "With the word everything else stays as it was",
        arguments: [
            ("5\r\nhello\r\n0\r\n\r\nn", "hello|n"), ("5\nhellox\n", "chunk_malformed"), ("5\nhello0\n\n", "chunk_malformed"), ("\n", "bare_lf"),
            ("5;\nhello", "chunk_malformed"), ("5;a=\"b\nhello", "chunk_malformed"), ("5\rhello", "bare_cr"), ("5\r\nhello\r\r\n", "bare_cr"),
            ("0\nX\n\n", "bare_lf"), ("5 x\nhello", "chunk_malformed"), ("5\u{b}\nhello", "chunk_size_invalid"),
        ])
    func otherwise(_ text: String, _ outcome: String) { #expect(Self.decode(text, Self.bareLF) == outcome) }

    @Test("A line of an upstream's trailers may be continued, not by blanks alone, and not a client's")
    func foldedTrailers() {
        let body = "1\r\na\r\n0\r\nX: y\r\n z\r\n\t q\r\nW: v\r\n\r\nn"
        #expect(Self.decode(body, .response) == "a|n" && Self.decode(body, .request) == "line_folded")
        for trailer in ["X: y\r\n \r\n\r\n", "X: y\r\n \t\r\nW: v\r\n\r\n", " X: y\r\n\r\n"] {
            #expect(Self.decode("0\r\n\(trailer)", .response) == "line_folded")
            #expect(Self.decode("0\r\n\(trailer)", Self.bareLF) == "line_folded")
        }
        #expect(Self.kept("0\r\nX: y\r\n z\r\n\t q\r\nW: v\r\n\r\n", .response) == "X: y z q\r\nW: v\r\n")
        #expect(Self.kept("0\nX: y\n  z\nW: v\n\n", Self.bareLF) == "X: y z\r\nW: v\r\n")
        #expect(Self.decode("0\r\nX: y\r\n \0\r\n\r\n", .response) == "field_value_invalid")
    }
}
