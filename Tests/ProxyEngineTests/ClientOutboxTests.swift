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

    @Test("a long part goes out in portions, one at a time")
    mutating func portions() throws {
        var outbox = ClientOutbox()
        gather(2 * EngineSettings.portion + 5, into: &outbox)
        for _ in 0..<2 {
            let next = outbox.next(isWhole: true)
            let write = try #require(next)
            #expect(write.bytes.readableBytes == EngineSettings.portion && write.isConfirmed && write.isPart)
            let further = outbox.next(isWhole: true)
            #expect(outbox.isBlocked && !outbox.isEmpty && further == nil)
            outbox.confirmed()
        }
        let last = outbox.next(isWhole: true)
        #expect(last?.bytes.readableBytes == 5 && last?.isPart == false && outbox.isEmpty)
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
        gather(EngineSettings.portion + 1, into: &outbox)
        _ = outbox.next(isWhole: false)
        let rest = (outbox.rest(), outbox.rest())
        #expect(outbox.isBlocked && rest.0?.readableBytes == 1 && rest.1 == nil)
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
