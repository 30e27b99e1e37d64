/// Where a request came from, for the upstream, made from the connection and from nothing a client said of it: `X-Forwarded-*`, and
/// `Forwarded` (RFC 7239).
///
/// Host and port are those the request names, from which an API makes the URLs that it shows to its clients.
package struct ForwardedFields: OptionSet, Equatable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    package static let address = ForwardedFields(rawValue: 1)
    /// `X-Forwarded-Host` and `X-Forwarded-Port`.
    package static let host = ForwardedFields(rawValue: 2)
    /// `Forwarded`.
    package static let standard = ForwardedFields(rawValue: 4)

    /// What of it is the same for all requests of a connection.
    /// - Parameter address: an IP address; empty for none, as on a Unix socket.
    package func writeConnection(_ address: String, to fields: inout [UInt8]) {
        guard contains(.address) else { return }
        fields += Array("X-Forwarded-For: \(address.isEmpty ? "unknown" : address)\r\nX-Forwarded-Proto: https\r\n".utf8)
    }

    /// Whether a request has fields of its own.
    package var areOfRequests: Bool { !isDisjoint(with: [.host, .standard]) }

    /// - Parameters:
    ///   - port: of `address`; nil where it has none.
    ///   - host: as `Host` has it, valid; empty for none.
    package func writeRequest(_ address: String, port: Int?, host: UnsafeRawBufferPointer, to fields: inout [UInt8]) {
        if contains(.host), !host.isEmpty {
            fields += Self.hostOpening
            fields += host
            fields += Self.portOpening
            fields += Self.port(of: host) ?? Self.defaultPort
            fields += Self.lineEnd
        }
        guard contains(.standard) else { return }
        fields += Array("Forwarded: for=\(Self.node(address, port));proto=https".utf8)
        if !host.isEmpty {
            fields += Self.hostParameter
            fields += host
            fields.append(Octet.quote)
        }
        fields += Self.lineEnd
    }

    /// RFC 7239 section 6: an IPv6 address stands in brackets, and whatever has a colon in quotes.
    private static func node(_ address: String, _ port: Int?) -> String {
        guard !address.isEmpty else { return "unknown" }
        let isIPv6 = address.utf8.contains(Octet.colon)
        let node = isIPv6 ? "[\(address)]" : address
        if let port { return "\"\(node):\(port)\"" }
        return isIPv6 ? "\"\(node)\"" : node
    }

    /// The digits behind the last colon that no bracket follows.
    private static func port(of host: UnsafeRawBufferPointer) -> [UInt8]? {
        var digits: [UInt8] = []
        for octet in host.reversed() {
            if octet == Octet.colon { return digits.isEmpty ? nil : digits.reversed() }
            guard Octet.isDigit(octet) else { return nil }
            digits.append(octet)
        }
        return nil
    }

    private static let hostOpening = Array("X-Forwarded-Host: ".utf8)
    private static let portOpening = Array("\r\nX-Forwarded-Port: ".utf8)
    private static let hostParameter = Array(";host=\"".utf8)
    private static let defaultPort = Array("443".utf8)
    private static let lineEnd: [UInt8] = [Octet.cr, Octet.lf]
}
