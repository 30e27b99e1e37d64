import HTTPWire
import NIOCore
import Testing

/// Each rule of RFC 9113 on what a client may send when, and its violation.
@Suite("A connection of HTTP/2, as its server sees it")
struct HTTP2ConnectionStateTests {
    @Test("begins with the client's SETTINGS")
    func begins() {
        var script = HTTP2Script(greeted: false)
        #expect(script.feed(HTTP2FrameReader.preface, Frame.settings((4, 1 << 20)), Frame.headers(1)) == "preface, settings, request 1 'h' end")
        for early in [Frame.headers(1), Frame.acknowledgement, Frame.ping(), Frame.window(0, 1), Frame.raw(0x50), Frame.data(1, 1)] {
            var script = HTTP2Script(greeted: false)
            #expect(script.feed(HTTP2FrameReader.preface, early) == "preface, fault settings_missing")
        }
    }

    @Test("takes streams in the order of their odd identifiers")
    func identifiers() {
        var script = HTTP2Script()
        #expect(script.feed(Frame.headers(1), Frame.headers(5), Frame.headers(7)) == "request 1 'h' end, request 5 'h' end, request 7 'h' end")
        #expect(script.state.lastStream == 7 && script.state.openStreams == 3)
        #expect(script.feed(Frame.headers(3)) == "fault stream_id_invalid", "it was passed over")
        var over = HTTP2Script()
        _ = over.feed(Frame.headers(5), Frame.headers(7))
        _ = over.change { $0.answered(5) }
        #expect(over.feed(Frame.headers(5)) == "fault stream_closed")
        for even in [Frame.headers(2), Frame.headers(8, whole: false)] {
            var script = HTTP2Script()
            #expect(script.feed(even) == "fault stream_id_invalid")
        }
    }

    @Test("knows frames that no stream was opened for from those that come late")
    func idle() {
        let frames = [Frame.data(3, 1), Frame.window(3, 1), Frame.reset(3), Frame.window(2, 1), Frame.data(2, 1)]
        for frame in frames {
            var script = HTTP2Script()
            _ = script.feed(Frame.headers(1))
            #expect(script.feed(frame) == "fault stream_idle")
        }
        var script = HTTP2Script()
        #expect(script.feed(Frame.headers(5), Frame.priority(9)) == "request 5 'h' end, nothing", "PRIORITY opens nothing and may come first")
        _ = script.change { $0.answered(5) }
        #expect(script.feed(Frame.window(5, 1), Frame.reset(5), Frame.priority(5)) == "nothing, nothing, nothing")
    }

    @Test("takes no body after the end of a stream (RFC 9113 section 5.1)")
    func halfClosed() {
        var script = HTTP2Script()
        #expect(script.feed(Frame.headers(1), Frame.data(1, 3)) == "request 1 'h' end, stream streamClosed")
        var late = HTTP2Script()
        _ = late.feed(Frame.headers(1))
        _ = late.change { $0.answered(1) }
        #expect(late.feed(Frame.data(1, 3)) == "fault stream_closed")
        var again = HTTP2Script()
        #expect(again.feed(Frame.headers(1), Frame.headers(1)) == "request 1 'h' end, misplaced(streamClosed) 1 'h' end")
        var reset = HTTP2Script()
        #expect(reset.feed(Frame.headers(1, ends: false), Frame.reset(1), Frame.data(1, 3)) == "request 1 'h', reset 1, fault stream_closed")
    }

    @Test("takes what was on its way when we ended a stream, and wants no more of it")
    func endedHere() {
        var script = HTTP2Script()
        #expect(script.feed(Frame.headers(1, ends: false)) == "request 1 'h'")
        let isUnwanted = script.change { $0.answered(1) }
        #expect(isUnwanted == .unwanted)
        #expect(script.feed(Frame.data(1, 3), Frame.headers(1), Frame.data(1, 3, ends: true)) == "ignore, ignored 1 'h' end, ignore")
        var whole = HTTP2Script()
        _ = whole.feed(Frame.headers(1))
        let isUnwantedWhole = whole.change { $0.answered(1) }
        #expect(isUnwantedWhole == .over)
    }

    @Test("takes trailers, which end the body")
    func trailers() {
        var script = HTTP2Script()
        #expect(script.feed(Frame.headers(1, ends: false), Frame.data(1, 3), Frame.headers(1, "t")) == "request 1 'h', deliver, trailers 1 't' end")
        #expect(script.feed(Frame.headers(3, ends: false), Frame.headers(3, "t", ends: false)) == "request 3 'h', misplaced(protocolError) 3 't'")
    }

