/// A URL that Holdfast may fetch: `https`, or `http` on a loopback address (RFC 8414 section 2, RFC 9728 section 7.1).
///
/// Stricter than RFC 3986, so that no two parsers can disagree about its host: ASCII only, no user information, no fragment.
package struct FetchURL: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// `scheme://host[:port]`.
    let origin: String
    /// What follows: empty, or from the first slash on. Never has a query where `hasQuery` is false.
    let path: String
    let hasQuery: Bool
    package let isSecure: Bool

    package init?(_ text: String) {
        let secure = text.utf8.starts(with: "https://".utf8)
        guard secure || text.utf8.starts(with: "http://".utf8), text.utf8.count <= 2048 else { return nil }
        let rest = text.utf8.dropFirst(secure ? 8 : 7)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let path = rest[authority.endIndex...]
        guard let host = Self.host(authority), secure || Self.isLoopback(host), path.allSatisfy(Self.isPathOctet) else { return nil }
        description = text
        origin = String(text[..<authority.endIndex])
        self.path = String(path) ?? ""
        hasQuery = path.contains(UInt8(ascii: "?"))
        isSecure = secure
    }

    /// The host of `host[:port]`, or nil where that is not well-formed.
    private static func host(_ authority: Substring.UTF8View) -> String? {
        let end: Substring.UTF8View.Index
        if authority.first == UInt8(ascii: "[") {
            guard let bracket = authority.firstIndex(of: UInt8(ascii: "]")),
                authority[..<bracket].dropFirst().allSatisfy({ $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || isHexDigit($0) })
            else { return nil }
            end = authority.index(after: bracket)
        } else {
            end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
            guard !authority[..<end].isEmpty, authority[..<end].allSatisfy(isNameOctet) else { return nil }
        }
        let port = authority[end...]
        if !port.isEmpty {
            guard port.first == UInt8(ascii: ":"), port.count <= 6, let number = Int(Substring(port.dropFirst())),
                port.dropFirst().allSatisfy(isDigit), 1...65535 ~= number
            else { return nil }
        }
        return String(authority[..<end])
    }

    /// `localhost`, `[::1]`, or four decimal octets from 127.0.0.0/8; no other spelling of the same.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127"
            && octets.allSatisfy { octet in UInt8(octet).map { String($0) == octet } ?? false }
    }

    private static func isDigit(_ octet: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet }

    private static func isLetter(_ octet: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= octet | 0x20 }

    private static func isHexDigit(_ octet: UInt8) -> Bool {
        isDigit(octet) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= octet | 0x20
    }

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        isDigit(octet) || isLetter(octet) || octet == UInt8(ascii: ".") || octet == UInt8(ascii: "-") || octet == UInt8(ascii: "_")
    }

    private static func isPathOctet(_ octet: UInt8) -> Bool {
        0x21...0x7e ~= octet && !"\"#<>\\^`{|}".utf8.contains(octet)
    }
}
