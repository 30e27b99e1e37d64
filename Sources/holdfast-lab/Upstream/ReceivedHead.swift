import NIOCore

/// A request head exactly as it arrived. Octets are shown as ISO-8859-1, so that none is lost or made equal to another.
struct ReceivedHead: Sendable {
    let raw: String
    let method: String
    let target: String
    let version: String
    /// Name and value, in order, white space around the value removed.
    let fields: [[String]]

    init(_ octets: ByteBuffer) {
        raw = octets.latin1
        let lines = raw.unicodeScalars.split(separator: "\r\n".unicodeScalars).map { String($0) }
        let parts = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        method = parts.first ?? ""
        version = parts.count > 2 ? parts[parts.count - 1] : ""
        target = parts.dropFirst().dropLast(parts.count > 2 ? 1 : 0).joined(separator: " ")
        fields = lines.dropFirst().map(Self.field)
    }

    static func field(_ line: String) -> [String] {
        guard let colon = line.firstIndex(of: ":") else { return [line, ""] }
        return [String(line[..<colon]), line[line.index(after: colon)...].trimmingBlanks]
    }

    func values(_ name: String) -> [String] {
        fields.filter { $0[0].lowercased() == name }.map { $0[1] }
    }

    func lists(_ token: String, in name: String) -> Bool {
        values(name).flatMap { $0.split(separator: ",") }.contains { $0.trimmingBlanks.lowercased() == token }
    }

    var keepsAlive: Bool { version == "HTTP/1.1" && !lists("close", in: "connection") }
}

extension ByteBuffer {
    var latin1: String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: readableBytesView.lazy.map { Unicode.Scalar($0) })
        return String(scalars)
    }
}

extension StringProtocol {
    var trimmingBlanks: String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: blank).reversed().drop(while: blank).reversed())
    }
}
