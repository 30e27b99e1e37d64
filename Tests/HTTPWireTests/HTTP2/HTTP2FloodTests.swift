import HTTPWire
import NIOCore
import Testing

@Suite("A flood over HTTP/2")
struct HTTP2FloodTests {
    /// How many of a frame are taken before the connection ends, and by what.
    private func flood(apart: TimeAmount = .nanoseconds(1), _ frames: (UInt32) -> [UInt8]) -> (Int, String) {
        var script = HTTP2Script()
        for round in 0..<1000 {
            script.now = script.now + apart
            if let fault = script.feed(frames(UInt32(round) * 2 + 1)).first(where: { $0.hasPrefix("fault") }) { return (round, fault) }
        }
        return (1000, "")
    }

    @Test("of resets ends with the 201st within 30 s (H2-12, H2-23)")
    func resets() {
        #expect(flood { Frame.headers($0) + Frame.reset($0) } == (200, "fault too_many_resets"))
        #expect(flood(apart: .milliseconds(200)) { Frame.headers($0) + Frame.reset($0) } == (1000, ""))
    }

    @Test("of frames that carry nothing ends with what may be (H2-14, H2-23)")
    func glitches() {
        let kinds: [(UInt32) -> [UInt8]] = [
            { _ in Frame.ping() }, { _ in Frame.settings() }, { Frame.priority($0) }, { _ in Frame.window(0, 1) },
            { _ in Frame.raw(0x50) }, { _ in Frame.acknowledgement },
            { _ in Frame.raw(7, 0, 0, [UInt8](repeating: 0, count: 8)) },
        ]
        for kind in kinds { #expect(flood({ kind($0) }) == (200, "fault too_many_glitches")) }
        #expect(flood(apart: .milliseconds(200)) { _ in Frame.ping() } == (1000, ""))
        let empty = flood { $0 == 1 ? Frame.headers(1, ends: false) : Frame.data(1, 0) }
        #expect(empty == (201, "fault too_many_glitches"))
        let padded = flood { $0 == 1 ? Frame.headers(1, ends: false) : Frame.raw(0, 8, 1, [3, 0, 0, 0]) }
        #expect(padded == (201, "fault too_many_glitches"))
        let goAways = flood { ($0 == 1 ? Frame.headers(1, ends: false) : []) + Frame.raw(7, 0, 0, Frame.octets(0) + Frame.octets(0)) }
        #expect(goAways == (200, "fault too_many_glitches"))
    }

    @Test("of padding counts in whatever pieces it comes (H2-14)")
    func paddingInPieces() {
        var script = HTTP2Script()
        _ = script.feed(Frame.headers(1, ends: false))
        let frame = Frame.raw(0, 8, 1, [3, 0, 0, 0])
        let told = (0..<201).flatMap { _ in script.feed(Array(frame.prefix(10))) + script.feed(Array(frame.dropFirst(10))) }
        #expect(told.dropFirst(400).first == "fault too_many_glitches" && told.prefix(400).allSatisfy { $0 == "deliver" })
    }

    @Test("of what nobody waits for any more ends too, and not with what was on its way (H2-14)")
    func ignored() {
        let late: [(UInt32) -> [UInt8]] = [
            { _ in Frame.headers(1) }, { _ in Frame.data(1, 0, ends: true) }, { Frame.headers($0 + 7) }, { Frame.data($0 + 7, 0, ends: true) },
            { Frame.reset($0 + 7) },
        ]
        for (number, frame) in late.enumerated() {
            var script = HTTP2Script()
            _ = script.feed(Frame.headers(1, ends: false), Frame.headers(3))
            _ = script.change { $0.answered(1) }
            if number >= 2 { _ = script.change { $0.leave() } }
            let told: [String] = (0..<201).map { script.feed(frame(UInt32($0) * 2)) }
            // One was made up for by the requests before.
            #expect(told.firstIndex { $0.hasPrefix("fault too_many") } == 200, "\(number): \(told)")
        }
    }

    @Test("is none where frames go with bodies: a window's update and a PING for each")
    func useful() {
        var script = HTTP2Script()
        _ = script.feed(Frame.headers(1, ends: false))
        for _ in 0..<3000 {
            script.change { $0.taken(2000, of: 1) }
            script.change { _ = ($0.windowUpdate(of: 1), $0.connectionWindowUpdate()) }
            #expect(script.feed(Frame.data(1, 2000), Frame.ping(), Frame.window(0, 9), Frame.window(1, 9)) == "deliver, ping 7, window 0, window 1")
        }
    }

    @Test("is none of small frames' either where they ask a PING each, and is one where they ask for more")
    func small() {
        let each = flood { ($0 == 1 ? Frame.headers(1, ends: false) : []) + Frame.data(1, 1) + Frame.ping() }
        #expect(each == (1000, ""))
        let two = flood { ($0 == 1 ? Frame.headers(1, ends: false) : []) + Frame.data(1, 1) + Frame.ping() + Frame.ping() }
        #expect(two.1 == "fault too_many_glitches")
    }

    @Test("that makes us reset streams ends with the 201st (H2-13, H2-23)")
    func madeResets() {
        var script = HTTP2Script()
        for round in 0..<201 {
            let id = UInt32(round) * 2 + 1
            #expect(script.feed(Frame.headers(id), Frame.window(id, 0)) == "request \(id) 'h' end, stream \(id) protocolError")
            let now = script.now
            script.change { $0.abandoned(id) }
            #expect(script.change { $0.streamErred(at: now) } == (round < 200 ? nil : .tooManyStreamErrors))
        }
    }

    @Test("is told to calm down, and a mistake is told what it is")
    func codes() {
        for fault in HTTP2Fault.allCases { #expect(fault.isFlood == (fault.rawValue.hasPrefix("too_many") || fault == .headersTooLarge)) }
        #expect(HTTP2Fault.windowExceeded.code == .flowControlError && HTTP2Fault.compressionInvalid.code == .compressionError)
    }
}
