import HTTPWire
import NIOCore
import NIOHPACK

/// swift-nio-http2's reading of a connection's blocks.
struct NIOBlocks {
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator(), maxDynamicTableSize: 4096, maxHeaderListSize: 1 << 24)

    enum Outcome {
        case fields([(name: String, value: String)])
        /// Decodable, but nothing that it would give to anybody: a name of no octets, or a text that is not UTF-8.
        case unwanted
        /// No such entry to it, which counts a text that is not UTF-8 by what it makes of it, and so may have put others out of its table.
        case unindexed
        case undecodable(String)
    }

    /// What later blocks mean is known only behind fields.
    mutating func read(_ block: [UInt8]) -> Outcome {
        var buffer = ByteBuffer(bytes: block)
        do {
            return .fields(try decoder.decodeHeaders(from: &buffer).map { ($0.name, $0.value) })
        } catch is NIOHPACKErrors.EmptyLiteralHeaderFieldName {
            return .unwanted
        } catch is HuffmanDecodeError.InvalidUTF8 {
            return .unwanted
        } catch is NIOHPACKErrors.InvalidHeaderIndex {
            return .unindexed
        } catch {
            return .undecodable("\(error)")
        }
    }
}

/// A request by the rules of RFC 9113 section 8, written down once more: as slowly and plainly as can be.
enum ReferenceRequest {
    private static let token = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let ofConnections: Set = ["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]

    /// HTTP/1.1's form of it; nil where it is none.
    static func head(
        _ fields: [(name: String, value: String)], endsStream: Bool, limits: WireLimits, isHost: (String) -> Bool
    ) -> String? {
        let pseudo = Array(fields.prefix { $0.name.hasPrefix(":") })
        let rest = fields.dropFirst(pseudo.count)
        guard let line = line(pseudo, limits, isHost), let lines = lines(rest, authority: line.authority) else { return nil }
        let lengths = rest.filter { $0.name == "content-length" }
        guard lengths.count <= 1, lengths.allSatisfy({ isNumber($0.value) }) else { return nil }
        if endsStream, let length = lengths.first, length.value.contains(where: { $0 != "0" }) { return nil }
        let isFramed = endsStream || !lengths.isEmpty || line.isConnect
        return line.text + lines + (isFramed ? "" : "transfer-encoding: chunked\r\n") + "\r\n"
    }

    private static func line(
        _ pseudo: [(name: String, value: String)], _ limits: WireLimits, _ isHost: (String) -> Bool
    ) -> (text: String, authority: String?, isConnect: Bool)? {
        var known: [String: String] = [:]
        for (name, value) in pseudo { guard known.updateValue(value, forKey: name) == nil else { return nil } }
        guard known.keys.allSatisfy([":method", ":scheme", ":path", ":authority"].contains) else { return nil }
        guard let method = known[":method"], !method.isEmpty, method.utf8.allSatisfy(token.contains), method.utf8.count <= limits.method else {
            return nil
        }
        let authority = known[":authority"]
        if let authority { guard isHost(authority), authority.utf8.count <= 512 else { return nil } }
        let host = authority.map { "host: \($0)\r\n" } ?? ""
        if method == "CONNECT" {
            guard let authority, known.count == 2 else { return nil }
            return ("CONNECT \(authority) HTTP/1.1\r\n\(host)", authority, true)
        }
        guard known[":scheme"]?.lowercased() == "https", let path = known[":path"], path.utf8.count <= limits.target else { return nil }
        let isPath = path.hasPrefix("/") && path.utf8.allSatisfy { 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "#") }
        guard isPath || (path == "*" && method == "OPTIONS") else { return nil }
        return ("\(method) \(path) HTTP/1.1\r\n\(host)", authority, false)
    }

    private static func lines(_ fields: ArraySlice<(name: String, value: String)>, authority: String?) -> String? {
        guard fields.allSatisfy({ isValid($0.name, $0.value) }) else { return nil }
        let hosts = fields.filter { $0.name == "host" }
        guard hosts.count <= 1, authority != nil || hosts.count == 1 else { return nil }
        if let authority, let host = hosts.first { guard withoutPort(authority) == withoutPort(host.value) else { return nil } }
        let fields = fields.filter { authority == nil || $0.name != "host" }
        let cookies = fields.indices.filter { fields[$0].name == "cookie" }
        let cookie = cookies.isEmpty ? "" : "cookie: \(cookies.map { fields[$0].value }.joined(separator: "; "))\r\n"
        // Together where the first one is, else behind the rest.
        let isTogether = cookies.last.map { $0 - cookies[0] == cookies.count - 1 } ?? true
        var lines = ""
        for index in fields.indices {
            let (name, value) = fields[index]
            if name != "cookie" { lines += "\(name): \(value)\r\n" } else if isTogether, index == cookies[0] { lines += cookie }
        }
        return isTogether ? lines : lines + cookie
    }

    private static func isValid(_ name: String, _ value: String) -> Bool {
        guard !name.isEmpty, name.utf8.allSatisfy({ token.contains($0) && !(0x41...0x5a ~= $0) }), !ofConnections.contains(name) else { return false }
        if name == "te", value.lowercased() != "trailers" { return false }
        let octets = Array(value.utf8)
        let blanks: Set<UInt8> = [0x20, 0x09]
        guard let first = octets.first, let last = octets.last else { return true }
        return octets.allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7f } && !blanks.contains(first) && !blanks.contains(last)
    }

    private static func isNumber(_ value: String) -> Bool {
        value.utf8.allSatisfy { 0x30...0x39 ~= $0 } && value.utf8.count <= 19 && Int(value) != nil
    }

    private static func withoutPort(_ host: String) -> String { (host.hasSuffix(":443") ? String(host.dropLast(4)) : host).lowercased() }
}
