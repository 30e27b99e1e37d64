#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An `http` or `https` URL (RFC 9110 section 4.2), parsed once: whoever needs a part of it takes it from here, and nobody reads the
/// text again.
///
/// Stricter than RFC 3986, so that no two parsers can disagree about the host: ASCII only, no user information, no fragment, no
/// percent-encoding in the host, no number that some resolvers take for an IPv4 address and others for a name.
package struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    package enum Fault: Error, Equatable, Sendable {
        /// No `://` in it.
        case noURL
        case scheme(String)
        /// An octet that no URL has, or a `%` without two hexadecimal digits behind it.
        case character
        case userInformation
        case fragment
        case authority(String)
        case tooLong
    }

    /// Octets.
    package static let maximumLength = 2048

    /// As it was written: identifiers are compared by exactly this (RFC 8414 section 3.3).
    package let text: String
    package let isSecure: Bool
    /// In lower case: a name, a dotted quad, or IPv6 without brackets.
    package let host: String
    /// Spelled out, or 443 and 80.
    package let port: Int
    /// Empty, or from the first `/` on, without the query.
    package let path: String
    /// Without its `?`; nil where there is none.
    package let query: String?
    private let hasPort: Bool

    package var description: String { text }

    /// `scheme://host[:port]`, scheme and host in lower case (RFC 3986 section 6.2.2.1); a port that was spelled out stays.
    package var origin: String {
        (isSecure ? "https://" : "http://") + (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host) + (hasPort ? ":\(port)" : "")
    }

    /// What is asked of a server: the same resource, scheme and host in lower case.
    package var request: String { origin + path + (query.map { "?" + $0 } ?? "") }

    /// For logs and whoever may see them: the query, which may hold a secret, is only hinted at.
    package var shown: String { origin + path + (query == nil ? "" : "?...") }

    /// Whether nothing that is sent there leaves this machine. A name other than `localhost` never counts, whatever it resolves to.
    package var isLoopback: Bool { Self.isLoopback(host) }

    /// Whether nobody on the way can change what comes from there.
    package var isTrustworthy: Bool { isSecure || isLoopback }

    package init(_ text: String) throws(Fault) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        let octets = Array(text.utf8)
        guard let colon = octets.firstIndex(of: UInt8(ascii: ":")), octets[colon...].starts(with: "://".utf8) else { throw .noURL }
        switch String(decoding: octets[..<colon], as: UTF8.self).lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        case let other: throw .scheme(other)
        }
        let rest = octets[(colon + 3)...]
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let tail = rest[authority.endIndex...]
        guard rest.allSatisfy({ 0x21...0x7e ~= $0 && !"\"<>\\^`{|}".utf8.contains($0) }) else { throw .character }
        guard !authority.contains(UInt8(ascii: "@")) else { throw .userInformation }
        guard !tail.contains(UInt8(ascii: "#")) else { throw .fragment }
        guard Self.isWellEncoded(tail) else { throw .character }
        guard let (host, port) = Self.split(authority) else { throw .authority(String(decoding: authority, as: UTF8.self)) }
        self.text = text
        self.host = host
        hasPort = port != nil
        self.port = port ?? (isSecure ? 443 : 80)
        let path = tail.prefix { $0 != UInt8(ascii: "?") }
        self.path = String(decoding: path, as: UTF8.self)
        query = path.endIndex == tail.endIndex ? nil : String(decoding: tail[(path.endIndex + 1)...], as: UTF8.self)
    }

    // MARK: Path and query

    /// RFC 3986 section 3.3 and 3.4: brackets belong to IPv6 addresses alone, and `%` begins an encoded octet.
    private static func isWellEncoded(_ tail: ArraySlice<UInt8>) -> Bool {
        guard !tail.contains(UInt8(ascii: "[")), !tail.contains(UInt8(ascii: "]")) else { return false }
        return tail.indices.allSatisfy { index in
            tail[index] != UInt8(ascii: "%") || tail[index...].dropFirst().prefix(2).count { isHexDigit($0) } == 2
        }
    }

    // MARK: Host and port

    /// The parts of `host[:port]`; nil where either is not well-formed.
    private static func split(_ authority: ArraySlice<UInt8>) -> (host: String, port: Int?)? {
        let host: String
        let rest: ArraySlice<UInt8>
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = String(decoding: authority[..<end].dropFirst(), as: UTF8.self).lowercased()
            rest = authority[end...].dropFirst()
            guard isIPv6(host) else { return nil }
        } else {
            let name = authority.prefix { $0 != UInt8(ascii: ":") }
            host = String(decoding: name, as: UTF8.self).lowercased()
            rest = authority[name.endIndex...]
            guard isName(name), !looksNumeric(host) || isIPv4(host) else { return nil }
        }
        guard !rest.isEmpty else { return (host, nil) }
        let digits = rest.dropFirst()
        guard rest.first == UInt8(ascii: ":"), 1...5 ~= digits.count, digits.allSatisfy(isDigit),
            let port = Int(String(decoding: digits, as: UTF8.self)), 1...65535 ~= port
        else { return nil }
        return (host, port)
    }

    /// Labels of letters, digits and hyphens (RFC 1123 section 2.1), and `_`, which container networks put into names.
    private static func isName(_ host: ArraySlice<UInt8>) -> Bool {
        guard 1...253 ~= host.count else { return false }
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            1...63 ~= label.count && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
    }

    /// A name whose last label is a number, such as `127.1`, is an IPv4 address to some resolvers and a name to others.
    private static func looksNumeric(_ host: String) -> Bool {
        guard let last = host.split(separator: ".").last else { return false }
        return last.utf8.allSatisfy(isDigit) || last.hasPrefix("0x")
    }

    private static func isIPv4(_ host: String) -> Bool { octets(host, AF_INET, count: 4) != nil }
    private static func isIPv6(_ host: String) -> Bool { octets(host, AF_INET6, count: 16) != nil }

    /// Without C's structures, whose module is another one in a clean build.
    private static func octets(_ host: String, _ family: CInt, count: Int) -> [UInt8]? {
        var octets = [UInt8](repeating: 0, count: count)
        let isAddress = octets.withUnsafeMutableBytes { inet_pton(family, host, $0.baseAddress) == 1 }
        return isAddress ? octets : nil
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || isIPv4(host) && host.hasPrefix("127.") { return true }
        guard let address = octets(host, AF_INET6, count: 16) else { return false }
        return address.dropLast().allSatisfy { $0 == 0 } && address.last == 1
    }

    private static func isDigit(_ octet: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet }

    private static func isLetter(_ octet: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= octet | 0x20 }

    private static func isHexDigit(_ octet: UInt8) -> Bool { isDigit(octet) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= octet | 0x20 }
}
