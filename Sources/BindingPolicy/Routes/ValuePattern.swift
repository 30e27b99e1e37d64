/// What a value of a certificate must be, octet by octet.
package enum ValuePattern: Equatable, Sendable {
    /// Nothing else than this.
    case exactly([UInt8])
    /// Begins with this: written with a `*` at its end.
    case beginning([UInt8])
    /// A host's name in lower case, whatever the case of the value.
    case host([UInt8])
    /// One label and then this, which begins with its dot: written `*.example.com`.
    case labelBelow([UInt8])

    func matches(_ value: [UInt8]) -> Bool {
        switch self {
        case .exactly(let octets): return value == octets
        case .beginning(let octets): return value.starts(with: octets)
        case .host(let name): return Self.hostName(value) == name
        case .labelBelow(let name):
            guard let host = Self.hostName(value), let dot = host.firstIndex(of: UInt8(ascii: ".")), dot > 0 else { return false }
            return host[dot...].elementsEqual(name)
        }
    }

    /// Whether every value that matches this one matches `other`.
    func implies(_ other: ValuePattern) -> Bool {
        switch (self, other) {
        case (.exactly(let value), _), (.host(let value), .host), (.host(let value), .labelBelow): other.matches(value)
        case (.beginning(let mine), .beginning(let theirs)): mine.starts(with: theirs)
        default: self == other
        }
    }

    /// In lower case; nil where it is no name of one host: a wildcard is none.
    package static func hostName(_ octets: [UInt8]) -> [UInt8]? {
        var name: [UInt8] = []
        name.reserveCapacity(octets.count)
        for octet in octets {
            switch octet {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): name.append(octet | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                name.append(octet)
            default: return nil
            }
        }
        return name.isEmpty ? nil : name
    }
}

extension ValuePattern: CustomStringConvertible {
    /// As it is written in the configuration.
    package var description: String {
        switch self {
        case .exactly(let octets), .host(let octets): String(decoding: octets, as: UTF8.self)
        case .beginning(let octets): String(decoding: octets, as: UTF8.self) + "*"
        case .labelBelow(let octets): "*" + String(decoding: octets, as: UTF8.self)
        }
    }
}
