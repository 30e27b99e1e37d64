import Crypto
import Files
import HoldfastConfiguration

/// The SHA-256 of texts and files, each with its length before it, so that no two lists of them have the same octets.
struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
    private let octets: [UInt8]

    /// - Parameters:
    ///   - text: before the files.
    ///   - files: one that cannot be read counts as none: whoever loads it says so.
    init(of text: String = "", _ files: [LocatedPath]) {
        var hash = SHA256()
        Self.add(Array(text.utf8), to: &hash)
        for file in files {
            guard let content = try? RegularFile.read(file.path, limit: RegularFile.greatestLimit) else {
                hash.update(data: [0])
                continue
            }
            Self.add(content, to: &hash)
        }
        octets = Array(hash.finalize())
    }

    init(of files: [LocatedPath]) { self.init(of: "", files) }

    private static func add(_ content: [UInt8], to hash: inout SHA256) {
        hash.update(data: [1])
        withUnsafeBytes(of: UInt64(content.count).bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: content)
    }

    /// The first 12 hexadecimal digits: for people, who compare it with another.
    var description: String {
        octets.prefix(6).map { octet in
            let digits = String(octet, radix: 16)
            return digits.utf8.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
