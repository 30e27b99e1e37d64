#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The folders beneath which a file is found, now and after its links have been changed, as Kubernetes and tools for certificates do: that of
/// its path, that of the file itself, and those of the links between, where they lead to something beside them.
enum LinkedFolders {
    /// As many as the kernel follows.
    private static let mostLinks = 40

    /// - Parameter target: of a link, as it is written; nil for what is none.
    static func of(_ path: String, target: (String) -> String? = target(of:)) -> Set<String> {
        var folders = [folder(of: path)]
        var rest = components(path)
        var resolved = path.hasPrefix("/") ? "" : "."
        var links = 0
        while let next = rest.popLast() {
            let here = "\(resolved)/\(next)"
            guard links < mostLinks, next != "..", let target = target(here) else {
                resolved = here
                continue
            }
            links += 1
            let parts = components(target)
            if target.hasPrefix("/") {
                resolved = ""
            } else if parts.last != ".." {
                // What it leads to next is beside it as well.
                folders.append(resolved)
            }
            rest += parts
        }
        folders.append(folder(of: resolved))
        // A link in the root would open everything.
        return Set(folders.filter { !$0.isEmpty })
    }

    /// The last stands first.
    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func target(of link: String) -> String? {
        var text = [UInt8](repeating: 0, count: 4096)
        let length = text.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { readlink(link, $0, bytes.count) } ?? -1 }
        return length > 0 ? String(decoding: text.prefix(length), as: UTF8.self) : nil
    }
}
