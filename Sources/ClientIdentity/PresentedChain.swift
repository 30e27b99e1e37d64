import NIOSSL

/// What one client sent as its certificates, within what a path can need.
struct PresentedChain {
    /// Certificates beyond the leaf.
    static let othersLimit = 8
    /// BoringSSL would take 100 kB, and keeps them with each connection and each session: see `ContextRenewal`.
    static let octetLimit = 32_768

    let leaf: [UInt8]
    let others: [[UInt8]]

    init(leaf: [UInt8], others: [[UInt8]]) { (self.leaf, self.others) = (leaf, others) }

    init(leaf: NIOSSLCertificate, others: ArraySlice<NIOSSLCertificate>) throws(PathFault) {
        guard others.count <= Self.othersLimit else { throw .tooLarge }
        guard let leaf = try? leaf.toDERBytes() else { throw .malformed }
        self.leaf = leaf
        self.others = others.compactMap { try? $0.toDERBytes() }
        guard Self.isBounded(leaf: self.leaf, others: self.others) else { throw .tooLarge }
    }

    static func isBounded(leaf: [UInt8], others: [[UInt8]]) -> Bool {
        others.count <= othersLimit && others.reduce(leaf.count, { $0 + $1.count }) <= octetLimit
    }
}
