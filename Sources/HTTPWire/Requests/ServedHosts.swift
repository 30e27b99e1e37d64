/// The hosts that are served (RFC 9110 section 7.4): names and addresses without ports.
package struct ServedHosts: Equatable, Sendable {
    private let names: [[UInt8]]

    /// - Parameter names: as a `Host` field has them: IPv6 in brackets; in any case.
    package init(_ names: [String]) { self.names = names.map { Array($0.lowercased().utf8) } }

    /// - Parameter authority: `host[:port]`, valid by ``RequestHead``. Its port is not compared: behind a load balancer it differs
    ///   from ours.
    package func contains(_ authority: UnsafeRawBufferPointer) -> Bool {
        let host = authority[..<Self.endOfHost(authority)]
        return names.contains { name in
            name.count == host.count && zip(name, host).allSatisfy { $0 == Self.lowercased($1) }
        }
    }

    /// A colon inside of brackets is part of an address.
    private static func endOfHost(_ authority: UnsafeRawBufferPointer) -> Int {
        guard let colon = authority.lastIndex(of: Octet.colon) else { return authority.count }
        guard let bracket = authority.lastIndex(of: UInt8(ascii: "]")) else { return colon }
        return bracket < colon ? colon : authority.count
    }

    private static func lowercased(_ octet: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= octet ? octet | 0x20 : octet
    }
}
