private import Foundation

/// A client's certificate as a front hands it on: PEM with its octets percent-encoded (nginx, Envoy), PEM as it is, DER in base64, one or
/// several between commas (Traefik, Caddy), or DER between colons (RFC 9440).
package enum ShownCertificate {
    /// More is no certificate with the few that are sent beside it.
    package static let limit = 64 << 10
    /// Leaf and intermediates.
    package static let count = 8

    /// The DER of each, leaf first; nil where it is not all of one of these forms, or empty. Whether those are certificates is for others
    /// to say.
    package static func read(_ text: some Collection<UInt8>) -> [[UInt8]]? {
        guard !text.isEmpty, text.count <= limit, let plain = percentDecoded(text) else { return nil }
        let parts =
            plain.starts(with: Array("-----BEGIN ".utf8))
            ? blocks(plain) : plain.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(trimmed)
        guard let parts, (1...count).contains(parts.count) else { return nil }
        var chain: [[UInt8]] = []
        for part in parts {
            // Foundation's reader refuses what is no base64, padding included.
            guard !part.isEmpty, let der = Data(base64Encoded: Data(part)), !der.isEmpty else { return nil }
            chain.append(Array(der))
        }
        return chain
    }

    /// A `+` is a plus: fronts encode all that is not plain.
    private static func percentDecoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        var octets = text.makeIterator()
        while let octet = octets.next() {
            guard octet == UInt8(ascii: "%") else {
                plain.append(octet)
                continue
            }
            guard let high = octets.next().flatMap(digit), let low = octets.next().flatMap(digit) else { return nil }
            plain.append(high << 4 | low)
        }
        return plain
    }

    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// RFC 9440 section 2.1 puts the base64 between colons.
    private static func trimmed(_ part: ArraySlice<UInt8>) -> [UInt8] {
        let part = part.drop { $0 == UInt8(ascii: " ") }
        guard part.count > 2, part.first == UInt8(ascii: ":"), part.last == UInt8(ascii: ":") else { return Array(part) }
        return Array(part.dropFirst().dropLast())
    }

    /// What stands between the lines of each block, without line ends; nil for anything else than blocks of certificates.
    private static func blocks(_ pem: [UInt8]) -> [[UInt8]]? {
        var blocks: [[UInt8]] = []
        var open: [UInt8]?
        for line in pem.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            switch (open, line) {
            case (nil, _) where line.elementsEqual("-----BEGIN CERTIFICATE-----".utf8): open = []
            case (let block?, _) where line.elementsEqual("-----END CERTIFICATE-----".utf8):
                blocks.append(block)
                open = nil
            // nginx's older variable indents what follows.
            case (let block?, _): open = block + line.drop { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
            default: return nil
            }
        }
        return open == nil && !blocks.isEmpty ? blocks : nil
    }
}
