/// The hosts that are served (RFC 9110 section 7.4): names and addresses without ports.
package struct ServedHosts: Equatable, Sendable {
    /// How well a host is among them: one that is named comes before one that a `*` stands for, whoever's it is.
    package enum Fit: Comparable, Sendable { case byWildcard, byName }

    private let names: [[UInt8]]
    /// What follows the `*`: `.example.com`.
    private let parents: [[UInt8]]

    /// - Parameter names: as a `Host` field has them: IPv6 in brackets; in any case. `*.` at the beginning stands for one label.
    package init(_ names: [String]) {
        self.names = names.filter { !$0.hasPrefix("*.") }.map { Array($0.lowercased().utf8) }
        parents = names.filter { $0.hasPrefix("*.") }.map { Array($0.dropFirst().lowercased().utf8) }
    }

    /// The first of those whom a host fits best; nil where it fits none.
    package static func best(_ all: [ServedHosts], for authority: UnsafeRawBufferPointer) -> Int? {
        var best: (index: Int, fit: Fit)?
        for (index, hosts) in all.enumerated() {
            guard let fit = hosts.fit(authority), best.map({ $0.fit < fit }) ?? true else { continue }
            if fit == .byName { return index }
            best = (index, fit)
        }
        return best?.index
    }

    /// - Parameter authority: `host[:port]`, valid by ``RequestHead``. Its port is not compared: behind a load balancer it differs
    ///   from ours.
    package func contains(_ authority: UnsafeRawBufferPointer) -> Bool { fit(authority) != nil }

    private func fit(_ authority: UnsafeRawBufferPointer) -> Fit? {
        let host = authority[..<Self.endOfHost(authority)]
        if names.contains(where: { Self.isSame($0, host) }) { return .byName }
        guard !parents.isEmpty, let dot = host.firstIndex(of: UInt8(ascii: ".")), dot > host.startIndex else { return nil }
        return parents.contains { Self.isSame($0, host[dot...]) } ? .byWildcard : nil
    }

    private static func isSame(_ name: [UInt8], _ host: Slice<UnsafeRawBufferPointer>) -> Bool {
        name.count == host.count && zip(name, host).allSatisfy { $0 == lowercased($1) }
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
