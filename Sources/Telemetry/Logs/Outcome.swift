/// Who ended an exchange, and so whose it is to look into.
package enum Outcome: String, CaseIterable, Sendable {
    /// It ended as it should.
    case answered = "ok"
    /// By us: what was asked for must not be.
    case refused
    /// The upstream failed it.
    case upstream
    /// The client left, or was too slow.
    case client
    /// Our shutdown cut it.
    case drained
}