    @Test("takes a header block in frames of which none other comes between (H2-11)")
    func contiguous() {
        var script = HTTP2Script()
        #expect(
            script.feed(Frame.headers(1, "a", whole: false), Frame.continuation(1, "b", whole: false), Frame.continuation(1, "c"))
                == "nothing, nothing, request 1 'abc' end")
        #expect(script.feed(Frame.continuation(1)) == "fault continuation_unexpected")
        let between = [
            Frame.data(1, 1), Frame.headers(3), Frame.continuation(3), Frame.ping(), Frame.settings(), Frame.window(0, 1), Frame.raw(0x50),
            Frame.priority(1), Frame.reset(1),
        ]
        for frame in between {
            var script = HTTP2Script()
            #expect(script.feed(Frame.headers(1, "a", whole: false), frame) == "nothing, fault headers_interrupted")
        }
    }

    @Test("bounds the frames and the octets of a header block (H2-11, H2-23)")
    func blockBound() {
        var script = HTTP2Script()
        let five = [[UInt8]](repeating: Frame.continuation(1, "", whole: false), count: 5).flatMap { $0 }
        #expect(script.feed(Frame.headers(1, "a", whole: false), five) == "nothing, nothing, nothing, nothing, nothing, nothing")
        #expect(script.feed(Frame.continuation(1)) == "fault too_many_continuations")
        var large = HTTP2Script()
        let part = String(repeating: "a", count: 16_384)
        _ = large.feed(Frame.headers(1, part, whole: false), Frame.continuation(1, part, whole: false), Frame.continuation(1, part, whole: false))
        #expect(large.feed(Frame.continuation(1, "a")) == "fault headers_too_large")
    }

    @Test("refuses one stream more than there may be, and takes the next once one is over (H2-16)")
    func streams() {
        var limits = HTTP2Limits()
        limits.streams = 2
        var script = HTTP2Script(limits)
        #expect(script.feed(Frame.headers(1), Frame.headers(3, ends: false)) == "request 1 'h' end, request 3 'h'")
        #expect(script.feed(Frame.headers(5, ends: false), Frame.data(5, 1)) == "refused 5 'h', ignore")
        _ = script.change { $0.answered(1) }
        #expect(script.feed(Frame.headers(7)) == "request 7 'h' end")
    }

    @Test("takes settings in their order, and none that cannot be (RFC 9113 section 6.5.2)")
    func settings() {
        var script = HTTP2Script(greeted: false)
        _ = script.feed(HTTP2FrameReader.preface, Frame.settings())
        #expect(script.feed(Frame.settings((3, 0), (0x99, 5), (4, 1), (4, 70_000), (5, 20_000), (2, 1), (6, 0), (8, 1))) == "settings")
        #expect(script.state.peer.initialWindow == 70_000 && script.state.peer.maximumFrame == 20_000)
        #expect(script.state.awaitsSettings && script.state.peer.table == .initial)
        #expect(script.feed(Frame.acknowledgement) == "nothing")
        #expect(!script.state.awaitsSettings)
        let wrong: [(UInt16, UInt32, String)] = [
            (2, 2, "setting_invalid"), (8, 2, "setting_invalid"), (4, 1 << 31, "window_overflow"), (5, 16_383, "setting_invalid"),
            (5, 1 << 24, "setting_invalid"),
        ]
        for (name, value, fault) in wrong {
            var script = HTTP2Script()
            #expect(script.feed(Frame.settings((name, value))) == "fault \(fault)")
        }
    }

    @Test("says once that its answers keep to the smaller table that a client allows (RFC 9113 section 4.3.1)")
    func table() {
        for (sizes, octets) in [([4096, 65_536], []), ([4095], [0x20]), ([0, 4096], [0x20]), ([65_536, 100], [0x20])] as [([UInt32], [UInt8])] {
            var script = HTTP2Script()
            for size in sizes { _ = script.feed(Frame.settings((1, size))) }
            var out = ByteBuffer()
            script.change { $0.beginBlock(&out) }
            #expect(Array(out.readableBytesView) == octets)
            _ = script.feed(Frame.settings((1, 0)))
            script.change { $0.beginBlock(&out) }
            #expect(Array(out.readableBytesView) == [0x20])
            _ = script.feed(Frame.settings((1, 4096)), Frame.settings((1, 0)))
            script.change { $0.beginBlock(&out) }
            #expect(Array(out.readableBytesView) == [0x20], "none is as small as can be")
        }
    }

    @Test("answers PING with what it said, and nothing to an answer")
    func ping() {
        var script = HTTP2Script()
        #expect(
            script.feed(Frame.ping(9), Frame.raw(6, 1, 0, [0, 0, 0, 0, 0, 0, 0, 9]), Frame.raw(7, 0, 0, [UInt8](repeating: 0, count: 8)))
                == "ping 9, nothing, goaway")
    }

    @Test("ignores frames that nobody knows, and flags too")
    func unknown() {
        var script = HTTP2Script()
        #expect(
            script.feed(Frame.raw(0x50, 0xff, 1, [1]), Frame.raw(4, 0xfe), Frame.raw(6, 0xfe, 0, [0, 0, 0, 0, 0, 0, 0, 1]))
                == "nothing, settings, ping 1")
    }

    // MARK: Leaving

    @Test("takes its leave in two steps, and serves nothing beyond the last stream it named (H2-17)")
    func leaving() {
        var script = HTTP2Script()
        _ = script.feed(Frame.headers(1, ends: false))
        #expect(script.change { $0.announceDeparture() })
        #expect(!script.change { $0.announceDeparture() })
        #expect(script.feed(Frame.headers(3)) == "request 3 'h' end", "it was on its way")
        #expect(script.feed(Frame.raw(6, 1, 0, [0, 0, 0, 0, 0, 0, 0, 1])) == "nothing", "an answer to nothing of ours")
        #expect(
            script.feed(Frame.raw(6, 1, 0, (0..<8).reversed().map { UInt8(truncatingIfNeeded: HTTP2ConnectionState.departurePing >> ($0 * 8)) }))
                == "departure heard")
        #expect(script.change { $0.leave() } == 3)
        #expect(script.change { $0.leave() } == nil)
        #expect(
            script.feed(Frame.headers(5, ends: false), Frame.data(5, 3), Frame.window(5, 3), Frame.reset(5))
                == "ignored 5 'h', ignore, nothing, nothing")
        #expect(script.feed(Frame.data(1, 3, ends: true)) == "deliver", "what is served goes on")
    }
}
