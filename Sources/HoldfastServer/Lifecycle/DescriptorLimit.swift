#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How many descriptors this process may have open: what the system says.
package enum DescriptorLimit {
    /// Raises the soft limit to the hard one, which is what an operator sets for a server: the soft one is kept low for programs that use `select`.
    package static func raise() {
        guard var limit = current, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)  // Where it may not be raised, it stays: what is planned with is asked for afterwards.
    }

    /// What `raise` leads to, or has led to.
    package static var reachable: Int { current.map { clamped($0.rlim_max) } ?? 1024 }

    package static var effective: Int { current.map { clamped($0.rlim_cur) } ?? 1024 }

    /// Descriptors that whoever started us left open, the three standard ones included: files, pipes and sockets, but not what a runtime
    /// makes for itself as soon as it is loaded, or a little later.
    package static func countInherited() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 3 }
        defer { closedir(folder) }
        let own = dirfd(folder)
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let descriptor = CInt(name), descriptor != own else { continue }
            if !target(of: "/proc/self/fd/\(name)").hasPrefix("anon_inode:") { count += 1 }
        }
        return count
    }

    private static func target(of link: String) -> String {
        var text = [UInt8](repeating: 0, count: 64)
        let length = text.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { readlink(link, $0, bytes.count) } ?? -1 }
        return String(decoding: text.prefix(max(0, length)), as: UTF8.self)
    }

    private static var current: rlimit? {
        var limit = rlimit()
        return getrlimit(resource, &limit) == 0 ? limit : published
    }

    /// A filter of system calls may refuse the question. The answer stands in a file too: `Max open files   1024   524288   files`.
    private static var published: rlimit? {
        guard let file = fopen("/proc/self/limits", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, CInt(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
            guard words.starts(with: ["Max", "open", "files"]), words.count >= 5 else { continue }
            return rlimit(rlim_cur: rlim_t(words[3]) ?? .max, rlim_max: rlim_t(words[4]) ?? .max)
        }
        return nil
    }

    private static func clamped(_ value: rlim_t) -> Int { Int(min(value, 1 << 30)) }

    #if canImport(Glibc)
    private static var resource: CInt { CInt(RLIMIT_NOFILE.rawValue) }
    #else
    private static var resource: CInt { RLIMIT_NOFILE }
    #endif
}
