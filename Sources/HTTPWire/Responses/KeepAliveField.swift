package import NIOCore

extension ResponseHead {
    /// How long the upstream says that it keeps the connection, in seconds: `Keep-Alive: timeout=5, max=100` (RFC 2068 section 19.7.1.1, and
    /// what servers still send). Nil where it says nothing that can be understood.
    ///
    /// - Parameter octets: those this head was parsed from.
    package borrowing func keepAlive(_ octets: ByteBuffer) -> Int64? {
        octets.withUnsafeReadableBytes { octets in
            for index in 0..<fieldCount {
                guard let field = field(index), field.role == .hopByHop, field.name.count == Self.name.count,
                    Self.isAlike(UnsafeRawBufferPointer(rebasing: octets[field.name]), Self.name)
                else { continue }
                return Self.timeout(UnsafeRawBufferPointer(rebasing: octets[field.value]))
            }
            return nil
        }
    }

    private static let name = Array("keep-alive".utf8)
    private static let parameter = Array("timeout=".utf8)
    /// More is as good as for ever.
    private static let longest: Int64 = 86400

    private static func timeout(_ value: UnsafeRawBufferPointer) -> Int64? {
        for part in value.split(whereSeparator: { $0 == 0x2c || $0 == 0x20 || $0 == 0x09 }) where part.count > parameter.count {
            guard isAlike(part.prefix(parameter.count), parameter) else { continue }
            let digits = part.dropFirst(parameter.count)
            guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return digits.reduce(0) { min(longest, $0 * 10 + Int64($1 - 0x30)) }
        }
        return nil
    }

    private static func isAlike(_ octets: some Collection<UInt8>, _ lowercased: [UInt8]) -> Bool {
        octets.elementsEqual(lowercased) { ($0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0) == $1 }
    }
}
