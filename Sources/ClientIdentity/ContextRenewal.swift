/// When the listener's TLS context is replaced by a new one.
///
/// BoringSSL keeps each TLS 1.2 session whose client takes no tickets, with its certificates, up to 20,480 per context, and
/// NIOSSL can neither shrink that cache nor turn it off. A new context forgets them, and with them the ticket keys: nothing
/// can be resumed that was begun under an earlier one. Sessions of TLS 1.3, and of 1.2 with tickets, take no memory.
///
/// Measured (release build, one loop, a client certificate of 0.4 kB): 3.6 kB per kept session; making a context costs 4 µs
/// of CPU, a full handshake 310 µs. So renewal costs nothing, and its price is only that fewer sessions can be resumed.
package struct ContextRenewal: Equatable, Sendable {
    package let handshakes: Int
    /// Seconds.
    package let age: Double
    /// A connection keeps its context alive, sessions and all. With this many earlier contexts still in use none is added:
    /// the current one then serves on, within BoringSSL's own bound, and rotates its ticket keys every two days.
    package let earlierContexts: Int

    package init(handshakes: Int, age: Double, earlierContexts: Int) {
        self.handshakes = handshakes
        self.age = age
        self.earlierContexts = earlierContexts
    }

    /// 1,024 sessions of 3.6 kB are 4 MB.
    package static let standard = ContextRenewal(handshakes: 1024, age: 3600, earlierContexts: 4)

    /// - Parameters:
    ///   - begun: handshakes begun with the context.
    ///   - isSpent: none of its sessions is to be resumed any more.
    ///   - made: when it was made; `now` and this are seconds since 1970. A clock set back makes a context due as well.
    ///   - earlier: contexts before it that connections still hold.
    package func isDue(begun: Int, isSpent: Bool = false, made: Double, now: Double, earlier: Int) -> Bool {
        earlier < earlierContexts && (isSpent || begun >= handshakes || now - made >= age || now < made)
    }
}
