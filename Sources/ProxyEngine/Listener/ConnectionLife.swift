package import NIOCore

/// How long a client connection may last and how many requests it may bring, so that clients spread over load balancers and new instances.
/// A front asks it when a request begins: the answer to that is then the last one on HTTP/1.1, and GOAWAY follows on HTTP/2.
///
/// Each connection has bounds of its own, up to a tenth below what is configured: those that were opened together do not end together.
package struct ConnectionLife: Equatable, Sendable {
    package struct Bounds: Equatable, Sendable {
        /// Nil for none.
        package var age: TimeAmount?
        /// At least 1; nil for none.
        package var requests: Int?

        package init(age: TimeAmount? = nil, requests: Int? = nil) {
            self.age = age
            self.requests = requests
        }

        package static let none = Bounds()
    }

    /// From when on no further request is waited for.
    package let end: NIODeadline
    /// Requests that it may still bring.
    private var requests: Int

    /// - Parameter chance: 0 up to and without 1; how much of the tenth is taken away.
    package init(_ bounds: Bounds, at now: NIODeadline, chance: Double) {
        let share = 1 - max(0, min(1, chance)) / 10
        end = bounds.age.map { now + .nanoseconds(Int64(Double($0.nanoseconds) * share)) } ?? .distantFuture
        requests = bounds.requests.map { max(1, Int((Double($0) * share).rounded(.up))) } ?? .max
    }

    /// A request begins.
    /// - Returns: whether it is the last one.
    package mutating func requestBegan(at now: NIODeadline) -> Bool {
        if requests > 0 { requests -= 1 }
        return requests == 0 || now >= end
    }
}
