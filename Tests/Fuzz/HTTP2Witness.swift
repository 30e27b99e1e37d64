import NIOCore
import NIOHPACK

/// A client's own account of a connection, by the frames that went either way: what it may still send, and whether what the server sends is
/// what RFC 9113 lets a server send. Written apart from the product's code, on purpose.
struct HTTP2Witness {
    /// What the server did wrong.
    private(set) var faults: [String] = []
    /// The server's code where it ended the connection for a fault.
    private(set) var fault: UInt32?
    private(set) var goAways = 0
    private(set) var answers = 0

    private struct Stream {
        /// What the client may send, and what the server may.
        var room: Int
        var grants = 0
        var sent = 0
        var hasHead = false
        var isEnded = false
        var isReset = false
    }

    private var streams: [UInt32: Stream] = [:]
    /// The greatest that the client's windows may be.
    private let windows: (stream: Int, connection: Int)
    private(set) var connectionRoom = 65_535
    /// What the client may send at first on a stream: until the server's settings have come, and after.
    private var initialRoom = 65_535
    private var connectionGrants = 65_535
    private var connectionSent = 0
    /// The initial windows that the client has set: that in force, and those that the server has not acknowledged.
    private var initial = 65_535
    private var unacknowledged: [Int?] = []
    private var lastAnnounced = UInt32.max
    private var highest: UInt32 = 0
    private var decoder = NIOHPACK.HPACKDecoder(allocator: ByteBufferAllocator(), maxDynamicTableSize: 4096, maxHeaderListSize: 1 << 20)
    /// Of a header block that goes on, and its stream.
    private var block: (stream: UInt32, octets: ByteBuffer, ends: Bool)?
    private var sentOctets = ByteBuffer()
    private var cameOctets = ByteBuffer()
    private var isLost = false
    /// A frame of a body is under way, and was counted.
    private var isBegun = false

    init(stream: Int, connection: Int) { windows = (stream, connection) }

    mutating func fail(_ what: String) { if faults.count < 4 { faults.append(what) } }

    /// - Returns: octets of DATA that may be sent on a stream.
    func room(_ id: UInt32) -> Int { min(connectionRoom, streams[id]?.room ?? initialRoom) }

    func isOver(_ id: UInt32) -> Bool { streams[id].map { $0.isEnded || $0.isReset } ?? false }

    // MARK: What the client sends

    /// Octets behind the preface.
    mutating func sends(_ octets: some Collection<UInt8>) {
        guard !isLost else { return }
        sentOctets.writeBytes(octets)
        while let (type, flags, id, payload) = Self.frame(&sentOctets) {
            if payload.readableBytes > 16_384 { isLost = true }
            sent(type, flags, id, payload)
        }
        // A server counts a body's frame from its head on, and may give back what came of it before the rest.
        if !isBegun, sentOctets.readableBytes >= 9, let head = sentOctets.getInteger(at: sentOctets.readerIndex, as: UInt32.self),
            head & 255 == 0, let id = sentOctets.getInteger(at: sentOctets.readerIndex + 5, as: UInt32.self)
        {
            isBegun = true
            use(Int(head >> 8), of: id & 0x7fff_ffff)
        }
        sentOctets.discardReadBytes()
    }

    private mutating func sent(_ type: UInt8, _ flags: UInt8, _ id: UInt32, _ payload: ByteBuffer) {
        switch type {
        case 0:
            if !isBegun { use(payload.readableBytes, of: id) }
            isBegun = false
        case 1:
            highest = max(highest, id)
            if streams[id] == nil { streams[id] = Stream(room: initialRoom) }
        case 4 where flags & 1 == 0:
            var rest = payload, window: Int?
            while let (name, value) = rest.readMultipleIntegers(as: (UInt16, UInt32).self) { if name == 4 { window = Int(value) } }
            unacknowledged.append(window)
        case 8:
            let octets = Int((payload.getInteger(at: payload.readerIndex, as: UInt32.self) ?? 0) & 0x7fff_ffff)
            if id == 0 { connectionGrants += octets } else { streams[id]?.grants += octets }
        default: break
        }
    }

    private mutating func use(_ count: Int, of id: UInt32) {
        connectionRoom -= count
        streams[id]?.room -= count
    }

    // MARK: What comes

    mutating func takes(_ octets: ByteBuffer) {
        cameOctets.writeImmutableBuffer(octets)
        while let (type, flags, id, payload) = Self.frame(&cameOctets) {
            if let fault { fail("a frame of type \(type) on stream \(id) behind GOAWAY of \(fault)") }
            if payload.readableBytes > 16_384 { fail("a frame of \(payload.readableBytes) octets") }
            if let block, type != 9 || id != block.stream { fail("a frame within a head") }
            took(type, flags, id, payload)
        }
        cameOctets.discardReadBytes()
    }

