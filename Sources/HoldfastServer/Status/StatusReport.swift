import Timekeeping

/// What an operator wants to know at a glance, as one moment has it: shown to people as a page and to programs as JSON.
///
/// Nothing secret is in it. Much of its text is others' (subjects of certificates, names that clients ask for), so whoever shows it escapes it.
struct StatusReport: Equatable, Sendable {
    struct Count: Equatable, Sendable {
        let name: String
        let count: Int
    }

    struct Issuer: Equatable, Sendable {
        let name: String
        /// Nil where its tokens are only asked about.
        var keys: Int?
        /// Seconds since the last good look at its keys; nil where there was none.
        var keysAge: Int?
        var notes: [String] = []
    }

    struct Certificate: Equatable, Sendable {
        /// Of the configuration, that names its file.
        let key: String
        let subject: String
        /// Seconds since 1970.
        let notAfter: Double
    }

    struct Upstream: Equatable, Sendable {
        let name: String
        let address: String
        let isWell: Bool
        /// In words.
        let finding: String
    }

    struct RefusedHandshake: Equatable, Sendable {
        /// Seconds since 1970.
        let time: Double
        let reason: String
        let client: String
        /// What is known of it, by name.
        let details: [String: String]
    }

    /// Seconds since 1970.
    let now: Double
    var problems: [String] = []
    var isReportOnly = false
    var generation = 0
    var digest = ""
    /// Seconds.
    var generationAge = 0
    var mistakes: [String] = []
    var waitingForRestart: [String] = []
    var warnings: [String] = []
    var connections = (active: 0, limit: 0, handshaking: 0)
    /// By status code.
    var answers: [Count] = []
    var refusals: [Count] = []
    var handshakeFailures: [Count] = []
    var upstreamFailures: [Count] = []
    var issuers: [Issuer] = []
    var certificates: [Certificate] = []
    /// Seconds until a revocation list is to be followed by another, by key or URL.
    var lists: [Count] = []
    var upstreams: [Upstream] = []
    /// The latest first.
    var refusedHandshakes: [RefusedHandshake] = []

    init(now: Double) { self.now = now }

    var isReady: Bool { problems.isEmpty }

    static func == (left: StatusReport, right: StatusReport) -> Bool { left.json == right.json }
}

extension [StatusReport.Count] {
    /// Those that there are, the most first.
    init(_ counts: [String: Int]) {
        self = counts.filter { $0.value > 0 }.map { StatusReport.Count(name: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
    }
}
