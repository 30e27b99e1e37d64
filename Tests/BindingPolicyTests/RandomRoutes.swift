import BindingPolicy

/// Tables and paths of few segments in many spellings, so that they meet: a route's own path, its slash, what is below it, and what folds
/// to it.
enum RandomRoutes {
    static let methods = ["GET", "HEAD", "POST", "PUT", "get", ""]
    private static let routeMethods: [[String]] = [[], [], [], ["GET"], ["POST"], ["GET", "POST"], ["PUT"]]

    /// Some stricter than others, some neither; values that are asked for twice are two objects.
    static let policies: [RoutePolicy] = [
        .boundToken, RoutePolicy(requirement: .boundToken), RoutePolicy(requirement: .nothing), RoutePolicy(requirement: .certificate),
        RoutePolicy(requirement: .boundToken, scopes: ["a"]), RoutePolicy(requirement: .boundToken, scopes: ["b"]),
        RoutePolicy(requirement: .boundToken, scopes: ["a", "b"]), RoutePolicy(requirement: .boundToken, anyScope: ["a", "b"]),
        RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: nil)),
        RoutePolicy(requirement: .boundToken, scopes: ["a"], reportOnly: ReportOnly(until: 5)),
    ]

    private static let names = ["a", "b", "A", "B", "ab", "aB", "a.", ".a", "...", "a b", "%20a", "%61", "é", "É", "%EF%BD%81", "a%2e", "100%25"]
    /// What no pattern may have; `%` alone is a broken escape.
    private static let odd = ["", ".", "..", "%2e%2e", "%2F", "%", ";", "a;b", "%00", "*", "\u{200b}", "%25%36%31", "%ff", "%c0%af"]

    /// No two for the same requests, as the configuration sees to.
    static func routes(_ chance: inout SplitMix) throws -> [Route] {
        var routes: [Route] = []
        var seen = Set<String>()
        for _ in 0..<chance.below(12) {
            let segments = (0..<chance.below(4)).map { _ in chance.pick(names) }
            let text = "/" + segments.joined(separator: "/")
            let ending = chance.pick(["", "", "/", "/*", "/*"])
            guard let pattern = try? RoutePattern(escaped(segments.isEmpty ? ending == "/*" ? "/*" : "/" : text + ending)) else { continue }
            let methods = chance.pick(routeMethods)
            guard (methods.isEmpty ? [""] : methods).allSatisfy({ seen.insert("\($0) \(pattern)").inserted }) else { continue }
            routes.append(Route(pattern: pattern, methods: methods, policy: chance.pick(policies)))
        }
        return routes
    }

    static func path(_ chance: inout SplitMix) -> String {
        switch chance.below(40) {
        case 0: return "*"
        case 1: return ""
        case 2: return "a/b"
        default: break
        }
        var segments = (0..<chance.below(6)).map { _ in chance.below(30) == 0 ? chance.pick(odd) : chance.pick(names) }
        if chance.below(4) == 0 { segments.append("") }
        return escaped("/" + segments.joined(separator: "/"))
    }

    /// Spaces and what is not ASCII as clients write it.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { octet in
            octet > 0x20 && octet < 0x7f ? String(UnicodeScalar(octet)) : "%" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
        }.joined()
    }
}

/// The same sequence each time (SplitMix64), so that what fails once fails again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        let once = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        let twice = (once ^ once >> 27) &* 0x94d0_49bb_1331_11eb
        return twice ^ twice >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func pick<Element>(_ some: [Element]) -> Element { some[below(some.count)] }
}
