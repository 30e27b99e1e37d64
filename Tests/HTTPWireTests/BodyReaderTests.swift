import HTTPWire
import NIOCore
import Testing

@Suite("A body's reader")
struct BodyReaderTests {
    /// Everything that `pieces` hold of one body, and what is left of the last piece.
    private func read(_ framing: BodyFraming, _ pieces: [String]) -> (data: String, rest: String, isOver: Bool, fault: WireFault?) {
        var reader = BodyReader(framing)
        var data = ""
        var carried = ByteBuffer()
        for piece in pieces {
            carried.writeString(piece)
            let step = reader.next(&carried)
            data += String(buffer: step.data)
            if step.isOver || step.fault != nil { return (data, String(buffer: carried), step.isOver, step.fault) }
        }
        return (data, String(buffer: carried), reader.isOver, nil)
    }

    @Test("ends where the length says, in whatever pieces")
    func length() {
        for pieces in [["helloGET"], ["he", "lloGET"], ["h", "e", "l", "l", "oGET"]] {
            let result = read(.length(5), pieces)
            #expect(result.data == "hello" && result.rest == "GET" && result.isOver && result.fault == nil)
        }
        #expect(!read(.length(5), ["hell"]).isOver)
    }

    @Test("is over before it begins where there is none")
    func none() {
        #expect(BodyReader(.none).isOver && BodyReader(.length(0)).isOver && BodyReader(.length(0)).remaining == 0)
        let result = read(.none, ["GET"])
        #expect(result.data == "" && result.rest == "GET" && result.isOver)
    }

    @Test("gathers the data of all chunks of a piece in one, however small they are")
    func chunks() {
        var reader = BodyReader(.chunked)
        var piece = ByteBuffer(string: String(repeating: "1\r\nx\r\n", count: 5000) + "0\r\nA: b\r\n\r\nGET")
        let step = reader.next(&piece)
        #expect(step.data.readableBytes == 5000 && step.isOver && step.fault == nil && String(buffer: piece) == "GET")
        let whole = "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\nGET"
        for cut in 1..<whole.utf8.count {
            let result = read(.chunked, [String(whole.prefix(cut)), String(whole.dropFirst(cut))])
            #expect(result.data == "abc0123456789" && "GET".hasPrefix(result.rest) && result.isOver && result.fault == nil)
        }
    }

    @Test("hands on what came before broken framing, and nothing after it")
    func fault() {
        let result = read(.chunked, ["1\r\na\r\nzz\r\nb"])
        #expect(result.data == "a" && !result.isOver && result.fault != nil)
    }

    @Test("goes on to the end of the connection where only that ends it")
    func untilClose() {
        let reader = BodyReader(.untilClose)
        #expect(reader.endsWithTheConnection && reader.remaining == nil)
        let result = read(.untilClose, ["ab", "cd"])
        #expect(result.data == "abcd" && !result.isOver)
    }
}
