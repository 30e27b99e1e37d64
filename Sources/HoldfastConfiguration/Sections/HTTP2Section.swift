import HTTPWire

extension HoldfastConfiguration.HTTP2 {
    static let defaults = HTTP2Limits()
    static let usualInterval = Duration.seconds(30)

    /// `listener.http2`:
    /// - `max_streams` (1 to 1000; default 100): requests of a connection at once
    /// - `max_resets` (1 to 100000; default 200): requests that a client gives up, within `interval`
    /// - `max_stream_errors` (1 to 100000; default 200): streams on which it breaks a rule, within `interval`
    /// - `max_continuations` (0 to 64; default 5): CONTINUATION frames of one head
    /// - `max_glitches` (10 to 100000; default 200): frames that carry nothing, within `interval`
    /// - `interval` (1s to 1h; default `30s`)
    /// - `stream_window` (size, 16KiB to 4MiB; default `128KiB`): octets of a request's body on their way
    /// - `connection_window` (size, twice `stream_window` at least, to 16MiB; default `384KiB`, or four times `stream_window`): of all bodies
    init(_ listener: Section) {
        let section = listener.section(
            "http2",
            known: [
                "max_streams", "max_resets", "max_stream_errors", "max_continuations", "max_glitches", "interval", "stream_window",
                "connection_window",
            ])
        let defaults = Self.defaults
        maxStreams = section?.optional("max_streams", Bounds.maxStreams) ?? defaults.streams
        maxResets = section?.optional("max_resets", Bounds.maxResets) ?? defaults.resets
        maxStreamErrors = section?.optional("max_stream_errors", Bounds.maxStreamErrors) ?? defaults.streamErrors
        maxContinuations = section?.optional("max_continuations", Bounds.maxContinuations) ?? defaults.continuations
        maxGlitches = section?.optional("max_glitches", Bounds.maxGlitches) ?? defaults.glitches
        interval = section?.optional("interval", Bounds.interval) ?? Self.usualInterval
        let window = section?.optional("stream_window", Bounds.streamWindow)
        streamWindow = window ?? defaults.streamWindow
        let all = section?.optional("connection_window", Bounds.connectionWindow)
        connectionWindow = all ?? (window.map { 4 * $0 } ?? defaults.connectionWindow)
        if let all, all < 2 * streamWindow {
            section?.complain(
                "One stream that stands still would leave the others no room: write `\(Quantity.spell(2 * streamWindow))` or more, twice `stream_window`.",
                "connection_window")
        }
    }

    private enum Bounds {
        static let maxStreams = Quantity.count(
            1...1000, below: "no request could be sent", above: "each may hold an upstream connection, and clients open further connections")
        static let maxResets = Quantity.count(
            1...100_000, below: "no client could give up a request", above: "each costs the API a request that nobody waits for")
        static let maxStreamErrors = Quantity.count(
            1...100_000, below: "one mistake would end the connection", above: "each costs a request that nobody waits for")
        static let maxContinuations = Quantity.count(
            0...64, below: "it is negative", above: "a head that is longer than its bound would be gathered")
        static let maxGlitches = Quantity.count(
            10...100_000, below: "ordinary clients would be taken for a flood", above: "a client could keep a core busy with nothing")
        static let interval = Quantity.duration(
            .seconds(1) ... .seconds(3600), below: "what is counted would be forgotten at once",
            above: "clients of long connections would be taken for a flood")
        static let streamWindow = Quantity.size(
            16 << 10...4 << 20, below: "a frame of a client would not fit", above: "a client could make us hold as much for each request")
        static let connectionWindow = Quantity.size(
            64 << 10...16 << 20, below: "the first frames of a client, which knows of 64 KiB, would not fit",
            above: "each client could make us hold as much")
    }
}
