import Foundation

@testable import HoldfastServer

/// Configurations, tokens and requests by chance: right ones, ones with one thing wrong, and nonsense.
struct RandomRequests {
    private let workshop: Workshop
    private var generator = SystemRandomNumberGenerator()

    init(_ workshop: Workshop) { self.workshop = workshop }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &generator)]
    }

    private mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }

    // MARK: Configurations

    private static let other = "https://other.example.com"
    private static let partner = "https://api.example.com/partner"

    /// Two with the same keys, so that a token of each can be right; the second asks for less, and takes it a minute longer.
    static let issuers = """
        [{issuer: "\(Workshop.issuer)", audience: ["\(Workshop.audience)", "\(partner)"], keys: keys.json, algorithms: [ES256]}, \
        {issuer: "\(other)", audience: "\(Workshop.audience)", keys: keys.json, algorithms: [ES256], type: any, leeway: 60s, scopes_from: [scope, scp]}]
        """

    /// A day on which what is only reported begins to be enforced.
    static let soon = Date(timeIntervalSinceNow: 100 * 86400).formatted(.iso8601.year().month().day())

    private static let routePaths = [
        "/", "/*", "/payments", "/payments/*", "/payments/1", "/scoped", "/strong", "/claim", "/certificate/*", "/certificate/report", "/open",
        "/try/*",
        "/a", "/ab", "/a/b/*",
    ]
    private static let conditions = [
        "scopes: [a]", "scopes: [payments:write]", "scopes: {any: [a, b]}", "scopes: {all: [a], any: [b, c]}", "acr: [gold, lead]",
        "max_auth_age: 15m",
        "claims: {tenant: blue}", "claims: {tenant: present}", "claims: {roles: {word: admin}}", "issuers: [\"\(Workshop.issuer)\"]",
        "issuers: [\"\(other)\"]", "audience: \"\(partner)\"", "report_only: true", "report_only: \(soon)", "methods: [GET]",
        "certificate: {subject: {CN: \"client a\"}}", "certificate: {subject: {CN: \"client*\"}}", "certificate: {roles: PSP_AI}",
        "methods: [POST, PURGE]",
        "methods: [PROPFIND]",
    ]

    private mutating func route(_ path: String) -> String {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return "{path: \(path), require: nothing}"
        case 1: return "{path: \(path), require: certificate\(oneIn(2) ? ", certificate: {subject: {CN: [\"client b\", expired]}}" : "")}"
        default:
            // One of each kind at most.
            let some = Set((0..<Int.random(in: 0...3, using: &generator)).map { _ in pick(Self.conditions) })
            let kinds = Dictionary(grouping: some) { $0.prefix { $0 != ":" } }.values.compactMap(\.first)
            return "{\((["path: \(path)"] + kinds.sorted()).joined(separator: ", "))}"
        }
    }

    /// What comes behind the sections that every configuration has.
    mutating func configuration(plain: Bool) -> String {
        if plain { return "" }
        var lines: [String] = []
        let paths = Self.routePaths.shuffled(using: &generator).prefix(Int.random(in: 0...8, using: &generator))
        let routes = paths.map { route($0) }.joined(separator: ", ")
        switch Int.random(in: 0..<3, using: &generator) {
        case _ where paths.isEmpty: break
        case 0: lines.append("routes: {matching: exact, list: [\(routes)]}")
        default: lines.append("routes: [\(routes)]")
        }
        if oneIn(4) { lines.append("report_only: true") }
        if oneIn(2) { lines.append("resource: {identifier: \"https://api.example.com\(pick(["", "/x", "/x?y=1"]))\"}") }
        if oneIn(3) { lines.append("forward: {interaction_id: \(pick(["require", "echo"]))}") }
        if oneIn(2) { lines.append("# \(Int.random(in: Self.registered.indices, using: &generator))") }
        return lines.joined(separator: "\n")
    }

    /// Who is registered: some may use less than their tokens have, some are nobody, and some would be two.
    private static let registered = [
        "[{id: a, subject: {CN: client a}, scopes: [a]}, {id: b, subject: {CN: client b}, client_id: x}]",
        "[{id: a, certificates: a.pem, client_id: [c, d]}, {id: all, subject: {CN: client*}, scopes: []}]",
        "[{id: own, authority: strangers.pem}, {id: a, keys: a.pem, client_id: x}, {id: b, keys: b.pem, scopes: [payments:write]}]",
    ]

    /// The section of a configuration, which ends with their number in a comment; nil where all are let in.
    static func clients(in configuration: String) -> String? {
        configuration.split(separator: "\n").last.flatMap { $0.hasPrefix("# ") ? Int($0.dropFirst(2)) : nil }.map { number in
            "client_certificates: {trust: authorities, authorities: ca.pem, clients: \(registered[number])}"
        }
    }

    // MARK: Tokens

    private static var changes: [[String: Any]] {
        [
            [:], [:], [:], ["scope": "a"], ["scope": "a b"], ["scp": ["b", "c"]], ["acr": "gold"], ["acr": "lead"], ["tenant": "blue"],
            ["tenant": ["blue", "red"]],
            ["tenant": ""], ["roles": "user admin"], ["iss": other], ["iss": other], ["iss": "https://x"], ["iss": 1], ["aud": partner],
            ["aud": [Workshop.audience, partner]], ["aud": "https://other"], ["aud": 7], ["jti": NSNull()], ["sub": NSNull()], ["cnf": ["jkt": "x"]],
            ["cnf": ["x5t#S256": "x"]], ["cnf": NSNull()], ["exp": NSNull()], ["exp": "soon"], ["token_use": "id"], ["events": ["a": 1]],
        ]
    }
    private static var headers: [[String: Any]] {
        [
            [:], [:], [:], [:], [:], [:], ["typ": "JWT"], ["typ": "application/at+jwt"], ["alg": "RS256"], ["alg": "none"], ["alg": "HS256"],
            ["crit": ["x"]],
            ["cty": "JWT"], ["kid": "x"],
        ]
    }
    private static let nonsense = [
        "", "a b", "opaque", "a.b.c", "a.b", "a.b.c.d.e", "é", "a\nb", "a\r\nX: y", "e30.e30.e30", String(repeating: "x", count: 20_000),
    ]

    mutating func tokens(_ count: Int) throws -> [String] {
        try (0..<count).map { _ in try token() } + Self.nonsense.shuffled(using: &generator).prefix(3)
    }

    private mutating func token() throws -> String {
        let now = Int(Date().timeIntervalSince1970)
        var claims: [String: Any] =
            oneIn(2) ? ["scope": "payments:write a", "acr": "gold", "auth_time": now, "tenant": "blue", "roles": "admin"] : [:]
        if oneIn(8) { claims["auth_time"] = now - 2000 }
        if oneIn(8) { claims["exp"] = now - pick([10, 120]) }
        if oneIn(16) { claims["nbf"] = now + pick([5, 900]) }
        for _ in 0..<Int.random(in: 0...2, using: &generator) { claims.merge(pick(Self.changes)) { $1 } }
        let token = try workshop.token(for: pick(["a", "a", "a", "a", "b", nil]), claims, header: oneIn(2) ? [:] : pick(Self.headers))
        return oneIn(20) ? token + pick(["x", ".", " ", "="]) : token
    }

    // MARK: Requests

    static let clients = ["a", "b", "renewed", "expired", "stranger"]
    private static let mostlyOne = [String](repeating: "a", count: 20) + clients
    private static let methods = [
        "GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PURGE", "PROPFIND", "get", "Post", "propfind", "TRACE", "trace", "CONNECT", "connect",
        "OPTIONS",
    ]
    private static let paths = [
        "/", "/payments/1", "/payments", "/PAYMENTS/1", "/payments./1", "/payments%20/1", "/scoped", "/Scoped", "/scoped/", "/strong", "/claim",
        "/certificate/x", "/CERTIFICATE/x", "/certificate/report", "/certificate/REPORT", "/open", "/OPEN", "/open/", "/try/1", "/TRY/1", "/a//b",
        "/a/../b", "/a%2fb", "/a;b", "/a\\b", "/a b", "/%zz", "/a%2", "/[a]", "/a|b^", "/{a}", "/\"", "/é", "/a#b", "*", "/...", "/a%EF%BC%8Fb", "/a",
        "/ab",
        "/a/b/c", "/%61", "/a%62", "//", "", "http://api.example.com/scoped", "https://unknown.example.com/", "/scoped?access_token=x", "/scoped?a=b",
        "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/x", "/.well-known/oauth-protected-resource/x?y=1",
        "/.well-known/OAUTH-protected-resource",
    ]
    private static let fields = [
        "Host: api.example.com", "Host: API.EXAMPLE.COM:1", "Host: unknown.example.com", "Host: a b", "Via: 1.1 somebody", "Max-Forwards: 0",
        "Max-Forwards: x", "Authorization: Bearer abc", "authorization: Basic x", "x-fapi-interaction-id: 1", "X-Forwarded-For: 1.2.3.4",
        "Content-Length: 5", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Expect: 100-continue", "Expect: no", "X Y: z", "X: \u{1}",
        "Connection: content-length", "Cookie: a=b",
    ]

    /// Of a path and of a segment by chance, where no listed one is taken.
    private mutating func path() -> String {
        guard oneIn(4) else { return pick(Self.paths) }
        return "/"
            + (0..<Int.random(in: 1...6, using: &generator)).map { _ in pick(["a", "b", "/", ".", "%2e", "%41", "payments", "open", "A", "~", "%"]) }
            .joined()
    }

    mutating func request(_ tokens: [String]) -> Explainer.Request {
        let fields = (0..<pick([0, 0, 0, 0, 1, 1, 2])).map { _ in pick(Self.fields) }
        return Explainer.Request(
            certificate: workshop.path("\(pick(Self.mostlyOne)).pem"), token: pick(tokens), method: pick(Self.methods), path: path(), fields: fields,
            keys: workshop.path("keys.json"))
    }
}
