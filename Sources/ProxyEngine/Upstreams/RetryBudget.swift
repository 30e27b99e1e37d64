/// How many requests may be sent a second time: a share of all, so that an upstream that is in trouble does not get more to do. A value.
struct RetryBudget {
    /// One in so many, and as many as that may be saved up.
    static let share = 5
    private static let saved = 10

    private var credit = Self.saved * Self.share

    mutating func request() { credit = min(credit + 1, Self.saved * Self.share) }

    mutating func take() -> Bool {
        guard credit >= Self.share else { return false }
        credit -= Self.share
        return true
    }
}
