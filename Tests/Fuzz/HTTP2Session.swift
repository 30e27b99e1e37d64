import HTTPWire
import NIOCore
import NIOEmbedded
import ProxyEngine
import Telemetry

/// One connection that is fuzzed: what its client sends, what its upstreams do, and when, all by a seed.
///
/// Half of them keep the rules to the end, and must then have got an answer, or a reset, on each stream, and their windows back.
final class HTTP2Session {
    private let stage: HTTP2Stage
    private let wire: MemoryWire
    private weak var connection: HTTP2Connection?
    private var random: SplitMix64
    private var blocks: HPACKMutator
    private(set) var witness: HTTP2Witness
    /// Streams that were opened, and those of them whose request goes on.
    private var opened: [UInt32] = []
    private var uploads: [UInt32] = []
    private var next: UInt32 = 1
    /// It keeps the rules.
    let isClean: Bool

    /// Octets that one connection may hold: those of the README, with what one read of an upstream brings.
    private static let bound = 1 << 20

    init(on stage: HTTP2Stage, seed: UInt64, blocks: HPACKMutator) throws {
        self.stage = stage
        self.blocks = blocks
        random = SplitMix64(seed: seed)
        isClean = random.oneIn(2)
        witness = HTTP2Witness(stream: stage.limits.streamWindow, connection: stage.limits.connectionWindow)
        wire = try stage.connect()
        connection = try wire.channel.pipeline.syncOperations.handler(type: HTTP2Connection.self)
        stage.upstreams.refuses = random.oneIn(16)
    }

    func run() {
        look()
        var greeting = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        if !isClean, random.oneIn(32) { greeting[random.below(greeting.count)] ^= 1 << UInt8(random.below(8)) }
        wire.sends(greeting[...])
        let window: UInt32 = random.pick([0, 1, 100, 65_535, 1 << 20])
        let settings = random.oneIn(2) ? [] : [(UInt16(4), window)]
        send(HTTP2Grammar.settings(settings) + HTTP2Grammar.frame(4, 1))
        for _ in 0..<1 + random.below(24) where wire.isOpen { event() }
        if isClean { finish() }
        end()
    }

    // MARK: What happens

    private func event() {
        switch random.below(32) {
        case 0..<22: send(frames())
        case 22..<28: answer()
        case 28: stage.judge.endLookups()
        case 29: if wire.isStuck { wire.goesOn() } else { wire.stops() }
        case 30: stage.passes(.milliseconds(Int64(random.pick([1, 100, 2000]))))
        default: if !isClean { if random.oneIn(4) { wire.ends() } else { stage.passes(.seconds(Int64(random.below(40)))) } }
        }
        settle()
    }

    private func frames() -> [UInt8] {
        var octets: [UInt8] = []
        for _ in 0..<1 + random.below(4) { octets += !isClean && random.oneIn(6) ? wrong() : right() }
        if !isClean, random.oneIn(6) { mutate(&octets) }
        return octets
    }

    /// In pieces.
    private func send(_ octets: [UInt8]) {
        witness.sends(octets)
        var position = 0
        while position < octets.count {
            let count = random.oneIn(3) ? 1 + random.below(octets.count - position) : octets.count - position
            wire.sends(octets[position..<position + count])
            position += count
        }
        settle()
    }

    private func answer() {
        guard let upstream = random.pick(stage.upstreams.asked.map(Optional.some) + [nil]) else { return }
        let (text, closes) = random.pick(HTTP2Grammar.answers)
        upstream.answer(text, isPart: random.oneIn(4), closes: closes)
    }

    /// Lets everything happen that is due.
    private func settle() {
        stage.run()
        wire.deliver()
        if wire.unreadOctets > 0, !wire.isStuck { stage.passes(.milliseconds(2)) }
        for upstream in stage.upstreams.open { upstream.wire.deliver() }
        look()
    }

    private func look() {
        witness.takes(wire.take())
        stage.upstreams.look()
        if let held = connection?.heldOctets, held > Self.bound { witness.fail("\(held) octets are held") }
    }

    // MARK: What keeps the rules

