/// What one connection, or all of them, saw.
struct LoadTally: Encodable, Sendable {
    /// Answered with 200, and with the requester's own target and thumbprint.
    var right = 0
    /// Answered with another's target or thumbprint, or with not exactly one thumbprint.
    var crossed = 0
    /// Answered with another status, or not at all.
    var failed = 0
    /// Which identities went over each upstream connection.
    var travellers: [Int: Set<String>] = [:]

    private enum CodingKeys: String, CodingKey {
        case right, crossed, failed
        case upstream = "upstream_connections"
        case shared = "shared_upstream_connections"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(right, forKey: .right)
        try container.encode(crossed, forKey: .crossed)
        try container.encode(failed, forKey: .failed)
        try container.encode(travellers.count, forKey: .upstream)
        try container.encode(travellers.values.filter { $0.count > 1 }.count, forKey: .shared)
    }

    mutating func add(_ other: LoadTally) {
        right += other.right
        crossed += other.crossed
        failed += other.failed
        travellers.merge(other.travellers) { $0.union($1) }
    }
}
