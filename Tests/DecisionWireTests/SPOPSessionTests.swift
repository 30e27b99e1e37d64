import NIOCore
import Testing

@testable import DecisionWire

@Suite struct SPOPSessionTests {
    private func frame(_ kind: UInt8, flags: UInt32 = 1, stream: UInt64 = 0, frame: UInt64 = 0, _ payload: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var inner = ByteBuffer()
        inner.writeInteger(kind)
        inner.writeInteger(flags)
        SPOPValue.write(stream, to: &inner)
        SPOPValue.write(frame, to: &inner)
        payload(&inner)
        var out = ByteBuffer()
        out.writeInteger(UInt32(inner.readableBytes))
        out.writeImmutableBuffer(inner)
        return out
    }

    private func pair(_ name: String, _ value: SPOPValue, to out: inout ByteBuffer) {
        SPOPValue.write(name.utf8, to: &out)
        value.write(to: &out)
    }

    private func hello(versions: String? = "2.0", size: UInt64? = 16380, isHealth: Bool = false) -> ByteBuffer {
        frame(1) { out in
            if let versions { pair("supported-versions", .octets(Array(versions.utf8)), to: &out) }
            if let size { pair("max-frame-size", .number(size), to: &out) }
            pair("capabilities", .octets(Array("pipelining,async".utf8)), to: &out)
            if isHealth { pair("healthcheck", .bool(true), to: &out) }
        }
    }

    private func notify(_ arguments: [(String, SPOPValue)], message: String = "holdfast", flags: UInt32 = 1) -> ByteBuffer {
        frame(3, flags: flags, stream: 300, frame: 2) { out in
            SPOPValue.write(message.utf8, to: &out)
            out.writeInteger(UInt8(arguments.count))
            for (name, value) in arguments { pair(name, value, to: &out) }
        }
    }

    private func octets(_ text: String) -> SPOPValue { .octets(Array(text.utf8)) }

    private var usual: [(String, SPOPValue)] {
        [
            ("method", octets("GET")), ("target", octets("/a?b")), ("fields", octets("host: api.example:1\r\nauthorization: Bearer t\r\n\r\n")),
            ("certificate", .octets([0x30, 0x00])), ("address", .octets([192, 0, 2, 1])),
        ]
    }

    /// What comes of these, one after another.
    private func events(_ frames: ByteBuffer...) -> [SPOPSession.Event] {
        var session = SPOPSession()
        var bytes = frames.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        var events: [SPOPSession.Event] = []
        while let event = session.next(&bytes) {
            events.append(event)
            if case .close = event { break }
        }
        return events
    }

    private func kind(_ octets: ByteBuffer) -> UInt8? { octets.getInteger(at: 4) }

    @Test func greetsAndTakesAQuestion() throws {
        let events = events(hello(), notify(usual))
        guard case .send(let greeting)? = events.first, case .check(let ticket, .success(let question))? = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(kind(greeting) == 101 && String(buffer: greeting).contains("2.0"))
        #expect(ticket == SPOPSession.Ticket(stream: 300, frame: 2))
        #expect(String(buffer: question.head) == "GET /a?b HTTP/1.1\r\nHost: api.example:1\r\nauthorization: Bearer t\r\n\r\n")
        #expect(question.chain == [[0x30, 0x00]] && question.address == Array("192.0.2.1".utf8) && question.host == Array("api.example".utf8))
    }

    @Test func anAbsentCertificateIsNone() throws {
        for absent in [[], [("certificate", SPOPValue.null)], [("certificate", .octets([]))]] {
            guard case .check(_, .success(let question))? = events(hello(), notify(usual.prefix(3) + absent)).last else {
                Issue.record("no question")
                return
            }
            #expect(question.chain == [])
        }
    }

