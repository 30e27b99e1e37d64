/// Ways to spell a path that this client may not ask for.
extension ProbeSubject {
    var pathCases: [ProbeCase] {
        guard let protectedPath, protectedPath.hasPrefix("/"), protectedPath.utf8.count > 1 else { return [] }
        let rest = String(protectedPath.dropFirst())
        let encoded = rest.utf8.first.map { Self.percent($0) + String(rest.dropFirst()) } ?? rest
        let twice = encoded.replacing("%", with: "%25")
        let spellings: [(id: String, title: String, target: String)] = [
            ("plain", "as it is", protectedPath),
            ("query", "with a query", protectedPath + "?x=1"),
            ("slashes", "with //", "/" + protectedPath),
            ("dot", "with /./", "/." + protectedPath),
            ("parent", "with /../", "/\(seed)/.." + protectedPath),
            ("parent_encoded", "with /%2e%2e/", "/\(seed)/%2e%2e" + protectedPath),
            ("parent_slash_encoded", "with ..%2f", "/\(seed)/..%2f" + rest),
            ("parent_parameter", "with /..;/", "/\(seed)/..;" + protectedPath),
            ("letter", "with a letter encoded", "/" + encoded),
            ("letter_twice", "with a letter encoded twice", "/" + twice),
            ("slash_encoded", "with %2f", "/%2f" + rest),
            ("parameter", "with a parameter (;x)", Self.afterFirstSegment(protectedPath, ";x=1")),
            ("backslash", "with \\", "/\\" + rest),
            ("case", "in upper case", protectedPath.uppercased()),
            ("space", "with a space encoded", Self.afterFirstSegment(protectedPath, "%20")),
            ("null", "with a NUL encoded", Self.afterFirstSegment(protectedPath, "%00")),
            ("slash_behind", "with a slash behind it", protectedPath + "/"),
            ("absolute", "in absolute form", "https://\(authority)\(protectedPath)"),
            ("absolute_other", "in absolute form, for another host", "https://\(seed).invalid\(protectedPath)"),
            ("fragment", "with a fragment", protectedPath + "#x"),
        ]
        return spellings.map { ProbeCase("path_\($0.id)", .paths, "\(protectedPath) \($0.title)", .own, request($0.target, token: token), .refused) }
    }

    private static func percent(_ octet: UInt8) -> String { "%" + (octet < 16 ? "0" : "") + String(octet, radix: 16) }

    private static func afterFirstSegment(_ path: String, _ text: String) -> String {
        let end = path.dropFirst().firstIndex(of: "/") ?? path.endIndex
        return path[..<end] + text + path[end...]
    }
}
