/// What is read of a TLS ClientHello (RFC 8446 section 4.1.2) before TLS itself reads it: the protocols that the client offers, and for the
/// log whom it asks for and in what versions.
///
/// Anything that is not what it should be is left to TLS, which refuses it with the right alert.
package struct ClientHello: Sendable {
    /// By ALPN (RFC 7301 section 3.1), octets as sent; nil where the client offers none.
    package let protocols: [[UInt8]]?
    /// The host that it asks for (RFC 6066 section 3): letters, digits, dots, hyphens and underscores, 255 at most; nil where it names none,
    /// or something else.
    package let serverName: String?
    /// By `supported_versions`, else the one that it begins with; such as 0x0304 for TLS 1.3.
    package let versions: [Int]

    /// - Parameter message: one whole handshake message, its header included; nil where it is no ClientHello that can be read.
    package init?(message: UnsafeRawBufferPointer) {
        var rest = OctetCursor(message)
        guard rest.take(1)?.first == 1, let length = rest.number(3), rest.count == length,
            let version = rest.number(2), rest.skip(32),  // legacy_version and random
            rest.vector(lengthOctets: 1) != nil,  // legacy_session_id
            rest.vector(lengthOctets: 2) != nil,  // cipher_suites
            rest.vector(lengthOctets: 1) != nil  // legacy_compression_methods
        else { return nil }
        guard rest.count > 0 else {
            (protocols, serverName, versions) = (nil, nil, [version])
            return
        }
        guard var extensions = rest.vector(lengthOctets: 2) else { return nil }
        var found: [[UInt8]]?
        var host: String?
        var supported: [Int]?
        while extensions.count > 0 {
            guard let type = extensions.number(2), let content = extensions.vector(lengthOctets: 2) else { return nil }
            switch type {
            case Self.alpn:
                guard let names = Self.names(content) else { return nil }
                found = names
            case Self.serverName: host = Self.host(content)
            case Self.supportedVersions: supported = Self.versions(content)
            default: continue
            }
        }
        (protocols, serverName, versions) = (found, host, supported ?? [version])
    }

    private static let serverName = 0
    private static let supportedVersions = 43

    private static func host(_ content: OctetCursor) -> String? {
        var content = content
        guard var list = content.vector(lengthOctets: 2), list.number(1) == 0, let name = list.vector(lengthOctets: 2)?.octets,
            !name.isEmpty, name.count <= 255, name.allSatisfy(isHostOctet)
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isHostOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The first sixteen: more there are not.
    private static func versions(_ content: OctetCursor) -> [Int]? {
        var content = content
        guard var list = content.vector(lengthOctets: 1) else { return nil }
        var versions: [Int] = []
        while versions.count < 16, let version = list.number(2) { versions.append(version) }
        return versions
    }

    /// `application_layer_protocol_negotiation`.
    private static let alpn = 16

    private static func names(_ content: OctetCursor) -> [[UInt8]]? {
        var content = content
        guard var list = content.vector(lengthOctets: 2), content.count == 0, list.count > 0 else { return nil }
        var names: [[UInt8]] = []
        while list.count > 0 {
            guard let name = list.vector(lengthOctets: 1), name.count > 0 else { return nil }
            names.append(name.octets)
        }
        return names
    }
}

/// Reads numbers and vectors of TLS's presentation language (RFC 8446 section 3), never beyond the end.
private struct OctetCursor {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ octets: UnsafeRawBufferPointer) { rest = octets[...] }

    var count: Int { rest.count }
    var octets: [UInt8] { Array(rest) }

    mutating func take(_ count: Int) -> Slice<UnsafeRawBufferPointer>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    /// Big-endian, of at most three octets.
    mutating func number(_ count: Int) -> Int? { take(count).map { $0.reduce(0) { $0 << 8 | Int($1) } } }

    mutating func vector(lengthOctets: Int) -> OctetCursor? {
        guard let length = number(lengthOctets), let content = take(length) else { return nil }
        return OctetCursor(UnsafeRawBufferPointer(rebasing: content))
    }
}
