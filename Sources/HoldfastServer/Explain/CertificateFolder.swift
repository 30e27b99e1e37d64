import Foundation

/// Finds the certificates that lie beside another: a renewed certificate is often kept next to the one it replaced.
enum CertificateFolder {
    private static let limit = 256
    private static let largest = 256 << 10

    static func files(beside path: String) -> [String] {
        let folder = (path as NSString).deletingLastPathComponent
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.sorted().filter { ["pem", "crt", "cer", "der"].contains(($0 as NSString).pathExtension.lowercased()) }
            .prefix(limit).map { folder.isEmpty ? $0 : "\(folder)/\($0)" }.filter { isSmallFile($0) && $0 != path }
    }

    private static func isSmallFile(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath)
        return attributes?[.type] as? FileAttributeType == .typeRegular && (attributes?[.size] as? Int ?? .max) <= largest
    }
}
