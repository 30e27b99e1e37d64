import NIOCore

/// One frame of SPOP (HAProxy's SPOE specification, section 3.2).
struct SPOPFrame: Equatable {
    enum Kind: UInt8 {
        case haproxyHello = 1, haproxyDisconnect = 2, notify = 3
        case agentHello = 101, agentDisconnect = 102, acknowledgement = 103
    }

    var kind: Kind
    var isFinal = true
    var stream: UInt64 = 0
    var frame: UInt64 = 0
    var payload = ByteBuffer()

    /// Octets that tell a frame's length.
    static let prefix = 4

    /// - Parameter octets: of one frame, behind its length.
    /// - Returns: nil for a kind that an agent is not sent.
    static func read(_ octets: ByteBuffer) throws(SPOPValue.Malformed) -> SPOPFrame? {
        var octets = octets
        guard let type = octets.readInteger(as: UInt8.self), let flags = octets.readInteger(as: UInt32.self) else { throw SPOPValue.Malformed() }
        let stream = try SPOPValue.readNumber(&octets)
        let frame = try SPOPValue.readNumber(&octets)
        guard let kind = Kind(rawValue: type), kind.rawValue < Kind.agentHello.rawValue else { return nil }
        return SPOPFrame(kind: kind, isFinal: flags & 1 != 0, stream: stream, frame: frame, payload: octets)
    }

    func write(to out: inout ByteBuffer) {
        let start = out.writerIndex
        out.writeInteger(UInt32(0))
        out.writeInteger(kind.rawValue)
        out.writeInteger(UInt32(1))
        SPOPValue.write(stream, to: &out)
        SPOPValue.write(frame, to: &out)
        out.writeImmutableBuffer(payload)
        out.setInteger(UInt32(truncatingIfNeeded: out.writerIndex - start - Self.prefix), at: start)
    }

    /// A name and a value, one after the other to the end.
    static func readPairs(_ payload: ByteBuffer) throws(SPOPValue.Malformed) -> [(name: [UInt8], value: SPOPValue)] {
        var rest = payload
        var pairs: [(name: [UInt8], value: SPOPValue)] = []
        while rest.readableBytes > 0 { pairs.append((try SPOPValue.readOctets(&rest), try SPOPValue.read(&rest))) }
        return pairs
    }
}
