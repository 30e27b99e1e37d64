/// A pool for as long as any generation sends requests there: the next one takes it over, with its connections, where its upstream has
/// stayed the same.
package final class UpstreamTenure {
    package let pool: UpstreamPool
    /// What the pool was made of.
    private let likeness: AnyHashable

    package init(_ pool: UpstreamPool, likeness: AnyHashable) {
        self.pool = pool
        self.likeness = likeness
    }

    deinit { pool.retire() }

    package func isMade(of likeness: AnyHashable) -> Bool { likeness == self.likeness }
}
