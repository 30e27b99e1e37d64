import Glibc

enum FileContents {
    /// No certificate, key or bundle of authorities comes near to this.
    static let limit = 4 << 20

    static func read(_ path: String) throws(CredentialFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CredentialFault(path, "cannot be opened: \(reason())") }
        defer { close(descriptor) }
        var contents = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw CredentialFault(path, "cannot be read: \(reason())")
            }
            guard count > 0 else { break }
            contents += chunk.prefix(count)
            guard contents.count <= limit else { throw CredentialFault(path, "is larger than \(limit >> 20) MiB") }
        }
        guard !contents.isEmpty else { throw CredentialFault(path, "is empty") }
        return contents
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