    private func right() -> [UInt8] {
        switch random.below(16) {
        case 0..<5: return request()
        case 5..<9: return body(ends: random.oneIn(4))
        case 9: return trailers()
        case 10:
            guard !opened.isEmpty else { return [] }
            let id = random.pick(opened)
            return over(id) ? [] : give(up: id)
        case 11: return HTTP2Grammar.window(0, UInt32(1 + random.below(100_000)))
        case 12: return opened.isEmpty ? [] : HTTP2Grammar.window(random.pick(opened), UInt32(1 + random.below(100_000)))
        case 13:
            return HTTP2Grammar.settings([(4, UInt32(random.pick([0, 100, 65_535, 200_000]))), (UInt16(random.pick([1, 3, 5, 6, 99])), 20_000)])
        case 14: return HTTP2Grammar.frame(6, 0, 0, [UInt8](repeating: 7, count: 8))
        default: return random.oneIn(2) ? HTTP2Grammar.frame(0x50, 1, 3, [1]) : HTTP2Grammar.frame(2, 0, 1, [0, 0, 0, 0, 15])
        }
    }

    private func over(_ id: UInt32) -> Bool { witness.isOver(id) }

    private func request() -> [UInt8] {
        guard opened.filter({ !over($0) }).count < stage.limits.streams else { return [] }
        let id = next
        next += 2
        opened.append(id)
        let ends = random.oneIn(2)
        if !ends { uploads.append(id) }
        var fields: [UInt8] = []
        if !ends, random.oneIn(3) { fields += HTTP2Grammar.field("content-length", random.pick(["0", "5", "1000", "100000"])) }
        if random.oneIn(4) { fields += HTTP2Grammar.field("x-kept", random.pick(["a", "b"]), first: 0x40) + [0xbe] }
        if random.oneIn(8) { fields += HTTP2Grammar.field("expect", "100-continue") }
        let path = random.pick(["/", "/", "/", "/later", "/denied"])
        return HTTP2Grammar.headers(id, HTTP2Grammar.request(path, hasBody: !ends, fields), ends: ends, cuts: random.oneIn(4) ? random.below(5) : 0)
    }

    /// Those that may go on.
    private var open: [UInt32] { uploads.filter { !over($0) } }

    private func body(ends: Bool) -> [UInt8] {
        guard let id = open.randomElement(using: &random) else { return [] }
        let padding = random.oneIn(4) ? random.below(200) : nil
        let room = min(witness.room(id), 16_384) - (padding.map { $0 + 1 } ?? 0)
        guard room >= 0 else { return [] }
        if ends { uploads.removeAll { $0 == id } }
        return HTTP2Grammar.data(id, min(room, random.pick([0, 1, 5, 1000, 16_384])), ends: ends, padding: padding)
    }

    private func trailers() -> [UInt8] {
        guard let id = open.randomElement(using: &random) else { return [] }
        uploads.removeAll { $0 == id }
        return HTTP2Grammar.headers(id, HTTP2Grammar.field("x-sum", "1"), ends: true)
    }

    private func give(up id: UInt32) -> [UInt8] {
        uploads.removeAll { $0 == id }
        opened.removeAll { $0 == id }
        return HTTP2Grammar.frame(3, 0, id, HTTP2Grammar.octets(8))
    }

    // MARK: What does not

