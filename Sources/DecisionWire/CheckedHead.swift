package import NIOCore

/// A request as a front tells of it, written as the head of HTTP/1.1 that it would have been: what judges heads then judges it too.
///
/// Nothing of it can end a line: a value with a control character is none that a front could have received, and the whole is refused.
package struct CheckedHead {
    package private(set) var octets = ByteBuffer()
    /// Something in it was no part of a request.
    package private(set) var isMalformed = false
    /// What the client asks to go on with, where it does; empty where it names nothing.
    package private(set) var upgrade: [UInt8]?

    /// - Parameters:
    ///   - target: as the client sent it, query included.
    ///   - host: empty where the request named none.
    package init(method: some Collection<UInt8>, target: some Collection<UInt8>, host: some Collection<UInt8>) {
        guard !method.isEmpty, !target.isEmpty, Self.isWord(method), Self.isWord(target), Self.isWord(host) else {
            isMalformed = true
            return
        }
        octets.writeBytes(method)
        octets.writeStaticString(" ")
        octets.writeBytes(target)
        octets.writeStaticString(host.isEmpty ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n")
        if !host.isEmpty { add("Host".utf8, host) }
    }

    /// Leaves out what is of one connection alone (RFC 9110 section 7.6.1), `Expect`, and Host, which the head has already.
    package mutating func add(field name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        guard let known = Self.leftOut.first(where: { $0.count == name.count && zip(name, $0).allSatisfy { lowered($0) == $1 } }) else {
            return add(name, value)
        }
        // Of two nobody knows which one counts.
        if known == Self.upgradeName { upgrade = upgrade == nil ? value.map(lowered) : [] }
    }

    private mutating func add(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        guard !name.isEmpty, !isMalformed, Self.isWord(name), !name.contains(UInt8(ascii: ":")), value.allSatisfy(Self.mayStandInValue) else {
            isMalformed = true
            return
        }
        octets.writeBytes(name)
        octets.writeStaticString(": ")
        octets.writeBytes(value)
        octets.writeStaticString("\r\n")
    }

    package mutating func end() { octets.writeStaticString("\r\n") }

    private static func isWord(_ octets: some Collection<UInt8>) -> Bool { octets.allSatisfy { $0 > 0x20 && $0 != 0x7f } }

    private static func mayStandInValue(_ octet: UInt8) -> Bool { octet >= 0x20 && octet != 0x7f || octet == UInt8(ascii: "\t") }

    private static let upgradeName = Array("upgrade".utf8)

    private static let leftOut: [[UInt8]] = [
        "host", "connection", "proxy-connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "http2-settings", "expect",
    ].map { Array($0.utf8) }
}

/// In ASCII.
func lowered(_ octet: UInt8) -> UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet | 0x20 : octet }
