import BindingPolicy
import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHPACK

@testable import ProxyEngine

/// A client of HTTP/2 in memory: writes frames by hand, and reads what comes with another implementation's HPACK.
final class FakeHTTP2Client {
    let connection: HTTP2Connection
    let wire: Wire
    private let eventLoop: EmbeddedEventLoop
    private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    private var decoder = NIOHPACK.HPACKDecoder(allocator: ByteBufferAllocator())
    private var reader = HTTP2FrameReader()
    private var kept = ByteBuffer(bytes: HTTP2FrameReader.preface)
    private(set) var bodies: [UInt32: [UInt8]] = [:]
    private var next: UInt32 = 1
    /// The stream of the latest request.
    var asked: UInt32 { next - 2 }

    init(_ connection: HTTP2Connection, _ wire: Wire, _ eventLoop: EmbeddedEventLoop) {
        self.connection = connection
        self.wire = wire
        self.eventLoop = eventLoop
        // Our reader expects the preface, which a server has none of.
        _ = reader.next(&kept)
    }

    /// The upstream of a stream's request is not read from, since this client does not read.
    func isBlocked(_ stream: UInt32) -> Bool { connection.stream(stream)?.exchange?.state.isOutputBlocked ?? false }

    // MARK: What it sends

    func greets(_ settings: [(UInt16, UInt32)] = []) {
        sends(HTTP2FrameReader.preface + Self.frame(4, 0, 0, settings.flatMap { Self.octets16($0.0) + Self.octets($0.1) }) + Self.frame(4, 1, 0))
    }

    func sends(_ octets: [UInt8]) {
        wire.sends(octets)
        eventLoop.run()
    }

    /// - Returns: the stream.
    @discardableResult
    func asks(_ path: String = "/", method: String = "GET", ends: Bool = true, _ fields: (String, String)...) -> UInt32 {
        let stream = next
        sends(request(path, method: method, ends: ends, fields))
        return stream
    }

    /// A tunnel (RFC 8441), on the next stream.
    func opens(_ path: String, _ fields: (String, String)...) {
        let pseudo = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "api"), (":path", path)]
        defer { next += 2 }
        sends(Self.frame(1, 4, next, block(pseudo + fields)))
    }

    /// HEADERS of the next stream.
    func request(_ path: String = "/", method: String = "GET", ends: Bool = true, _ fields: [(String, String)] = []) -> [UInt8] {
        let pseudo = [(":method", method), (":scheme", "https"), (":authority", "api"), (":path", path)]
        defer { next += 2 }
        return Self.frame(1, ends ? 5 : 4, next, block(pseudo + fields))
    }

    func block(_ fields: [(String, String)]) -> [UInt8] {
        var headers = HPACKHeaders()
        for (name, value) in fields { headers.add(name: name, value: value) }
        var out = ByteBuffer()
        try? encoder.encode(headers: headers, to: &out)
        return Array(out.readableBytesView)
    }

    func data(_ stream: UInt32, _ octets: [UInt8], ends: Bool = false) -> [UInt8] { Self.frame(0, ends ? 1 : 0, stream, octets) }
    func window(_ stream: UInt32, _ increment: UInt32) -> [UInt8] { Self.frame(8, 0, stream, Self.octets(increment)) }
    func reset(_ stream: UInt32) -> [UInt8] { Self.frame(3, 0, stream, Self.octets(8)) }

    static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
        [UInt8(payload.count >> 16 & 255), UInt8(payload.count >> 8 & 255), UInt8(payload.count & 255), type, flags] + octets(stream) + payload
    }

    static func octets(_ number: UInt32) -> [UInt8] { (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) } }
    private static func octets16(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }

    // MARK: What it reads

    /// The frames that came since the last call, a line each: heads with their fields' values where asked for.
    func reads(_ names: String...) -> [String] {
        eventLoop.run()
        kept.writeBytes(wire.takeOctets())
        var told: [String] = []
        while true {
            switch reader.next(&kept) {
            case .incomplete, .fault, .preface: return told
            case .data(let part):
                bodies[part.stream, default: []] += part.data.readableBytesView
                if part.isWhole { told.append("data \(part.stream) \(part.frame ?? 0)\(part.endsStream ? " end" : "")") }
            case .frame(let head, let payload): if let line = text(head, payload, names) { told.append(line) }
            }
        }
    }

    private func text(_ head: HTTP2FrameHead, _ payload: ByteBuffer, _ names: [String]) -> String? {
        let first = payload.getInteger(at: payload.readerIndex, as: UInt32.self) ?? 0
        let second = payload.getInteger(at: payload.readerIndex + 4, as: UInt32.self) ?? 0
        switch head.type {
        case .headers:
            var block = payload
            let fields = try? decoder.decodeHeaders(from: &block)
            let values = ([":status"] + names).map { fields?.first(name: $0) ?? "-" }.joined(separator: " ")
            return "head \(head.stream) \(values)\(head.flags.contains(.endStream) ? " end" : "")"
        case .resetStream: return "reset \(head.stream) \(Self.name(first))"
        case .goAway: return "goaway \(first) \(Self.name(second))"
        case .windowUpdate: return "window \(head.stream) \(first)"
        case .settings: return head.flags.contains(.acknowledgement) ? "settings ack" : "settings"
        case .ping: return head.flags.contains(.acknowledgement) ? "ping ack" : "ping"
        default: return head.type.map { "\($0)" } ?? "unknown"
        }
    }

    private static func name(_ code: UInt32) -> String { HTTP2ErrorCode(rawValue: code).map { "\($0)" } ?? "\(code)" }
}

extension EngineBench {
    /// A connection over which both sides have said their settings.
    func connectHTTP2(
        as peer: AuthenticatedPeer = .anonymous, _ settings: [(UInt16, UInt32)] = [], greets: Bool = true
    ) throws -> FakeHTTP2Client {
        let remote = try SocketAddress(ipAddress: "192.0.2.1", port: 50_000)
        let client = ConnectedClient(IdentifiedClient(peer, nil), at: remote, under: loop.generation, trustChanges: 0)
        let connection = HTTP2Connection(loop: loop, client: client)
        loop.register(connection)
        let fake = FakeHTTP2Client(connection, try Wire(embedded, connection), embedded)
        if greets {
            fake.greets(settings)
            _ = fake.reads()
        }
        return fake
    }
}
