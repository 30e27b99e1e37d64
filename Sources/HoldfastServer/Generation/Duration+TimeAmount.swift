import NIOCore

extension Duration {
    var seconds: Double { self / .seconds(1) }
    var timeAmount: TimeAmount { .nanoseconds(Int64(components.seconds) * 1_000_000_000 + components.attoseconds / 1_000_000_000) }
}
