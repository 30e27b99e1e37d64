package import NIOCore

/// An agent's side of one SPOP connection as a value: what HAProxy sends, and what comes of it. No socket, nothing waits.
package struct SPOPSession: Sendable {
    package enum Event: Equatable {
        /// Octets for HAProxy.
        case send(ByteBuffer)
        /// To be answered by ``answer(to:with:)``.
        case check(Ticket, Result<CheckQuestion, CheckFault>)
        /// The connection is over, after these.
        case close(ByteBuffer)
    }

    /// Which of HAProxy's questions an answer is to.
    package struct Ticket: Hashable, Sendable {
        let stream: UInt64
        let frame: UInt64
    }

    /// Of the specification's own codes.
    private enum Status: UInt64 {
        case normal = 0, timeOut = 2, tooBig = 3, invalid = 4, noVersion = 5, noFrameSize = 6, badVersion = 8, badFrameSize = 9
        case fragmented = 10
    }

    /// What HAProxy offers where nothing is configured is 16,380.
    package static let frameLimit = 64 << 10
    private static let leastFrame = 256
    /// The message by which HAProxy's configuration has to ask.
    package static let message = Array("holdfast".utf8)

    private var isOpen = false
    private var frameSize = Self.frameLimit

    package init() {}

    /// Takes one whole frame off `bytes`.
    /// - Returns: nil where there is none yet.
    package mutating func next(_ bytes: inout ByteBuffer) -> Event? {
        guard let length = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self) else { return nil }
        guard length <= frameSize else { return .close(disconnect(.tooBig)) }
        guard bytes.readableBytes >= SPOPFrame.prefix + Int(length) else { return nil }
        bytes.moveReaderIndex(forwardBy: SPOPFrame.prefix)
        guard let octets = bytes.readSlice(length: Int(length)) else { return nil }
        do throws(SPOPValue.Malformed) {
            guard let frame = try SPOPFrame.read(octets) else { return .send(ByteBuffer()) }
            return try received(frame)
        } catch {
            return .close(disconnect(.invalid))
        }
    }

    private mutating func received(_ frame: SPOPFrame) throws(SPOPValue.Malformed) -> Event {
        // No agent is sent parts of a frame that has not said that it takes them.
        guard frame.isFinal else { return .close(disconnect(.fragmented)) }
        switch (frame.kind, isOpen) {
        case (.haproxyHello, false): return try greet(frame)
        case (.notify, true): return .check(Ticket(stream: frame.stream, frame: frame.frame), try question(frame.payload))
        case (.haproxyDisconnect, _): return .close(disconnect(.normal))
        default: return .close(disconnect(.invalid))
        }
    }

    private mutating func greet(_ frame: SPOPFrame) throws(SPOPValue.Malformed) -> Event {
        var versions: [UInt8]?
        var size: UInt64?
        var isCheckOfHealth = false
        for (name, value) in try SPOPFrame.readPairs(frame.payload) {
            switch value {
            case .octets(let octets) where name.elementsEqual("supported-versions".utf8): versions = octets
            case .number(let number) where name.elementsEqual("max-frame-size".utf8): size = number
            case .bool(let on) where name.elementsEqual("healthcheck".utf8): isCheckOfHealth = on
            default: break
            }
        }
        guard let versions else { return .close(disconnect(.noVersion)) }
        guard let size else { return .close(disconnect(.noFrameSize)) }
        let offered = versions.split(separator: UInt8(ascii: ",")).map { $0.filter { $0 != UInt8(ascii: " ") } }
        guard offered.contains(where: { $0.starts(with: "2.".utf8) }) else { return .close(disconnect(.badVersion)) }
        guard size >= Self.leastFrame else { return .close(disconnect(.badFrameSize)) }
        frameSize = Int(min(size, UInt64(Self.frameLimit)))
        isOpen = true
        let hello = hello()
        return isCheckOfHealth ? .close(hello) : .send(hello)
    }

    private func hello() -> ByteBuffer {
        var payload = ByteBuffer()
        SPOPValue.write("version".utf8, to: &payload)
        SPOPValue.octets(Array("2.0".utf8)).write(to: &payload)
        SPOPValue.write("max-frame-size".utf8, to: &payload)
        SPOPValue.number(UInt64(frameSize)).write(to: &payload)
        SPOPValue.write("capabilities".utf8, to: &payload)
        SPOPValue.octets(Array("pipelining".utf8)).write(to: &payload)
        return framed(SPOPFrame(kind: .agentHello, payload: payload))
    }

    /// Nothing more is taken.
    package func farewell() -> ByteBuffer { disconnect(.normal) }

    private func disconnect(_ status: Status) -> ByteBuffer {
        var payload = ByteBuffer()
        SPOPValue.write("status-code".utf8, to: &payload)
        SPOPValue.number(status.rawValue).write(to: &payload)
        SPOPValue.write("message".utf8, to: &payload)
        SPOPValue.octets(Array("\(status)".utf8)).write(to: &payload)
        return framed(SPOPFrame(kind: .agentDisconnect, payload: payload))
    }

    private func framed(_ frame: SPOPFrame) -> ByteBuffer {
        var out = ByteBuffer()
        frame.write(to: &out)
        return out
    }

    // MARK: Questions

    /// One message `holdfast` with the arguments `method`, `target`, `fields` (`req.hdrs`), and where there are any `certificate`
    /// (`ssl_c_der`) and `address` (`src`).
    private func question(_ payload: ByteBuffer) throws(SPOPValue.Malformed) -> Result<CheckQuestion, CheckFault> {
        var rest = payload
        let message = try SPOPValue.readOctets(&rest)
        guard let count = rest.readInteger(as: UInt8.self) else { throw SPOPValue.Malformed() }
        var arguments: [[UInt8]: SPOPValue] = [:]
        for _ in 0..<count {
            let name = try SPOPValue.readOctets(&rest)
            guard arguments.updateValue(try SPOPValue.read(&rest), forKey: name) == nil else { return .failure(.incomplete) }
        }
        guard message == Self.message, rest.readableBytes == 0 else { return .failure(.malformed) }
        return SPOPQuestion(arguments).read()
    }

    // MARK: Answers

    /// - Parameter variables: HAProxy's, each of the request.
    package func answer(to ticket: Ticket, with variables: [(name: String, value: SPOPValue)]) -> ByteBuffer {
        var payload = ByteBuffer()
        for (name, value) in variables {
            payload.writeInteger(UInt8(1))
            payload.writeInteger(UInt8(3))
            // The transaction's: the answer's rules may read it too.
            payload.writeInteger(UInt8(2))
            SPOPValue.write(name.utf8, to: &payload)
            value.write(to: &payload)
        }
        let whole = framed(SPOPFrame(kind: .acknowledgement, stream: ticket.stream, frame: ticket.frame, payload: payload))
        // One that is too long is none: HAProxy then knows of nothing that was allowed.
        guard whole.readableBytes <= frameSize + SPOPFrame.prefix else {
            return framed(SPOPFrame(kind: .acknowledgement, stream: ticket.stream, frame: ticket.frame))
        }
        return whole
    }
}