    private func wrong() -> [UInt8] {
        let id = random.oneIn(2) ? random.pick(opened + [1]) : UInt32(random.below(12))
        switch random.below(14) {
        case 0: return HTTP2Grammar.frame(UInt8(random.below(12)), UInt8(random.below(64)), id, noise(random.below(30)))
        case 1: return HTTP2Grammar.window(id, random.pick([0, 0x7fff_ffff, 0x8000_0000]))
        case 2: return HTTP2Grammar.data(id, random.pick([0, 1, 16_384]), ends: random.oneIn(2))
        case 3: return HTTP2Grammar.frame(3, 0, id, HTTP2Grammar.octets(UInt32(random.below(20))))
        case 4: return HTTP2Grammar.frame(7, 0, 0, HTTP2Grammar.octets(id) + HTTP2Grammar.octets(0) + noise(random.below(9)))
        case 5: return HTTP2Grammar.frame(9, 4, id, noise(4))
        case 6: return HTTP2Grammar.settings([(UInt16(random.below(10)), UInt32(truncatingIfNeeded: random.next()))])
        case 7: return HTTP2Grammar.frame(1, UInt8(random.below(64)), id, HTTP2Grammar.request("/", hasBody: false))
        case 8: return HTTP2Grammar.headers(newId(), noise(random.below(60)), ends: random.oneIn(2))
        case 9:
            return blocks.connection().flatMap {
                HTTP2Grammar.headers(newId(), Array($0.prefix(16_384)), ends: random.oneIn(2), cuts: random.below(8))
            }
        case 10: return HTTP2Grammar.frame(UInt8(random.below(10)), 0, id, noise(3), length: random.pick([0, 3, 4, 16_385, 0xff_ffff]))
        case 11: return HTTP2Grammar.frame(0, 8, id, [UInt8(random.below(256))] + noise(random.below(20)))
        case 12: return HTTP2Grammar.headers(newId(), HTTP2Grammar.request("/", hasBody: false), ends: true) + give(up: id)
        default:
            return HTTP2Grammar.headers(
                newId(), HTTP2Grammar.request("/", hasBody: true, HTTP2Grammar.field("x-long", String(repeating: "l", count: 100), first: 0x40)),
                ends: false)
                + (0..<random.below(40)).flatMap { _ in HTTP2Grammar.headers(newId(), [UInt8](repeating: 0xbe, count: random.below(4000)), ends: true)
                }
        }
    }

    private func newId() -> UInt32 {
        defer { next += UInt32(random.pick([2, 2, 2, 4, 1])) }
        opened.append(next)
        return next
    }

    private func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }

    private func mutate(_ octets: inout [UInt8]) {
        for _ in 0..<1 + random.below(3) where !octets.isEmpty {
            let at = random.below(octets.count), length = min(random.below(20), octets.count - at)
            switch random.below(4) {
            case 0: octets[at] ^= 1 << UInt8(random.below(8))
            case 1: octets[at] = UInt8(truncatingIfNeeded: random.next())
            case 2: octets.removeSubrange(at..<at + length)
            default: octets.insert(contentsOf: octets[at..<at + length], at: at)
            }
        }
    }

    // MARK: The end

    /// Ends what goes on, reads everything and lets everybody answer.
    private func finish() {
        if wire.isStuck { wire.goesOn() }
        stage.upstreams.refuses = false
        settle()
        for id in open { send(HTTP2Grammar.data(id, 0, ends: true)) }
        send(HTTP2Grammar.settings([(4, 1 << 24)]) + HTTP2Grammar.window(0, 1 << 24))
        for _ in 0..<200 where wire.isOpen && witness.fault == nil && opened.contains(where: { !over($0) }) {
            stage.judge.endLookups()
            for upstream in stage.upstreams.asked { upstream.answer(HTTP2Grammar.answers[0].0, isPart: false, closes: false) }
            settle()
            stage.passes(.milliseconds(100))
        }
        look()
        guard wire.isOpen, witness.fault == nil, witness.goAways == 0 else { return }
        for id in opened where !over(id) { witness.fail("stream \(id) has no end") }
        let missing = stage.limits.connectionWindow - witness.connectionRoom
        if missing >= min(stage.limits.connectionWindow / 2, 32 << 10) { witness.fail("\(missing) octets of the window are lost") }
        if let held = connection?.heldOctets, held > 0 { witness.fail("\(held) octets are held for nothing") }
    }

    private func end() {
        wire.leaves()
        stage.judge.endLookups()
        settle()
        for fault in stage.upstreams.faults { witness.fail(fault) }
        stage.upstreams.closeAll()
        stage.passes(.seconds(2))
        if stage.loop.counters.metrics.connectionsActive != 0 { witness.fail("the loop keeps the connection") }
        if connection != nil { witness.fail("the connection is not let go of") }
    }
}
