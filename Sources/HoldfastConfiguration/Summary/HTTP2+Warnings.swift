import HTTPWire

extension HoldfastConfiguration.HTTP2 {
    /// What a client may ask for beyond the defaults.
    var warnings: [String] { floods + memory }

    private var floods: [String] {
        let defaults = Self.defaults
        let later = [
            ("max_resets", maxResets, defaults.resets), ("max_stream_errors", maxStreamErrors, defaults.streamErrors),
            ("max_continuations", maxContinuations, defaults.continuations), ("max_glitches", maxGlitches, defaults.glitches),
        ].compactMap { key, value, usual in
            value > usual ? "listener.http2.\(key) is \(value): a flood of them is noticed later than by the default of \(usual)." : nil
        }
        guard interval < Self.usualInterval else { return later }
        return later + [
            "listener.http2.interval is \(Quantity.spell(interval)): what is counted within it is forgotten sooner than by the default of \(Quantity.spell(Self.usualInterval)), so that a slower flood is never noticed."
        ]
    }

    private var memory: [String] {
        let defaults = Self.defaults
        return [
            maxStreams > defaults.streams
                ? "listener.http2.max_streams is \(maxStreams): one connection may have that many requests under way, where by default there are \(defaults.streams)."
                : nil,
            larger("stream_window", streamWindow, defaults.streamWindow, "of one request's body"),
            larger("connection_window", connectionWindow, defaults.connectionWindow, "of the bodies of one connection"),
        ].compactMap(\.self)
    }

    private func larger(_ key: String, _ value: Int, _ usual: Int, _ what: String) -> String? {
        guard value > usual else { return nil }
        return
            "listener.http2.\(key) is \(Quantity.spell(value)): so much \(what) may have to be held in memory, where by default it is \(Quantity.spell(usual))."
    }
}