    private mutating func took(_ type: UInt8, _ flags: UInt8, _ id: UInt32, _ payload: ByteBuffer) {
        let first = payload.getInteger(at: payload.readerIndex, as: UInt32.self) ?? 0
        switch type {
        case 0: tookData(flags, id, payload.readableBytes)
        case 1: tookBlock(flags, id, payload)
        case 9:
            guard var open = block else { return fail("CONTINUATION of nothing") }
            open.octets.writeImmutableBuffer(payload)
            block = open
            if flags & 4 != 0 { tookHead() }
        case 3:
            guard let stream = streams[id], payload.readableBytes == 4 else { return fail("RST_STREAM of \(id)") }
            if stream.isReset { fail("stream \(id) is reset twice") }
            if first > 13 { fail("code \(first)") }
            streams[id]?.isReset = true
        case 4: tookSettings(flags, payload)
        case 6: if payload.readableBytes != 8 || id != 0 { fail("PING") }
        case 7: tookGoAway(payload, last: first)
        case 8: tookWindow(id, Int(first))
        default: fail("a frame of type \(type)")
        }
    }

    private mutating func tookData(_ flags: UInt8, _ id: UInt32, _ count: Int) {
        guard var stream = streams[id], !stream.isEnded, !stream.isReset, stream.hasHead else { return fail("DATA on \(id)") }
        stream.sent += count
        stream.isEnded = flags & 1 != 0
        connectionSent += count
        let initial = unacknowledged.reduce(initial) { max($0, $1 ?? 0) }
        if count > 0, stream.sent > initial + stream.grants { fail("stream \(id) has no room for DATA") }
        if count > 0, connectionSent > connectionGrants { fail("the connection has no room for DATA") }
        streams[id] = stream
        if stream.isEnded { answers += 1 }
    }

    private mutating func tookBlock(_ flags: UInt8, _ id: UInt32, _ payload: ByteBuffer) {
        guard let stream = streams[id], !stream.isEnded, !stream.isReset else { return fail("HEADERS on \(id)") }
        block = (id, payload, flags & 1 != 0)
        if flags & 4 != 0 { tookHead() }
    }

    private mutating func tookHead() {
        guard var open = block else { return }
        block = nil
        do {
            let fields = try decoder.decodeHeaders(from: &open.octets)
            let status = fields.first(name: ":status").flatMap { Int($0) }
            if streams[open.stream]?.hasHead == true {
                if status != nil || !open.ends { fail("trailers of \(open.stream)") }
            } else {
                guard let status, (100...999).contains(status) else { return fail("no status on \(open.stream)") }
                streams[open.stream]?.hasHead = status >= 200
            }
            if fields.contains(where: { $0.name.lowercased() != $0.name || $0.name == "connection" || $0.name == "transfer-encoding" }) {
                fail("fields of a connection, or with capitals")
            }
        } catch { fail("a head that cannot be decoded: \(error)") }
        if open.ends {
            streams[open.stream]?.isEnded = true
            answers += 1
        }
    }

    private mutating func tookSettings(_ flags: UInt8, _ payload: ByteBuffer) {
        guard flags & 1 == 0 else {
            guard !unacknowledged.isEmpty else { return fail("an acknowledgement of nothing") }
            initial = unacknowledged.removeFirst() ?? initial
            return
        }
        var rest = payload
        while let (name, value) = rest.readMultipleIntegers(as: (UInt16, UInt32).self) {
            guard name == 4 else { continue }
            for id in streams.keys { streams[id]?.room += Int(value) - initialRoom }
            initialRoom = Int(value)
        }
    }

    private mutating func tookGoAway(_ payload: ByteBuffer, last: UInt32) {
        goAways += 1
        let code = payload.getInteger(at: payload.readerIndex + 4, as: UInt32.self) ?? 0
        if goAways > 3 || code > 13 || last > lastAnnounced { fail("GOAWAY \(last) \(code), the \(goAways). one") }
        if last != 0x7fff_ffff, last > highest { fail("GOAWAY of a stream that nobody opened") }
        lastAnnounced = last
        if code != 0 { fault = code }
    }

    private mutating func tookWindow(_ id: UInt32, _ octets: Int) {
        guard octets > 0 else { return fail("a window's update of nothing") }
        if id == 0 {
            connectionRoom += octets
            if connectionRoom > max(65_535, windows.connection) { fail("the connection's window is too large: \(connectionRoom)") }
        } else {
            guard let stream = streams[id], !stream.isReset else { return fail("a window's update of \(id)") }
            streams[id]?.room += octets
            if stream.room + octets > windows.stream { fail("the window of \(id) is too large: \(stream.room + octets)") }
        }
    }

    private static func frame(_ bytes: inout ByteBuffer) -> (UInt8, UInt8, UInt32, ByteBuffer)? {
        guard let head = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self), bytes.readableBytes >= 9 + Int(head >> 8) else { return nil }
        bytes.moveReaderIndex(forwardBy: 4)
        guard let (flags, stream) = bytes.readMultipleIntegers(as: (UInt8, UInt32).self), let payload = bytes.readSlice(length: Int(head >> 8))
        else { return nil }
        return (UInt8(head & 255), flags, stream & 0x7fff_ffff, payload)
    }
}
