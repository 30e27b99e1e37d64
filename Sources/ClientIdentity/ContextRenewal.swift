/// When a loop's TLS context is replaced by a new one.
///
/// BoringSSL keeps up to 20,480 sessions a context, each with its client certificate, and NIOSSL can neither shrink that
/// cache nor turn it off. A new context forgets them all, and with them the ticket keys: nothing can be resumed that was
/// begun under an earlier one.
package struct ContextRenewal: Equatable, Sendable {
    package let handshakes: Int
    /// Seconds.
    package let age: Double

    package init(handshakes: Int, age: Double) {
        self.handshakes = handshakes
        self.age = age
    }

    package static let standard = ContextRenewal(handshakes: 1024, age: 3600)

    /// - Parameters:
    ///   - begun: handshakes begun with the context.
    ///   - made: when it was made; `now` and this are seconds since 1970. A clock set back makes a context due as well.
    package func isDue(begun: Int, made: Double, now: Double) -> Bool {
        begun >= handshakes || now - made >= age || now < made
    }
}
