import HTTPWire
import NIOCore
import Testing

@Suite("Flow control of HTTP/2 (RFC 9113 section 6.9)")
struct HTTP2FlowTests {
    private func small() -> HTTP2Limits {
        var limits = HTTP2Limits()
        limits.streamWindow = 1000
        limits.connectionWindow = 1500
        return limits
    }

    @Test("lets a client send what the stream's window has room for, padding included, and no octet more")
    func stream() {
        var script = HTTP2Script(small())
        #expect(script.feed(Frame.headers(1, ends: false), Frame.data(1, 1000)) == "request 1 'h', deliver")
        #expect(script.feed(Frame.data(1, 1)) == "stream flowControlError")
        var padded = HTTP2Script(small())
        #expect(padded.feed(Frame.headers(1, ends: false), Frame.data(1, 900)) == "request 1 'h', deliver")
        #expect(padded.feed(Frame.raw(0, 8, 1, [98] + [UInt8](repeating: 0, count: 99))) == "deliver", "100 octets of which one is the body's")
        #expect(padded.feed(Frame.data(1, 1)) == "stream flowControlError")
    }

    @Test("lets the end of a body pass where what was sent before we were heard has left less than nothing")
    func endWithoutRoom() {
        var limits = small()
        limits.connectionWindow = 65_535
        var script = HTTP2Script(limits, greeted: false)
        _ = script.feed(HTTP2FrameReader.preface + Frame.settings())
        #expect(script.feed(Frame.headers(1, ends: false), Frame.data(1, 16_384), Frame.acknowledgement) == "request 1 'h', deliver, nothing")
        #expect(script.feed(Frame.data(1, 0, ends: true)) == "deliver")
    }

    @Test("lets it send on all its streams what the connection's window has room for")
    func connection() {
        var script = HTTP2Script(small())
        #expect(script.feed(Frame.headers(1, ends: false), Frame.headers(3, ends: false)) == "request 1 'h', request 3 'h'")
        #expect(script.feed(Frame.data(1, 1000), Frame.data(3, 500)) == "deliver, deliver", "a stalled stream leaves the other one room")
        #expect(script.feed(Frame.data(3, 1)) == "fault window_exceeded")
    }

    @Test("gives back what was taken, not what waits, in portions")
    func givenBack() {
        var script = HTTP2Script(small())
        _ = script.feed(Frame.headers(1, ends: false), Frame.data(1, 1000))
        #expect(script.change { $0.windowUpdate(of: 1) } == nil, "nobody has taken it")
        script.change { $0.taken(499, of: 1) }
        #expect(script.change { $0.windowUpdate(of: 1) } == nil)
        script.change { $0.taken(1, of: 1) }
        #expect(script.change { $0.windowUpdate(of: 1) } == 500)
        #expect(script.change { $0.connectionWindowUpdate() } == nil)
        script.change { $0.taken(9999, of: 1) }
        #expect(script.change { $0.connectionWindowUpdate() } == 1000, "no more than came")
        #expect(script.feed(Frame.data(1, 500), Frame.data(1, 1)) == "deliver, stream flowControlError", "the client knows of 500 octets")
    }

    @Test("gives back to the connection what a stream that is over has left, and what nobody wants")
    func over() {
        var script = HTTP2Script(small())
        _ = script.feed(Frame.headers(1, ends: false), Frame.data(1, 1000))
        _ = script.change { $0.answered(1) }
        #expect(script.change { $0.connectionWindowUpdate() } == 1000)
        #expect(script.feed(Frame.data(1, 800)) == "ignore")
        #expect(script.change { $0.connectionWindowUpdate() } == 800)
        #expect(script.feed(Frame.headers(3, ends: false), Frame.data(3, 900), Frame.reset(3)) == "request 3 'h', deliver, reset 3")
        #expect(script.change { $0.connectionWindowUpdate() } == 900)
    }

    @Test("tells a client of no window whose stream it has ended")
    func ended() {
        var script = HTTP2Script(small())
        _ = script.feed(Frame.headers(1, ends: false), Frame.data(1, 1000, ends: true))
        script.change { $0.taken(1000, of: 1) }
        #expect(script.change { $0.windowUpdate(of: 1) } == nil)
        #expect(script.change { $0.connectionWindowUpdate() } == 1000)
    }

    @Test("opens the connection's window beyond what every client knows of it")
    func opened() {
        var script = HTTP2Script()
        #expect(script.change { $0.connectionWindowUpdate() } == HTTP2Limits().connectionWindow - 65_535)
    }

