import NIOCore

/// A request head as it arrived. Octets are shown as ISO-8859-1, so that none is lost or made equal to another.
struct ReceivedHead: Sendable {
    struct Field: Sendable {
        let name: String
        /// White space around it removed.
        let value: String
    }

    let raw: String
    let method: String
    let target: String
    let version: String
    /// In order. Lines end at each LF, as a lenient reader would have it; `raw` shows how they really do.
    let fields: [Field]
    private let foldedNames: [String]

    init(_ octets: ByteBuffer) {
        raw = octets.latin1
        let lines = octets.readableBytesView.split(separator: UInt8(ascii: "\n")).map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
            .filter { !$0.isEmpty }
        let parts = (lines.first ?? ByteBufferView()).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map(\.latin1)
        method = parts.first ?? ""
        version = parts.count > 2 ? parts[parts.count - 1] : ""
        target = parts.dropFirst().dropLast(parts.count > 2 ? 1 : 0).joined(separator: " ")
        fields = lines.dropFirst().map(Self.field)
        foldedNames = fields.map { $0.name.lowercased() }
    }

    static func field(_ line: ByteBufferView) -> Field {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return Field(name: line.latin1, value: "") }
        return Field(name: line[..<colon].latin1, value: line[(colon + 1)...].trimmingBlanks.latin1)
    }

    /// - Parameter name: in lower case.
    func values(_ name: String) -> [String] {
        foldedNames.indices.filter { foldedNames[$0] == name }.map { fields[$0].value }
    }

    func lists(_ token: String, in name: String) -> Bool {
        values(name).flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }.contains {
            String(Substring($0.trimmingBlanks)).lowercased() == token
        }
    }

    var keepsAlive: Bool { version == "HTTP/1.1" && !lists("close", in: "connection") }
}

extension BidirectionalCollection<UInt8> where SubSequence: BidirectionalCollection<UInt8> {
    /// Without SP and HTAB at either end.
    var trimmingBlanks: SubSequence {
        let rest = drop { $0 == 0x20 || $0 == 0x09 }
        guard let last = rest.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return self[endIndex...] }
        return self[rest.startIndex...last]
    }
}

extension ByteBufferView {
    var latin1: String {
        if allSatisfy({ $0 < 0x80 }) { return String(decoding: self, as: UTF8.self) }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: lazy.map { Unicode.Scalar($0) })
        return String(scalars)
    }
}

extension ByteBuffer {
    var latin1: String { readableBytesView.latin1 }
}
