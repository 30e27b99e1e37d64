/// What there is to be said of a key set, for logs, readiness and `check`.
package struct KeySetReport: Equatable, Sendable {
    package let keys: Int
    /// Keys passed over: the first of them, and how many there are beside published secrets.
    package let unusable: [KeySet.UnusableKey]
    package let unusableKeys: Int
    package let publishedSecrets: Int
    /// Those that some key can verify.
    package let algorithms: [SignatureAlgorithm]

    package init(
        keys: Int, unusable: [KeySet.UnusableKey] = [], unusableKeys: Int = 0, publishedSecrets: Int = 0, algorithms: [SignatureAlgorithm]
    ) {
        self.keys = keys
        self.unusable = unusable
        self.unusableKeys = unusableKeys
        self.publishedSecrets = publishedSecrets
        self.algorithms = algorithms
    }

    /// Sentences about what keeps tokens from being verified, or is dangerous; empty where there is nothing to say.
    ///
    /// - Parameter allowed: the algorithms that tokens may use.
    package func warnings(allowed: [SignatureAlgorithm]) -> [String] {
        var warnings: [String] = []
        if !allowed.contains(where: algorithms.contains) {
            let names = allowed.map(\.rawValue).joined(separator: ", ")
            let found = algorithms.map(\.rawValue).joined(separator: ", ")
            warnings.append("none of the keys is for the allowed algorithms (\(names)), only for \(found): no token can be verified")
        }
        let secrets = unusable.filter(\.cause.isSecret)
        if publishedSecrets > 0 {
            warnings.append(
                "\(Self.shown(secrets, of: publishedSecrets)); whoever read it can sign tokens, so it is not used: have the issuer replace it")
        }
        let faulty = unusable.filter { !$0.cause.isSecret && !$0.cause.isOrdinary }
        if !faulty.isEmpty { warnings.append(Self.shown(faulty, of: faulty.count)) }
        return warnings
    }

    /// Keys that are for others; nil where there are none.
    package var passedOver: String? {
        let ordinary = unusable.filter(\.cause.isOrdinary)
        return ordinary.isEmpty ? nil : Self.shown(ordinary, of: ordinary.count)
    }

    private static func shown(_ keys: [KeySet.UnusableKey], of count: Int) -> String {
        let first = keys.prefix(4)
        let rest = count - first.count
        return first.map(\.words).joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
    }
}

extension KeySet {
    package var report: KeySetReport {
        KeySetReport(
            keys: count, unusable: unusable, unusableKeys: unusableKeys, publishedSecrets: publishedSecrets,
            algorithms: SignatureAlgorithm.allCases.filter { algorithm in keys.contains { $0.suits(algorithm) } })
    }
}
