/// Gathers a ClientHello from the records of a connection as they come, in whatever portions; no record is changed or kept from TLS.
package struct ClientHelloReader {
    package enum Progress {
        case incomplete
        case read(ClientHello)
        /// No ClientHello, one that cannot be read, or one larger than is looked at.
        case other
    }

    /// Octets of a message: what BoringSSL takes, and several times what a client with several key shares sends.
    private static let limit = (16 << 10) + 4
    /// Handshake records (RFC 8446 section 5.1).
    private static let handshake: UInt8 = 22
    private static let headerLength = 5

    private var header: [UInt8] = []
    /// Octets of the record at hand that are still to come.
    private var left = 0
    private var message: [UInt8] = []

    package init() {}

    /// - Parameter octets: what came next on the connection.
    package mutating func take(_ octets: UnsafeRawBufferPointer) -> Progress {
        var rest = octets[...]
        while let first = rest.first {
            if left == 0 {
                header.append(first)
                rest = rest.dropFirst()
                guard header[0] == Self.handshake else { return .other }
                guard header.count == Self.headerLength else { continue }
                left = Int(header[3]) << 8 | Int(header[4])
                header.removeAll(keepingCapacity: true)
                guard left > 0 else { return .other }
                continue
            }
            let portion = rest.prefix(left)
            guard message.count + portion.count <= Self.limit else { return .other }
            message.append(contentsOf: portion)
            left -= portion.count
            rest = rest.dropFirst(portion.count)
            if let progress = whole() { return progress }
        }
        return .incomplete
    }

    /// Nil while more of the message is to come.
    private func whole() -> Progress? {
        guard message.count >= 4 else { return nil }
        let length = 4 + (Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3]))
        guard message[0] == 1, length <= Self.limit else { return .other }
        guard message.count >= length else { return nil }
        let hello = message.withUnsafeBytes { ClientHello(message: UnsafeRawBufferPointer(rebasing: $0.prefix(length))) }
        return hello.map { .read($0) } ?? .other
    }
}
