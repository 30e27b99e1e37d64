import Synchronization

/// The issuer's signing keys: one that signs for each algorithm, and the older ones still published.
final class KeyRing: Sendable {
    private struct State {
        /// The newest first.
        var published: [SigningKey] = []
        /// Keys that nobody publishes, to forge with.
        var foreign: [SigningAlgorithm: SigningKey] = [:]
    }

    /// The first is the one that tokens are signed by unless another is asked for.
    let algorithms: [SigningAlgorithm]
    private let state = Mutex(State())

    init(_ algorithms: [SigningAlgorithm]) throws {
        self.algorithms = algorithms
        try rotate(droppingOld: true)
    }

    /// The key set (RFC 7517 section 5).
    var keySet: [String: [[String: JSONValue]]] { ["keys": state.withLock { $0.published.map(\.jwk) }] }

    /// New keys sign from now on; the old stay published unless they are dropped.
    func rotate(droppingOld: Bool) throws {
        let fresh = try algorithms.map { try SigningKey($0) }
        state.withLock { $0.published = fresh + (droppingOld ? [] : $0.published) }
    }

    func signer(_ algorithm: SigningAlgorithm?) throws -> SigningKey {
        let key = state.withLock { state in
            state.published.first { algorithm == nil || $0.algorithm == algorithm }
        }
        guard let key else { throw LabError("no key is published for \(algorithm?.rawValue ?? "any algorithm")") }
        return key
    }

    /// A key that is not published, the same one each time.
    func foreign(_ algorithm: SigningAlgorithm) throws -> SigningKey {
        try state.withLock {
            if let key = $0.foreign[algorithm] { return key }
            let key = try SigningKey(algorithm)
            $0.foreign[algorithm] = key
            return key
        }
    }
}
