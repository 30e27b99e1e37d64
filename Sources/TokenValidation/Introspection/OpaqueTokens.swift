import BindingPolicy

/// Which issuer an opaque token is looked up at: the one whose prefix it has, else the one that is asked about all others.
///
/// A token that is a JWT by its form is never among them: it names its issuer and is shown to no other.
struct OpaqueTokens {
    private struct Route {
        let prefix: [UInt8]
        let issuer: Issuer
        /// The next shorter prefix that this one starts with, by its place; -1 where there is none.
        var shorter = -1
    }

    /// In the order of the octets of their prefixes, no two alike.
    private let routes: [Route]

    init(_ policies: [IssuerPolicy]) {
        let all = policies.compactMap { policy in
            policy.introspection.map { Route(prefix: $0.tokenPrefix ?? [], issuer: policy.issuer) }
        }
        // Two that would both be asked about everything are no choice at all.
        let hasOneDefault = all.count { $0.prefix.isEmpty } == 1
        let usable = all.filter { hasOneDefault || !$0.prefix.isEmpty }
        var routes = Dictionary(usable.map { ($0.prefix, $0) }) { first, _ in first }.values
            .sorted { $0.prefix.lexicographicallyPrecedes($1.prefix) }
        for place in routes.indices.dropFirst() {
            var shorter = place - 1
            while shorter >= 0, !routes[place].prefix.starts(with: routes[shorter].prefix) { shorter = routes[shorter].shorter }
            routes[place].shorter = shorter
        }
        self.routes = routes
    }

    /// Nil where the token is to be read as a JWT, be it that it is none and nobody could be asked about it.
    func issuer(of token: UnsafeRawBufferPointer) -> Issuer? {
        guard !routes.isEmpty, !token.isEmpty, token.count <= CompactJWS.maximumLength, !Self.isJWT(token) else { return nil }
        return longest(of: token)?.issuer
    }

    /// The longest prefix that the token has: whatever stands between that one and the token in the order of octets starts with it too, so
    /// from the last that does not come after the token it is the first on the way to shorter ones.
    private func longest(of token: UnsafeRawBufferPointer) -> Route? {
        var (low, high) = (0, routes.count)
        while low < high {
            let middle = low + (high - low) / 2
            if token.lexicographicallyPrecedes(routes[middle].prefix) { high = middle } else { low = middle + 1 }
        }
        var place = low - 1
        while place >= 0, !token.starts(with: routes[place].prefix) { place = routes[place].shorter }
        return place < 0 ? nil : routes[place]
    }

    /// Three parts of which the first is a JSON object in base64url, to all appearances: also where it is spelled so that only a lenient
    /// reader would take it, for the issuer it names is its own all the same.
    private static func isJWT(_ token: UnsafeRawBufferPointer) -> Bool {
        guard let jws = try? CompactJWS(token) else { return false }
        if beginsLikeObject(jws.header) { return true }
        guard let header = Base64URL.decode(jws.header) else { return false }
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        return header.first { !isSpace($0) } == UInt8(ascii: "{") && header.last { !isSpace($0) } == UInt8(ascii: "}")
    }

    /// The first octet is `{`: one character of base64url, and the top bits of the next.
    private static func beginsLikeObject(_ header: UnsafeRawBufferPointer) -> Bool {
        guard header.count >= 2, header[0] == UInt8(ascii: "e") else { return false }
        switch header[1] {
        case UInt8(ascii: "w")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): return true
        default: return false
        }
    }
}
