import NIOCore
import Telemetry
import Testing

@Suite("A sink of log lines")
struct LogSinkTests {
    @Test("counts the lines that a closed log cannot take", arguments: [1, 3, 100])
    func closed(count: Int) {
        let sink = LogSink(descriptor: -1)
        for _ in 0..<count { sink.submit(ByteBuffer(string: "a\n")) }
        sink.submit(ByteBuffer(string: "b\nc\n"))
        sink.drain()
        #expect(sink.lostLines == count + 2)
    }

    @Test("counts what a full one cannot take")
    func full() throws {
        let full = try #require(openFile("/dev/full"))
        let sink = LogSink(descriptor: full)
        sink.submit(ByteBuffer(string: "a\nb\n"))
        sink.drain()
        #expect(sink.lostLines == 2)
        closePipe([full])
    }

    @Test("counts nothing where all of it is read")
    func read() throws {
        var pipe: [CInt] = [0, 0]
        try #require(openPipe(&pipe))
        let sink = LogSink(descriptor: pipe[1])
        for _ in 0..<10 { sink.submit(ByteBuffer(string: "line\n")) }
        sink.drain()
        #expect(readPipe(pipe[0], count: 50) == String(repeating: "line\n", count: 10) && sink.lostLines == 0)
        closePipe(pipe)
    }

    @Test("a line whose end was lost does not run into the next one", .timeLimit(.minutes(10)))
    func torn() throws {
        let fifo = try #require(Fifo())
        defer { fifo.remove() }
        let sink = LogSink(descriptor: fifo.writer)
        let long = String(repeating: "x", count: 1 << 20)
        sink.submit(ByteBuffer(string: long + "\n"))
        #expect(fifo.read(10) == "xxxxxxxxxx")
        // The rest of the line cannot be written any more; what is in the pipe stays there for the next reader.
        fifo.closeReader()
        sink.drain(seconds: 30)
        #expect(sink.lostLines == 1)
        fifo.openReader()
        sink.submit(ByteBuffer(string: "next\n"))
        var lines = ""
        while !lines.hasSuffix("next\n") { lines += fifo.read(1) }
        #expect(lines.hasSuffix("x\nnext\n") && sink.lostLines == 1)
    }
}
