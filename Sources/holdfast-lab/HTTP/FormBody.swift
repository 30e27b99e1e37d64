import Foundation
import NIOCore

/// `application/x-www-form-urlencoded` parameters, each at most once (RFC 6749 section 3.2).
struct FormBody: Sendable {
    private let values: [String: String]

    /// Nil where a parameter is repeated or not decodable.
    init?(_ text: String) {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count > 1 ? parts[1] : ""), values[name] == nil
            else { return nil }
            values[name] = value
        }
        self.values = values
    }

    /// Empty values count as left out.
    subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Nil where it is not decodable.
    static func decode(_ text: Substring) -> String? {
        text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }
}
