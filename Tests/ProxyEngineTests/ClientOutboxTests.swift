import NIOCore
import Testing

@testable import ProxyEngine

@Suite("What goes to a client, and in what portions")
struct ClientOutboxTests {
    private var pool = BufferPool()

    private mutating func gather(_ count: Int, into outbox: inout ClientOutbox) {
        outbox.gather(&pool) { _ = $0.writeRepeatingByte(7, count: count) }
    }

    @Test("a whole small answer is not waited for, and nothing is left")
    mutating func small() throws {
        var outbox = ClientOutbox()
        gather(300, into: &outbox)
        let next = outbox.next(isWhole: true)
        let write = try #require(next)
        #expect(write.bytes.readableBytes == 300 && !write.isConfirmed && !write.isPart)
        let further = outbox.next(isWhole: true)
        #expect(outbox.isEmpty && !outbox.isBlocked && further == nil)
    }

    @Test("of many small answers one is waited for, before they hold more than is allowed; then they begin anew")
    mutating func many() throws {
        var outbox = ClientOutbox()
        for _ in 0..<3 {
            var octets = 0
            while !outbox.isBlocked {
                gather(200, into: &outbox)
                let write = outbox.next(isWhole: true)
                octets += try #require(write).bytes.readableBytes + EngineSettings.writeOverhead
                #expect(octets <= EngineSettings.unconfirmedOctets + 200 + EngineSettings.writeOverhead)
            }
            #expect(octets > EngineSettings.unconfirmedOctets)
            outbox.confirmed()
        }
    }

    @Test("a small part of an answer is waited for each time, a large one that is within the bound is not")
    mutating func parts() throws {
        var outbox = ClientOutbox()
        gather(1, into: &outbox)
        let small = outbox.next(isWhole: false)
        #expect(small?.isConfirmed == true)
        outbox.confirmed()
        gather(EngineSettings.smallWrite, into: &outbox)
        let large = outbox.next(isWhole: false)
        #expect(large?.isConfirmed == false)
    }

    @Test("a long answer goes out in portions, one at a time, the last of them short")
    mutating func portions() throws {
        var outbox = ClientOutbox()
        gather(2 * EngineSettings.portion + 5, into: &outbox)
        let lengths = [EngineSettings.portion, EngineSettings.portion + 5 - EngineSettings.lastWrite, EngineSettings.lastWrite]
        for (index, length) in lengths.enumerated() {
            let next = outbox.next(isWhole: true)
            let write = try #require(next)
            let isLast = index == 2
            #expect(write.bytes.readableBytes == length && write.isPart != isLast && write.isConfirmed != isLast)
            let further = outbox.next(isWhole: true)
            #expect(outbox.isBlocked != isLast && outbox.isEmpty == isLast && further == nil)
            outbox.confirmed()
        }
    }

    @Test("an answer that ended while the client did not keep up ends with a short write too")
    mutating func slowEnd() {
        var outbox = ClientOutbox()
        gather(1, into: &outbox)
        _ = outbox.next(isWhole: false)
        gather(20_000, into: &outbox)
        let blocked = outbox.next(isWhole: true)
        outbox.confirmed()
        let first = outbox.next(isWhole: false)
        outbox.confirmed()
        let last = outbox.next(isWhole: false)
        #expect(blocked?.bytes == nil && first?.bytes.readableBytes == 20_000 - EngineSettings.lastWrite)
        #expect(last?.bytes.readableBytes == EngineSettings.lastWrite && outbox.isEmpty)
    }

    @Test("an answer of a record is one write, a longer one ends with a short write", arguments: [(16384, 1), (16385, 2)])
    mutating func end(count: Int, writes: Int) {
        var outbox = ClientOutbox()
        gather(count, into: &outbox)
        var made: [Int] = []
        while let write = outbox.next(isWhole: true) {
            made.append(write.bytes.readableBytes)
            outbox.confirmed()
        }
        #expect(made.count == writes && made.reduce(0, +) == count)
    }

    @Test("a large part is taken as it was read, only where nothing waits before it")
    mutating func adoption() {
        let part = ByteBuffer(repeating: 1, count: EngineSettings.adoptedPart)
        var outbox = ClientOutbox()
        let small = outbox.adopt(ByteBuffer(repeating: 1, count: EngineSettings.adoptedPart - 1))
        #expect(!small && outbox.isEmpty)
        gather(1, into: &outbox)
        let behindAnother = outbox.adopt(part)
        #expect(!behindAnother && outbox.gathered?.readableBytes == 1)
        _ = outbox.next(isWhole: false)
        let whileInFlight = outbox.adopt(part)
        #expect(!whileInFlight && outbox.isEmpty)
        outbox.confirmed()
        let free = outbox.adopt(part)
        gather(2, into: &outbox)
        #expect(free && outbox.gathered?.readableBytes == EngineSettings.adoptedPart + 2)
    }

    @Test("the rest is handed over whether a write is under way or not")
    mutating func rest() throws {
        var outbox = ClientOutbox()
        gather(2 * EngineSettings.portion, into: &outbox)
        _ = outbox.next(isWhole: false)
        var rest: [Int] = []
        while let part = outbox.rest() { rest.append(part.readableBytes) }
        #expect(outbox.isBlocked && rest == [EngineSettings.portion - EngineSettings.lastWrite, EngineSettings.lastWrite])
    }
}

@Suite("How much is read from a client at once")
struct ReadPortionsTests {
    @Test("a long body in large pieces is read in larger portions, until a read that is not as good as full")
    func growth() {
        var portions = ReadPortions()
        for _ in 0..<3 { #expect(portions.note(payload: 16 << 10) == nil) }
        #expect(portions.note(payload: 16 << 10) == ReadPortions.large)
        #expect(portions.note(payload: 60 << 10) == nil && portions.isLarge)
        #expect(portions.note(payload: 100) == ReadPortions.usual && !portions.isLarge)
        #expect(portions.note(payload: 100) == nil)
    }

    @Test("octets that are no body's, or a body in small chunks, never are", arguments: [0, 3000, 12 * 1024 - 1])
    func none(payload: Int) {
        var portions = ReadPortions()
        for _ in 0..<3 { #expect(portions.note(payload: 16 << 10) == nil) }
        for _ in 0..<100 { #expect(portions.note(payload: payload) == nil) }
        #expect(!portions.isLarge)
    }
}
