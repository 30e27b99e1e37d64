internal import Foundation

/// An IP address and a TCP port to listen on.
package struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// Dotted quad, or IPv6 without brackets.
    package let host: String
    /// 0 for any free port.
    package let port: Int

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package var isLoopback: Bool { HostName.isLoopback(host) }

    init(_ node: ConfigurationNode) throws(Complaint) {
        let text = try node.text()
        let example = "An IP address and a port are expected here, such as `0.0.0.0:8443`, `127.0.0.1:9901` or `\"[::]:8443\"`"
        guard let (host, port) = HostName.split(text), let port, HostName.isIPv4(host) || HostName.isIPv6(host) else {
            throw Complaint("\(example), not `\(text.shortened)`.")
        }
        self.host = host
        self.port = port
    }
}

/// An IPv6 address whose brackets YAML takes for a list, since no quotes stand around it.
enum UnquotedAddress {
    static let message = "To YAML, `[` begins a list. An IPv6 address with its brackets stands in quotes: `\"[::]:8443\"`."

    /// Where it begins in a line, counted from 1 in scalars; nil where there is none.
    static func column(in line: String) -> Int? {
        let scalars = Array(line.unicodeScalars)
        for start in scalars.indices where scalars[start] == "[" {
            // What follows a quote is quoted.
            guard start == 0 || !["\"", "'"].contains(scalars[start - 1]) else { continue }
            let inside = scalars[(start + 1)...].prefix { $0 == ":" || $0 == "." || $0 == "%" || ($0.isASCII && $0.properties.isASCIIHexDigit) }
            if inside.count(where: { $0 == ":" }) >= 2, scalars[inside.endIndex...].first == "]" { return start + 1 }
        }
        return nil
    }
}

/// The host part of addresses and URLs.
enum HostName {
    /// `host`, `host:port` and `[IPv6]:port`, brackets taken off; nil where the form is broken or the port is over 65535.
    static func split(_ text: String) -> (host: String, port: Int?)? {
        let host: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard isIPv6(String(host)) else { return nil }
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
        }
        guard !host.isEmpty else { return nil }
        guard !rest.isEmpty else { return (String(host), nil) }
        let digits = rest.dropFirst()
        guard rest.first == ":", (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = Int(digits), port <= 65535
        else { return nil }
        return (String(host), port)
    }

    static func isIPv4(_ host: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1
    }

    static func isIPv6(_ host: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, host, &address) == 1
    }

    /// Labels of letters, digits and hyphens (RFC 1123 section 2.1), and `_`, which container networks put into names.
    static func isName(_ host: String) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { octet in
                    (97...122).contains(octet | 0x20) || (48...57).contains(octet) || octet == UInt8(ascii: "-")
                        || octet == UInt8(ascii: "_")
                }
        }
    }

    /// Whether nothing sent there leaves this machine. A name other than `localhost` never counts, whatever it resolves to.
    static func isLoopback(_ host: String) -> Bool {
        host.lowercased() == "localhost" || host == "::1" || isIPv4(host) && host.hasPrefix("127.")
    }
}