    @Test func aQuestionIsWholeAndSaysEachThingOnce() {
        let wrong: [[(String, SPOPValue)]] = [
            Array(usual.dropFirst()), usual + [usual[0]], usual.filter { $0.0 != "fields" },
            usual.map { $0.0 == "fields" ? ("fields", octets("host: a\r\nhost: b\r\n\r\n")) : $0 },
            usual.map { $0.0 == "fields" ? ("fields", octets("no field\r\n\r\n")) : $0 },
            usual.map { $0.0 == "target" ? ("target", octets("/a b")) : $0 }, usual.map { $0.0 == "method" ? ("method", .number(1)) : $0 },
        ]
        for arguments in wrong {
            guard case .check(_, .failure)? = events(hello(), notify(arguments)).last else {
                Issue.record("\(arguments)")
                continue
            }
        }
        guard case .check(_, .failure(.malformed))? = events(hello(), notify(usual, message: "other")).last else {
            Issue.record("another message")
            return
        }
    }

    @Test func aCheckOfHealthIsAnsweredAndOver() {
        guard case .close(let octets)? = events(hello(isHealth: true)).last else {
            Issue.record("not over")
            return
        }
        #expect(kind(octets) == 101)
    }

    @Test func whatBreaksTheRulesEndsTheConnection() {
        var long = ByteBuffer()
        long.writeInteger(UInt32.max)
        let wrong: [ByteBuffer] = [
            hello(versions: nil), hello(size: nil), hello(versions: "1.0"), hello(versions: ""), hello(size: 255), notify(usual), long,
            frame(1) { $0.writeBytes([0xff]) }, frame(1) { $0.writeBytes([5, 1]) }, frame(2) { _ in },
        ]
        for octets in wrong {
            guard case .close(let farewell)? = events(octets).last else {
                Issue.record("\(octets)")
                continue
            }
            #expect(kind(farewell) == 102)
        }
        // Parts of a frame, a second greeting, and what is no question behind one.
        for octets in [notify(usual, flags: 0), hello(), frame(3) { $0.writeBytes([0xf0]) }] {
            guard case .close? = events(hello(), octets).last else {
                Issue.record("\(octets)")
                continue
            }
        }
    }

    @Test func whatIsNotWholeIsWaitedFor() {
        let whole = hello()
        for count in 0..<whole.readableBytes {
            var session = SPOPSession()
            var bytes = ByteBuffer(bytes: whole.readableBytesView.prefix(count))
            #expect(session.next(&bytes) == nil)
            #expect(bytes.readableBytes == count)
        }
    }

    @Test func anAnswerSetsVariablesOfTheTransaction() throws {
        var session = SPOPSession()
        var bytes = hello(size: 256)
        _ = session.next(&bytes)
        let ticket = SPOPSession.Ticket(stream: 300, frame: 2)
        var answer = session.answer(to: ticket, with: [("allowed", .bool(true)), ("status", .number(401))])
        #expect(answer.readInteger(as: UInt32.self).map(Int.init) == answer.readableBytes)
        #expect(answer.readInteger(as: UInt8.self) == 103 && answer.readInteger(as: UInt32.self) == 1)
        #expect(try SPOPValue.readNumber(&answer) == 300)
        #expect(try SPOPValue.readNumber(&answer) == 2)
        #expect(answer.readBytes(length: 3) == [1, 3, 2])
        #expect(try SPOPValue.readOctets(&answer) == Array("allowed".utf8))
        #expect(try SPOPValue.read(&answer) == .bool(true))
        // One that HAProxy could not take says nothing, which allows nothing.
        #expect(session.answer(to: ticket, with: [("long", .octets(Array(repeating: 65, count: 300)))]).readableBytes < 20)
    }

    @Test(arguments: [0, 1, 239, 240, 255, 2287, 2288, 264_431, 1 << 32, UInt64.max]) func numbersComeBackAsTheyWent(_ number: UInt64) throws {
        var bytes = ByteBuffer()
        SPOPValue.write(number, to: &bytes)
        #expect(try SPOPValue.readNumber(&bytes) == number && bytes.readableBytes == 0)
    }

    @Test func numbersThatAreTooLongAreNone() {
        var bytes = ByteBuffer(bytes: Array(repeating: 0xff, count: 12))
        #expect(throws: SPOPValue.Malformed.self) { try SPOPValue.readNumber(&bytes) }
    }
}
