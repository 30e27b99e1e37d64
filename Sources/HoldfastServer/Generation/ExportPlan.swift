import ClientIdentity
import Credentials
import Files
import HTTPWire
import HoldfastConfiguration
import NIOSSL

/// Where spans and metrics go, with what is in the files that it names.
struct ExportPlan: Sendable {
    let otlp: HoldfastConfiguration.OTLP
    /// Empty for the system's.
    let authorities: [NIOSSLCertificate]
    let fields: [(name: String, value: String)]

    /// Nil where a file of it cannot be used; each says so.
    init?(_ otlp: HoldfastConfiguration.OTLP, _ mistakes: inout MistakeCollector) {
        let anchors = otlp.certificateAuthorities.map { mistakes.loadAuthorities($0) }
        let fields = otlp.headersFile.map { file in
            mistakes.loadSecret(file) { () throws(CredentialFault) in try ExportFields.read(file.path) }
        }
        guard anchors.map({ $0 != nil }) ?? true, fields.map({ $0 != nil }) ?? true else { return nil }
        self.otlp = otlp
        authorities = (anchors ?? nil)?.forTLS ?? []
        self.fields = (fields ?? nil) ?? []
    }
}

/// Fields for a collector, such as its key: a line `NAME: VALUE` for each.
enum ExportFields {
    private static let limit = 32
    /// What is said by the export itself, or about the connection.
    private static let taken: Set = [
        "accept", "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent",
    ]

    static func read(_ path: String) throws(CredentialFault) -> [(name: String, value: String)] {
        let content: [UInt8]
        do throws(FileFault) { content = try RegularFile.read(path, limit: 64 << 10) } catch { throw CredentialFault(path, error) }
        var fields: [(name: String, value: String)] = []
        let lines = ByteOrderMark.removed(from: content).split(separator: UInt8(ascii: "\n"))
        for line in lines.map({ $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }) where !line.isEmpty {
            guard let field = field(line) else {
                throw CredentialFault(path, "does not hold a line `NAME: VALUE` of printable ASCII characters for each field")
            }
            guard !taken.contains(field.name.lowercased()) else {
                throw CredentialFault(path, "holds `\(field.name)`, which is not its to say; remove that line")
            }
            fields.append(field)
        }
        guard (1...limit).contains(fields.count) else { throw CredentialFault(path, "holds \(fields.count) fields; 1 to \(limit) are possible") }
        return fields
    }

    private static func field(_ line: ArraySlice<UInt8>) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), line.allSatisfy({ 0x20...0x7e ~= $0 }) else { return nil }
        let blank = UInt8(ascii: " ")
        let name = line[..<colon]
        let value = line[(colon + 1)...].drop { $0 == blank }.reversed().drop { $0 == blank }.reversed()
        let isName = name.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard !name.isEmpty, isName, !value.isEmpty, line.count <= 4096 else { return nil }
        return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
}