    @Test("bounds an answer by the stream's window, the connection's, and the frame the client takes")
    func answers() {
        var script = HTTP2Script()
        _ = script.feed(Frame.settings((4, 100)), Frame.headers(1), Frame.headers(3))
        #expect(script.state.sendable(on: 1, atMost: 16_000) == 100 && script.state.sendable(on: 1, atMost: 10) == 10)
        script.change { $0.sent(100, on: 1) }
        #expect(script.state.sendable(on: 1, atMost: 16_000) == 0 && script.state.sendable(on: 3, atMost: 16_000) == 100)
        #expect(script.feed(Frame.window(1, 70_000)) == "window 1")
        #expect(script.state.sendable(on: 1, atMost: 20_000) == 16_384)
        script.change { $0.sent(65_435, on: 1) }
        #expect(script.state.sendable(on: 1, atMost: 9) == 0 && script.state.sendable(on: 3, atMost: 9) == 0, "the connection's is used up")
        #expect(script.feed(Frame.window(0, 7)) == "window 0")
        #expect(script.state.sendable(on: 3, atMost: 9) == 7)
    }

    @Test("of less than what every client begins with holds once the client has heard of it (RFC 9113 section 6.9.3)")
    func smaller() {
        var limits = HTTP2Limits()
        limits.streamWindow = 16 << 10
        for (before, after) in [(65_535, 0), (10_000, 6384)] {
            var script = HTTP2Script(limits, greeted: false)
            _ = script.feed(HTTP2FrameReader.preface, Frame.settings())
            let data = [16_384, 16_384, 16_384, 16_383]
            _ = script.feed(Frame.headers(1, ends: false))
            _ = script.change { $0.connectionWindowUpdate() }
            var rest = before
            for part in data where rest > 0 {
                #expect(script.feed(Frame.data(1, min(part, rest))) == "deliver")
                rest -= min(part, rest)
            }
            _ = script.feed(Frame.acknowledgement)
            if after > 0 { #expect(script.feed(Frame.data(1, after)) == "deliver") }
            var over = script
            #expect(over.feed(Frame.data(1, 1)) == "stream flowControlError")
            script.change { $0.taken(before + after, of: 1) }
            let told = script.change { $0.windowUpdate(of: 1) }
            #expect(told == before + after)
            #expect(script.feed(Frame.data(1, 16_384), Frame.data(1, 1)) == "deliver, stream flowControlError", "all of its window again")
            #expect(
                script.feed(Frame.headers(3, ends: false), Frame.data(3, 16_384), Frame.data(3, 1))
                    == "request 3 'h', deliver, stream flowControlError")
        }
    }

    @Test("moves each stream's with the initial window, below zero too")
    func initialWindow() {
        var script = HTTP2Script()
        _ = script.feed(Frame.headers(1))
        script.change { $0.sent(1000, on: 1) }
        #expect(script.feed(Frame.settings((4, 10))) == "settings")
        #expect(script.state.sendable(on: 1, atMost: 9) == 0)
        #expect(script.feed(Frame.window(1, 990), Frame.window(1, 1)) == "window 1, window 1")
        #expect(script.state.sendable(on: 1, atMost: 9) == 1)
        _ = script.feed(Frame.window(1, 0x7fff_ffff - 1))
        #expect(script.feed(Frame.settings((4, 11))) == "fault window_overflow")
    }

    @Test("knows increments that cannot be")
    func increments() {
        var script = HTTP2Script()
        #expect(script.feed(Frame.headers(1), Frame.window(1, 0)) == "request 1 'h' end, stream 1 protocolError")
        #expect(script.feed(Frame.headers(3), Frame.window(3, 0x7fff_ffff)) == "request 3 'h' end, stream 3 flowControlError")
        #expect(script.feed(Frame.window(0, 0)) == "fault window_invalid")
        var whole = HTTP2Script()
        #expect(whole.feed(Frame.window(0, 0x7fff_ffff - 65_535)) == "window 0")
        #expect(whole.feed(Frame.window(0, 1)) == "fault window_overflow")
    }

    @Test("holds a body against its Content-Length (H2-09)")
    func contentLength() {
        for (length, sizes, fits) in [
            (5, [5], true), (5, [2, 3], true), (5, [3], false), (5, [7], false), (5, [5, 0], true), (0, [0], true), (0, [1], false),
        ] {
            var script = HTTP2Script()
            _ = script.feed(Frame.headers(1, ends: false))
            #expect(script.change { $0.expects(length, of: 1) })
            let frames = sizes.enumerated().map { Frame.data(1, $1, ends: $0 == sizes.count - 1) }
            let told = script.feed(frames.flatMap { $0 })
            #expect(told.last == (fits ? "deliver" : "malformed"), "\(length) \(sizes)")
        }
        var bodiless = HTTP2Script()
        _ = bodiless.feed(Frame.headers(1), Frame.headers(3))
        #expect(!bodiless.change { $0.expects(5, of: 1) } && bodiless.change { $0.expects(0, of: 3) })
        var trailers = HTTP2Script()
        _ = trailers.feed(Frame.headers(1, ends: false))
        _ = trailers.change { $0.expects(5, of: 1) }
        _ = trailers.feed(Frame.data(1, 3), Frame.headers(1))
        #expect(!trailers.state.isWholeBody(of: 1))
    }
}
