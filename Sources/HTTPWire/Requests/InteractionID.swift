/// An `x-fapi-interaction-id`: the text of a UUID (RFC 9562 section 4), as it was received (FAPI 1.0 Baseline section 6.2.1).
package struct InteractionID: Equatable, Sendable {
    package static let fieldName = "x-fapi-interaction-id"

    /// 36 octets of ASCII.
    package let octets: [UInt8]

    /// - Parameter text: nil for anything but 8-4-4-4-12 hexadecimal digits, in either case.
    package init?(_ text: UnsafeRawBufferPointer) {
        guard text.count == 36 else { return nil }
        for (position, octet) in text.enumerated() {
            let isValid = Self.hyphens.contains(position) ? octet == Octet.dash : Self.isHexadecimal(octet)
            guard isValid else { return nil }
        }
        octets = [UInt8](text)
    }

    private init(octets: [UInt8]) { self.octets = octets }

    /// A new one, version 4 (section 5.4).
    package static func random(using generator: inout some RandomNumberGenerator) -> InteractionID {
        let high = generator.next() & ~0xf000 | 0x4000
        let low = generator.next() & ~(3 << 62) | 1 << 63
        var octets: [UInt8] = []
        octets.reserveCapacity(36)
        for nibble in 0..<32 {
            if [8, 12, 16, 20].contains(nibble) { octets.append(Octet.dash) }
            octets.append(Octet.hexadecimal((nibble < 16 ? high : low) >> UInt64(60 - nibble % 16 * 4)))
        }
        return InteractionID(octets: octets)
    }

    /// The whole field line.
    package func writeField(to fields: inout [UInt8]) {
        fields.append(contentsOf: Self.fieldOpening)
        fields.append(contentsOf: octets)
        fields.append(Octet.cr)
        fields.append(Octet.lf)
    }

    private static let fieldOpening = Array("\(fieldName): ".utf8)
    private static let hyphens = [8, 13, 18, 23]

    private static func isHexadecimal(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
