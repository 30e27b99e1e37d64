/// One of the listener's identities in one generation: what it shows to clients that ask for some hosts, and who of them it lets in.
package struct SiteIndex: Hashable, Sendable {
    package let position: Int

    package init(_ position: Int) { self.position = position }

    /// That of the listener itself.
    package static let listeners = SiteIndex(0)
    /// Of a connection that was made for hosts which are not served any more.
    package static let none = SiteIndex(-1)
}
