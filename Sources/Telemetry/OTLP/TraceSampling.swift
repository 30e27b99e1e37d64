/// Which requests are recorded. What a client's own trace says counts only where the client has shown who it is.
package enum TraceSampling: Equatable, Sendable {
    /// What the client's own trace says; all that begin here.
    case parent
    case always
    /// What the client's own trace says; of those that begin here this part.
    case ratio(Double)

    /// - Parameters:
    ///   - sent: what the client's own trace says; nil for one that begins here.
    ///   - chance: from 0 to 1, without that.
    package func records(sent: Bool?, chance: @autoclosure () -> Double) -> Bool {
        switch (self, sent) {
        case (.always, _): true
        case (_, let sent?): sent
        case (.parent, nil): true
        case (.ratio(let part), nil): chance() < part
        }
    }
}
