import Testing

@testable import Probe

@Suite struct AnswerTests {
    private func read(_ text: String, hasEnded: Bool = false) -> (answers: [Answer], isWhole: Bool) {
        var reader = AnswerReader()
        for octet in text.utf8 { reader.take([octet]) }
        return reader.answers(hasEnded: hasEnded)
    }

    @Test func anAnswerIsWholeByItsLength() {
        let (answers, isWhole) = read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y \r\n\r\nab")
        #expect(answers == [Answer(status: 200, fields: [.init(name: "content-length", value: "2"), .init(name: "x", value: "y")], body: "ab")])
        #expect(isWhole)
        #expect(!read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").isWhole)
    }

    @Test func orByItsChunks() {
        let text = "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n"
        #expect(read(text).answers.first?.body == "abc")
        #expect(read(text).isWhole)
        #expect(!read(String(text.dropLast(9))).isWhole)
    }

    @Test func orByTheEndOfItsConnection() {
        #expect(!read("HTTP/1.0 200 OK\r\n\r\nab").isWhole)
        #expect(read("HTTP/1.0 200 OK\r\n\r\nab", hasEnded: true).isWhole)
    }

    @Test func interimAnswersAreNoneAndTwoAreTwo() {
        let (answers, _) = read(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
        #expect(answers.map(\.status) == [200, 404])
    }

    @Test func anAnswerWithoutAHeadIsABody() {
        #expect(read("<html>", hasEnded: true).answers == [Answer(status: 0, body: "<html>")])
        #expect(read("<html>").answers.isEmpty)
    }

    @Test(arguments: ["", "HTTP/1.1", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 x\r\n\r\n"])
    func whatIsNoWholeAnswerIsNotTakenForOne(text: String) { #expect(!read(text).isWhole) }

    @Test func lengthsBeyondAllMeasureDoNotTrap() {
        #expect(!read("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nab").isWhole)
        #expect(!read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nab").isWhole)
    }
}
