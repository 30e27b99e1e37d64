/// An `http` or `https` URL in the strict syntax of RFC 3986, without user information and fragment.
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    /// As it is in the file. Issuers are compared by exactly this.
    package let text: String
    package let isEncrypted: Bool
    /// A name, a dotted quad, or IPv6 without brackets.
    package let host: String
    /// Spelled out, or 443 and 80.
    package let port: Int
    /// Empty, or from the first `/` on, without the query.
    package let path: String
    package let query: String?

    package var description: String { text }
    package var isLoopback: Bool { HostName.isLoopback(host) }

    init(_ text: String) throws(Complaint) {
        guard let colon = text.firstRange(of: "://") else {
            throw Complaint("A URL such as `https://as.example.com` is expected here, not `\(text.shortened)`.")
        }
        switch text[..<colon.lowerBound] {
        case "https": isEncrypted = true
        case "http": isEncrypted = false
        case let scheme: throw Complaint("`\(String(scheme).shortened)://` is not a scheme that is possible here: write `https://`.")
        }
        guard text.utf8.allSatisfy(Self.isURLCharacter) else {
            throw Complaint("The URL holds a character that a URL cannot hold; write it percent-encoded.")
        }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let tail = rest[authority.endIndex...]
        guard !authority.contains("@") else {
            throw Complaint("User names and passwords in URLs are not possible here. Remove the part before `@`.")
        }
        guard !tail.contains("#") else { throw Complaint("A fragment (`#…`) is not possible here. Remove it.") }
        guard let (host, port) = HostName.split(String(authority)), HostName.isIPv6(host) || HostName.isName(host), port != 0,
            // A name of digits only, such as `127.1`, is an IPv4 address to some resolvers and a name to others.
            !Self.looksNumeric(host) || HostName.isIPv4(host)
        else {
            throw Complaint("`\(String(authority).shortened)` is not a host name or IP address with an optional port.")
        }
        self.text = text
        self.host = host
        self.port = port ?? (isEncrypted ? 443 : 80)
        self.path = String(tail.prefix { $0 != "?" })
        self.query = tail.firstIndex(of: "?").map { String(tail[tail.index(after: $0)...]) }
    }

    private static func looksNumeric(_ host: String) -> Bool {
        guard !host.contains(":"), let last = host.split(separator: ".").last else { return false }
        return last.utf8.allSatisfy { (48...57).contains($0) } || last.lowercased().hasPrefix("0x")
    }

    /// RFC 3986 section 2: unreserved, reserved and `%`.
    private static func isURLCharacter(_ octet: UInt8) -> Bool {
        octet > 0x20 && octet < 0x7f && !"\"<>\\^`{|}".utf8.contains(octet)
    }
}

extension WebAddress {
    /// `https`, or `http` where nothing leaves this machine: whoever can change what is fetched there decides who gets in.
    static func trusted(_ node: ConfigurationNode) throws(Complaint) -> WebAddress {
        let address = try WebAddress(try node.text())
        guard address.isEncrypted || address.isLoopback else {
            throw Complaint(
                "`http://` is possible for loopback addresses only, since others on the way could change the answer. Write `https://`.")
        }
        return address
    }

    /// The URL of an issuer, or any other identifier by RFC 8414 section 2: no query either.
    static func identifier(_ node: ConfigurationNode) throws(Complaint) -> WebAddress {
        let address = try trusted(node)
        guard address.query == nil else { throw Complaint("An identifier has no query (`?…`). Remove it.") }
        return address
    }
}
