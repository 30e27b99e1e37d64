import HTTPWire
import HoldfastConfiguration

/// The head that a client would send for what `explain` is asked about.
struct RequestText {
    let octets: [UInt8]

    /// The fields that every client sends are there unless `request` has them: `Host`, for one that is served, and an interaction id where
    /// one is demanded.
    init(_ request: Explainer.Request, _ blueprint: Blueprint) {
        var lines = ["\(request.method) \(request.path) HTTP/1.1"]
        if !Self.has("host", request.fields) { lines.append("Host: \(Self.host(blueprint.configuration))") }
        lines.append("Authorization: Bearer \(Self.inOneLine(request.token))")
        if blueprint.configuration.forward.interactionID == .require, !Self.has(InteractionID.fieldName, request.fields) {
            lines.append("\(InteractionID.fieldName): 00000000-0000-4000-8000-000000000000")
        }
        octets = Array((lines + request.fields).map { $0 + "\r\n" }.joined().utf8) + Array("\r\n".utf8)
    }

    private static func has(_ name: String, _ fields: [String]) -> Bool {
        fields.contains { $0.prefix { $0 != ":" }.lowercased() == name }
    }

    /// The host that the request is for, as its client's handshake would name it: without a port.
    static func host(of request: Explainer.Request, _ blueprint: Blueprint) -> String {
        let line = request.fields.first { has("host", [$0]) }
        let authority = line.map { $0.drop { $0 != ":" }.dropFirst().trimmingPrefix { $0 == " " } } ?? Substring(host(blueprint.configuration))
        return String(authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" })
    }

    private static func host(_ configuration: HoldfastConfiguration) -> String {
        configuration.listener.hosts.first.map { $0.hasPrefix("*") ? "any" + $0.dropFirst() : $0 } ?? configuration.resource.map {
            $0.identifier.host.contains(":") ? "[\($0.identifier.host)]" : $0.identifier.host
        }
            ?? "localhost"
    }

    /// A line break in a file is none in a field: no client could send one.
    private static func inOneLine(_ token: String) -> String {
        String(decoding: token.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}
