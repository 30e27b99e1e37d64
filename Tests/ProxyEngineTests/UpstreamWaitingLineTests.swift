import BindingPolicy
import NIOCore
import Testing

@testable import ProxyEngine

/// An exchange that waits, without a connection or a loop.
private final class Waiter: UpstreamWaiter {
    let share: ClientShare
    init(_ share: ClientShare) { self.share = share }
    func upstreamReady(_ connection: any Upstream) {}
    func upstreamFailed(_ fault: UpstreamFault) {}
}

@Suite("Who waits for an upstream connection")
struct UpstreamWaitingLineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let a = ClientShare(of: .certificate(Thumbprint(ofSHA256: [UInt8](repeating: 1, count: 32))))
    private let b = ClientShare(of: .certificate(Thumbprint(ofSHA256: [UInt8](repeating: 2, count: 32))))

    private func add(_ line: inout UpstreamWaitingLine, _ waiter: Waiter, octets: Int = 1, at time: NIODeadline? = nil, fresh: Bool = false) -> Bool {
        line.add(waiter, of: waiter.share, octets: octets, now: time ?? start, fresh: fresh)
    }

    @Test("is served in its order, and clients in turns")
    func turns() {
        var line = UpstreamWaitingLine(shareLimit: 100, octetLimit: 1000)
        let waiters = [a, a, a, b].map(Waiter.init)
        for waiter in waiters { #expect(add(&line, waiter)) }
        let served = (0..<4).map { _ in line.nextForFresh() }
        #expect(zip(served, [waiters[0], waiters[3], waiters[1], waiters[2]]).allSatisfy { $0 === $1 })
        #expect(line.nextForFresh() == nil && line.count == 0 && line.eligible == 0)
    }

    @Test("holds no more than its share, and stands in nobody's way then")
    func share() {
        var line = UpstreamWaitingLine(shareLimit: 2, octetLimit: 1000)
        for _ in 0..<2 { line.took(a) }
        let (mine, other) = (Waiter(a), Waiter(b))
        #expect(add(&line, mine) && add(&line, other))
        #expect(!line.mayHold(a) && line.eligible == 1 && line.count == 2)
        #expect(line.nextForFresh() === other && line.nextForFresh() == nil)
        line.gaveBack(a)
        #expect(line.eligible == 1 && line.nextForFresh() === mine)
    }

    @Test("gives a request that wants a fresh connection no other, and lets nobody wait behind it for a used one")
    func fresh() {
        var line = UpstreamWaitingLine(shareLimit: 2, octetLimit: 1000)
        let (again, mine, other) = (Waiter(a), Waiter(a), Waiter(b))
        #expect(add(&line, again, fresh: true))
        #expect(line.eligible == 1 && line.eligibleForFresh == 1 && line.nextForUsed() == nil)
        #expect(add(&line, mine) && add(&line, other))
        #expect(line.nextForUsed() === mine && line.nextForUsed() === other && line.nextForUsed() == nil)
        for _ in 0..<2 { line.took(a) }
        #expect(line.eligible == 0 && line.eligibleForFresh == 0 && line.nextForFresh() == nil, "its share is used up")
        line.gaveBack(a)
        #expect(line.eligible == 1 && line.eligibleForFresh == 1)
        #expect(line.nextForFresh() === again && line.count == 0 && line.eligibleForFresh == 0)
        #expect(add(&line, again, fresh: true))
        line.remove(again, of: a)
        #expect(line.count == 0 && line.eligible == 0 && line.eligibleForFresh == 0)
        #expect(add(&line, again, fresh: true))
        let expired = line.expire(before: start + .seconds(1), eligibleBefore: start + .seconds(1))
        #expect(expired.count == 1 && expired.first?.client === again)
        #expect(line.count == 0 && line.eligibleForFresh == 0)
    }

    @Test("is bounded by octets: all of them in all, half of them for one client, whatever their number")
    func octets() {
        var line = UpstreamWaitingLine(shareLimit: 1, octetLimit: 100_000)
        let many = (0..<50_000).map { _ in Waiter(a) }
        #expect(many.allSatisfy { add(&line, $0) })
        #expect(!add(&line, Waiter(a)), "one client's half is used up")
        #expect(add(&line, Waiter(b), octets: 50_000) && !add(&line, Waiter(b)))
        #expect(line.nextForFresh() === many[0] && line.count == 50_000)
        #expect(add(&line, Waiter(a)))
    }

    @Test("ends by time, sooner where only the own share is missing")
    func time() {
        var line = UpstreamWaitingLine(shareLimit: 1, octetLimit: 1000)
        line.took(a)
        let (mine, other) = (Waiter(a), Waiter(b))
        #expect(add(&line, mine) && add(&line, other))
        let late = start + .seconds(2)
        #expect(line.expire(before: start, eligibleBefore: start).isEmpty)
        let expired = line.expire(before: late, eligibleBefore: start)
        #expect(expired.count == 1 && expired.first?.client === mine && expired.first?.share == true)
        let rest = line.expire(before: late, eligibleBefore: late)
        #expect(rest.count == 1 && rest.first?.client === other && rest.first?.share == false)
        #expect(line.count == 0 && line.eligible == 0 && line.nextForFresh() == nil)
    }

    @Test("can be left, from any place")
    func leaving() {
        var line = UpstreamWaitingLine(shareLimit: 9, octetLimit: 1000)
        let waiters = [a, a, b].map(Waiter.init)
        for waiter in waiters { #expect(add(&line, waiter)) }
        line.remove(waiters[0], of: a)
        line.remove(waiters[0], of: a)
        #expect(line.count == 2 && line.eligible == 2)
        #expect(line.nextForFresh() === waiters[1] && line.nextForFresh() === waiters[2] && line.nextForFresh() == nil)
    }

    @Test("a request that goes again stands before the others of its client")
    func again() {
        var line = UpstreamWaitingLine(shareLimit: 9, octetLimit: 1000)
        let waiters = [a, a].map(Waiter.init)
        #expect(add(&line, waiters[0]) && line.add(waiters[1], of: a, octets: 1, now: start, fresh: true))
        #expect(line.nextForFresh() === waiters[1])
    }
}

@Suite("What waits to be written to a channel")
struct OutboxTests {
    private func bytes(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    @Test("goes at once where nothing is under way, and else in one piece when that is done")
    func gathers() {
        var outbox = Outbox()
        #expect(outbox.put(bytes("a")) == bytes("a"))
        for piece in ["b", "c", "d"] { #expect(outbox.put(bytes(piece)) == nil) }
        #expect(outbox.isBusy)
        #expect(outbox.written() == bytes("bcd"))
        #expect(outbox.isBusy && outbox.written() == nil && !outbox.isBusy)
        #expect(outbox.put(bytes("e")) == bytes("e"))
    }

    @Test("has no room beyond its bound")
    func bound() {
        var outbox = Outbox()
        _ = outbox.put(bytes("a"))
        #expect(outbox.hasRoom)
        _ = outbox.put(ByteBuffer(repeating: 0x61, count: Outbox.bound))
        #expect(!outbox.hasRoom)
        _ = outbox.written()
        #expect(outbox.hasRoom)
    }
}
