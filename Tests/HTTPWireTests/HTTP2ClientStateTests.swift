import NIOCore
import Testing

@testable import HTTPWire

/// HTTP/2 as its client sees it, frame by frame.
@Suite("A connection of HTTP/2 to an upstream")
struct HTTP2ClientStateTests {
    private func frame(
        _ type: HTTP2FrameType, _ stream: UInt32 = 0, _ flags: HTTP2FrameFlags = [], _ payload: [UInt8] = []
    ) -> (HTTP2FrameHead, ByteBuffer) {
        (HTTP2FrameHead(payload: payload.count, type: type, flags: flags, stream: stream), ByteBuffer(bytes: payload))
    }

    private func octets(_ number: UInt32) -> [UInt8] { (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) } }

    private func setting(_ id: UInt8, _ value: UInt32) -> [UInt8] { [0, id] + octets(value) }

    /// One with the upstream's settings.
    private func greeted(_ settings: [UInt8] = []) -> HTTP2ClientState {
        var state = HTTP2ClientState()
        let (head, payload) = frame(.settings, 0, [], settings)
        #expect(state.received(head, payload) == .settings)
        return state
    }

    private func part(_ stream: UInt32, _ count: Int, ends: Bool = false) -> HTTP2DataPart {
        HTTP2DataPart(
            stream: stream, data: ByteBuffer(repeating: 7, count: count), padding: 0, frame: count, isEmpty: count == 0, isLast: ends, isWhole: true,
            endsStream: ends)
    }

    @Test("opens as many streams as both sides allow, with odd numbers, and none once the upstream leaves")
    func opening() {
        var state = greeted(setting(3, 2))
        #expect(state.open(endsStream: true) == 1 && state.open(endsStream: false) == 3 && state.open(endsStream: true) == nil)
        #expect(state.abandoned(1) && state.room == 1)
        let (head, payload) = frame(.goAway, 0, [], octets(1) + octets(0))
        #expect(state.received(head, payload) == .leaving(.noError, unseen: [3]))
        #expect(state.room == 0 && state.open(endsStream: true) == nil && state.openStreams == 0)
        var silent = HTTP2ClientState()
        #expect((0..<8).allSatisfy { _ in silent.open(endsStream: true) != nil } && silent.room == 0)
        var willing = greeted()
        #expect((0..<100).allSatisfy { _ in willing.open(endsStream: true) != nil } && willing.room == 0)
    }

    @Test("is a fault where the upstream says what only clients may, or nobody")
    func faults() {
        func fault(_ type: HTTP2FrameType, _ stream: UInt32 = 0, _ flags: HTTP2FrameFlags = [], _ payload: [UInt8] = []) -> HTTP2Fault? {
            var state = greeted()
            _ = state.open(endsStream: true)
            let (head, payload) = frame(type, stream, flags, payload)
            if case .fault(let fault) = state.received(head, payload) { return fault }
            return nil
        }
        #expect(fault(.settings, 0, [], setting(2, 1)) == .settingInvalid && fault(.settings, 0, [], setting(2, 0)) == nil)
        #expect(fault(.settings, 0, [], setting(5, 1)) == .settingInvalid && fault(.settings, 0, [], setting(4, 1 << 31)) == .windowOverflow)
        #expect(fault(.pushPromise, 1) == .pushPromise)
        #expect(fault(.headers, 2, .endHeaders) == .streamIdle && fault(.headers, 3, .endHeaders) == .streamIdle)
        #expect(fault(.resetStream, 3, [], octets(8)) == .streamIdle && fault(.resetStream, 1, [], octets(8)) == nil)
        #expect(fault(.windowUpdate, 3, [], octets(1)) == .streamIdle && fault(.windowUpdate, 1, [], octets(0)) == .windowInvalid)
        #expect(fault(.windowUpdate, 0, [], octets(0x7fff_ffff)) == .windowOverflow && fault(.windowUpdate, 0, [], octets(1)) == nil)
        #expect(fault(.continuation, 1) == .continuationUnexpected)
        var state = HTTP2ClientState()
        let (head, payload) = frame(.ping, 0, [], [UInt8](repeating: 0, count: 8))
        #expect(state.received(head, payload) == .fault(.settingsMissing))
    }

    @Test("bounds a header block and its frames, and takes nothing between them")
    func blocks() {
        var state = greeted()
        _ = state.open(endsStream: true)
        var (head, payload) = frame(.headers, 1, [], [UInt8](repeating: 0, count: 16_000))
        #expect(state.received(head, payload) == .nothing)
        var interrupted = state
        (head, payload) = frame(.ping, 0, [], [UInt8](repeating: 0, count: 8))
        #expect(interrupted.received(head, payload) == .fault(.headersInterrupted))
        #expect(interrupted.received(part(1, 1)) == .fault(.headersInterrupted))
        var small = state
        (head, payload) = frame(.continuation, 1, [], [0])
        for _ in 0..<16 { #expect(small.received(head, payload) == .nothing) }
        #expect(small.received(head, payload) == .fault(.tooManyContinuations))
        (head, payload) = frame(.continuation, 1, [], [UInt8](repeating: 0, count: 16_000))
        for _ in 0..<3 { #expect(state.received(head, payload) == .nothing) }
        #expect(state.received(head, payload) == .fault(.headersTooLarge))
    }

    @Test("widens a stream's window once octets find room, and gives the connection's back whatever becomes of them")
    func windows() {
        var state = greeted()
        _ = state.connectionWindowUpdate()
        _ = state.open(endsStream: true)
        #expect(state.answerBegan(1, length: nil) == true)
        #expect(state.received(part(1, 16 << 10)) == .deliver)
        #expect(state.windowUpdate(of: 1) == nil)
        #expect(state.received(part(1, 1)) == .streamError(.windowExceeded))
        state.taken(16 << 10, of: 1)
        #expect(state.windowUpdate(of: 1) == 64 << 10)
        #expect(state.received(part(1, 64 << 10)) == .deliver)
        #expect(state.abandoned(1) && !state.abandoned(1))
        #expect(state.received(part(1, 16 << 10)) == .ignore)
        #expect(state.connectionWindowUpdate() == 96 << 10 + 1)
        // A change of the initial window is one of what is open.
        let id = state.open(endsStream: false) ?? 0
        state.sent(65_535, on: id)
        #expect(state.sendable(on: id, atMost: 100) == 0)
        let (head, payload) = frame(.settings, 0, [], setting(4, 70_000))
        #expect(state.received(head, payload) == .settings && state.isSpent)
    }

    @Test("takes no body before its head, none longer or shorter than was said, and none behind its end")
    func bodies() {
        var state = greeted()
        for _ in 0..<4 { _ = state.open(endsStream: false) }
        #expect(state.received(part(1, 1)) == .streamError(.streamIdle))
        #expect(state.answerBegan(3, length: 5) == true)
        #expect(state.received(part(3, 4)) == .deliver)
        var (long, short) = (state, state)
        #expect(long.received(part(3, 2)) == .malformed && short.received(part(3, 0, ends: true)) == .malformed)
        #expect(state.received(part(3, 1, ends: true)) == .deliver && state.isOpen(3))
        #expect(state.received(part(3, 1)) == .streamError(.streamClosed))
        state.ended(3)
        #expect(!state.isOpen(3))
        let (head, payload) = frame(.headers, 5, [.endHeaders, .endStream])
        #expect(state.received(head, payload) == .block(stream: 5, payload, .head(endsStream: true)))
        #expect(!state.answerBegan(5, length: 1) && state.answerBegan(5, length: 0))
    }
}
