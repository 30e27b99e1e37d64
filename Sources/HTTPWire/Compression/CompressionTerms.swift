/// Which of an upstream's answers are compressed, and how.
package struct CompressionTerms: Hashable, Sendable {
    /// A media type, or all of one type: `text/*`.
    package struct MediaType: Hashable, Sendable {
        /// In lower case, with the slash, and for all of a type nothing behind it.
        fileprivate let octets: [UInt8]

        /// Nil for what is none. All types there are is no choice: most of them hold what is compressed already.
        package init?(_ text: String) {
            let parts = text.utf8.split(separator: Octet.slash, omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Octet.isToken) }) else { return nil }
            let isWild = parts[1].elementsEqual([Octet.asterisk])
            guard !parts[0].contains(Octet.asterisk), isWild || !parts[1].contains(Octet.asterisk) else { return nil }
            octets = Array((parts[0] + [Octet.slash] + (isWild ? [] : Array(parts[1]))).map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 })
        }

        /// As it is written in a configuration.
        package var text: String { String(decoding: octets, as: UTF8.self) + (isWild ? "*" : "") }
        package var isGRPC: Bool { octets.starts(with: CompressionTerms.grpc) }

        fileprivate var isWild: Bool { octets.last == Octet.slash }

        fileprivate func covers(_ type: [UInt8]) -> Bool {
            guard isWild else { return type == octets }
            // Events last for hours, and each of those holds a place among what is compressed: only who names them has that.
            return type.starts(with: octets) && type != Self.events
        }

        private static let events = Array("text/event-stream".utf8)
    }

    package var types: [MediaType]
    /// Octets below which an answer of a known length is left alone.
    package var minimum: Int
    /// 1 to 9.
    package var level: Int32

    package init(types: [MediaType], minimum: Int, level: Int32) {
        self.types = types
        self.minimum = minimum
        self.level = level
    }

    /// - Parameter value: of `Content-Type`. gRPC compresses by itself, message by message, and reads no other coding.
    func cover(_ value: UnsafeRawBufferPointer) -> Bool {
        var type = value.prefix { $0 != Octet.semicolon }.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        while let last = type.last, Octet.isBlank(last) { type.removeLast() }
        return !type.starts(with: Self.grpc) && types.contains { $0.covers(type) }
    }

    fileprivate static let grpc = Array("application/grpc".utf8)
}
