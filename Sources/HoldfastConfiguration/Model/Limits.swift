extension HoldfastConfiguration {
    /// What one client may have, on each event loop: a certificate, or an address where none was shown. Nil for as much as it likes.
    package struct Limits: Equatable, Sendable {
        package enum Subject: String, CaseIterable, Sendable {
            case certificate
            /// The `client_id` of the token.
            case clientID = "client_id"
        }

        package struct Rate: Equatable, Sendable {
            package let requests: Int
            package let per: Duration
            /// Requests at once.
            package let burst: Int
            package let subject: Subject
        }

        package let connections: Int?
        /// Under way at once.
        package let requests: Int?
        package let rate: Rate?
    }
}
