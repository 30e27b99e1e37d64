/// The three octets that some editors put before UTF-8 text. They are no part of it (RFC 8259 section 8.1, YAML 1.2 section 5.2).
package enum ByteOrderMark {
    package static func removed(from text: [UInt8]) -> [UInt8] {
        text.starts(with: [0xef, 0xbb, 0xbf]) ? Array(text.dropFirst(3)) : text
    }

    /// Whether text begins as UTF-16 does, which is not read here.
    package static func isUTF16(_ text: [UInt8]) -> Bool { text.starts(with: [0xff, 0xfe]) || text.starts(with: [0xfe, 0xff]) }
}