/// The arguments of HAProxy's message.
private struct SPOPQuestion {
    private let arguments: [[UInt8]: SPOPValue]

    init(_ arguments: [[UInt8]: SPOPValue]) { self.arguments = arguments }

    func read() -> Result<CheckQuestion, CheckFault> {
        guard let method = octets("method"), let target = octets("target"), let fields = octets("fields") else { return .failure(.incomplete) }
        let lines = fields.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).map {
            $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0
        }
        var named: [(ArraySlice<UInt8>, ArraySlice<UInt8>)] = []
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return .failure(.malformed) }
            let value = line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            named.append((line[..<colon], value))
        }
        let hosts = named.filter { $0.0.map(lowered).elementsEqual("host".utf8) }.map(\.1)
        guard hosts.count <= 1 else { return .failure(.malformed) }
        let host = Array(hosts.first ?? [])
        var head = CheckedHead(method: method, target: target, host: host)
        for (name, value) in named { head.add(field: name, value) }
        head.end()
        guard !head.isMalformed else { return .failure(.malformed) }
        return .success(
            CheckQuestion(
                head: head.octets, host: host, certificate: octets("certificate") ?? [], isDER: true, address: address,
                upgrade: head.upgrade))
    }

    private func octets(_ name: String) -> [UInt8]? {
        if case .octets(let octets)? = arguments[Array(name.utf8)] { octets } else { nil }
    }

    /// As text.
    private var address: [UInt8] {
        guard let octets = octets("address") else { return [] }
        switch octets.count {
        case 4: return Array(octets.map(String.init).joined(separator: ".").utf8)
        case 16:
            return Array(
                stride(from: 0, to: 16, by: 2).map { String(Int(octets[$0]) << 8 | Int(octets[$0 + 1]), radix: 16) }.joined(separator: ":").utf8)
        default: return octets
        }
    }
}
