import HTTPWire
import NIOCore

/// Frames as octets, and what a server's state says of each, as text: so that a rule and its violation are a line each.
struct HTTP2Script {
    private(set) var state: HTTP2ConnectionState
    private var reader = HTTP2FrameReader()
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// - Parameter greeted: the preface, the client's SETTINGS and its acknowledgement of ours have come.
    init(_ limits: HTTP2Limits = HTTP2Limits(), greeted: Bool = true) {
        state = HTTP2ConnectionState(limits, head: 48 << 10)
        if greeted { _ = feed(HTTP2FrameReader.preface + Frame.settings() + Frame.acknowledgement) }
    }

    /// - Returns: what became of each frame.
    mutating func feed(_ octets: [UInt8]) -> [String] {
        var bytes = ByteBuffer(bytes: octets)
        var told: [String] = []
        while true {
            switch reader.next(&bytes) {
            case .incomplete: return told
            case .fault(let fault): return told + ["fault \(fault.rawValue)"]
            case .preface: told.append("preface")
            case .frame(let head, let payload): told.append(Self.text(state.received(head, payload, at: now)))
            case .data(let part): told.append(Self.text(state.received(part, at: now)))
            }
            if told.last?.hasPrefix("fault") == true { return told }
        }
    }

    mutating func feed(_ octets: [UInt8]...) -> String { feed(octets.flatMap { $0 }).joined(separator: ", ") }

    mutating func change<Result>(_ body: (inout HTTP2ConnectionState) -> Result) -> Result { body(&state) }

    private static func text(_ event: HTTP2ConnectionState.OnFrame) -> String {
        switch event {
        case .nothing: "nothing"
        case .settings: "settings"
        case .ping(let data): "ping \(data)"
        case .departureHeard: "departure heard"
        case .block(let block, let stream, let octets, let endsStream):
            "\(text(block)) \(stream) '\(String(buffer: octets))'\(endsStream ? " end" : "")"
        case .reset(let stream): "reset \(stream)"
        case .windowMoved(let stream): "window \(stream)"
        case .goAway: "goaway"
        case .streamError(let stream, let code): "stream \(stream) \(code)"
        case .fault(let fault): "fault \(fault.rawValue)"
        }
    }

    private static func text(_ block: HTTP2ConnectionState.Block) -> String {
        if case .misplaced(let code) = block { "misplaced(\(code))" } else { "\(block)" }
    }

    private static func text(_ event: HTTP2ConnectionState.OnData) -> String {
        switch event {
        case .deliver: "deliver"
        case .ignore: "ignore"
        case .discarded: "discarded"
        case .unwanted: "unwanted"
        case .malformed: "malformed"
        case .streamError(let code): "stream \(code)"
        case .fault(let fault): "fault \(fault.rawValue)"
        }
    }
}

/// A frame's octets, good ones and bad ones.
enum Frame {
    static func raw(_ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = [], length: Int? = nil) -> [UInt8] {
        let length = length ?? payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags] + octets(stream) + payload
    }

    static func octets(_ number: UInt32) -> [UInt8] { (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) } }

    static func headers(_ stream: UInt32, _ block: String = "h", ends: Bool = true, whole: Bool = true) -> [UInt8] {
        raw(1, (ends ? 1 : 0) | (whole ? 4 : 0), stream, Array(block.utf8))
    }

    static func continuation(_ stream: UInt32, _ block: String = "c", whole: Bool = true) -> [UInt8] {
        raw(9, whole ? 4 : 0, stream, Array(block.utf8))
    }

    static func data(_ stream: UInt32, _ count: Int, ends: Bool = false) -> [UInt8] {
        raw(0, ends ? 1 : 0, stream, [UInt8](repeating: 0x61, count: count))
    }

    static func settings(_ settings: (UInt16, UInt32)...) -> [UInt8] {
        raw(4, 0, 0, settings.flatMap { [UInt8(truncatingIfNeeded: $0.0 >> 8), UInt8(truncatingIfNeeded: $0.0)] + octets($0.1) })
    }

    static let acknowledgement = raw(4, 1)
    static func ping(_ number: UInt8 = 7) -> [UInt8] { raw(6, 0, 0, [0, 0, 0, 0, 0, 0, 0, number]) }
    static func window(_ stream: UInt32, _ increment: UInt32) -> [UInt8] { raw(8, 0, stream, octets(increment)) }
    static func reset(_ stream: UInt32) -> [UInt8] { raw(3, 0, stream, octets(8)) }
    static func priority(_ stream: UInt32) -> [UInt8] { raw(2, 0, stream, octets(0) + [15]) }
}
