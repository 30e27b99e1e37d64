import Files

/// A secret in a file of its own: one line of printable ASCII characters (RFC 6749 appendix A, `VSCHAR`), the line's end left out.
package enum SecretFile {
    /// - Parameter kind: what it holds, for the message where it does not.
    package static func read(_ path: String, kind: String) throws(CredentialFault) -> String {
        let content: [UInt8]
        do throws(FileFault) { content = try RegularFile.read(path, limit: 64 << 10) } catch { throw CredentialFault(path, error) }
        var octets = ByteOrderMark.removed(from: content)[...]
        while octets.last == UInt8(ascii: "\n") || octets.last == UInt8(ascii: "\r") { octets.removeLast() }
        // Anything else is another file than was meant.
        guard !octets.isEmpty, octets.count <= 4096, octets.allSatisfy({ 0x20...0x7e ~= $0 }) else {
            throw CredentialFault(path, "does not hold one line of printable ASCII characters; write \(kind) into it and nothing else")
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
