import BindingPolicy
import Credentials

extension ForwardedCertificate {
    /// One element of Envoy's `X-Forwarded-Client-Cert`, with the keys that Envoy can be told to write. An element that does not fit beside those
    /// before it is left out whole.
    func writeXFCC(to lines: inout CertificateFieldLines) {
        var parts = ["Hash=\(thumbprint.hex)"].map { Array($0.utf8) }
        var size = parts.reduce(0) { $0 + $1.count }
        /// One key's pairs, all or none: a part of the names would be another answer.
        func add(_ pairs: [[UInt8]]?) {
            guard let pairs, case let more = pairs.reduce(0, { $0 + $1.count + 1 }), size + more <= CertificateFieldLines.valueLimit else {
                return lines.leaveOut()
            }
            parts += pairs
            size += more
        }
        add(details.subject.quotable.map { [Self.pair("Subject", $0, quotes: true)] })
        add(Self.pairs("URI", details.alternativeNames?.compactMap { if case .uri(let text) = $0 { text } else { nil } }, always: true))
        add(Self.pairs("DNS", details.alternativeNames?.compactMap { if case .dns(let text) = $0 { text } else { nil } }, always: false))
        add([Self.pair("Cert", CertificateText.escapedPEM(leaf), quotes: true)])
        add([Self.pair("Chain", chain.flatMap { CertificateText.escapedPEM($0) }, quotes: true)])
        lines.put("X-Forwarded-Client-Cert", Array(parts.joined(separator: [UInt8(ascii: ";")])))
    }

    /// - Parameter always: an empty value says that there is none.
    private static func pairs(_ key: String, _ values: [[UInt8]]?, always: Bool) -> [[UInt8]]? {
        guard let values, values.allSatisfy({ $0.allSatisfy(isPlain) }) else { return nil }
        let told = values.isEmpty && always ? [[]] : values
        return told.map { value in pair(key, value, quotes: value.contains { ",;=".utf8.contains($0) }) }
    }

    private static func pair(_ key: String, _ value: [UInt8], quotes: Bool) -> [UInt8] {
        let quote = quotes ? [UInt8(ascii: "\"")] : []
        return Array("\(key)=".utf8) + quote + value + quote
    }

    /// Whether it can stand between quotes, or without them, whatever its reader takes a backslash for.
    private static func isPlain(_ octet: UInt8) -> Bool { 0x21...0x7e ~= octet && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\") }
}
