import HTTPWire

extension CompressionTerms {
    /// - `types` (list of media types, `application/json`, or all of one type, `text/*`; required): whose answers are compressed.
    ///   `text/event-stream` only by its own name
    /// - `minimum` (1B to 1MiB; default `1KiB`): an answer of a known length below it is left alone
    /// - `level` (1 to 9; default 4): 1 is the fastest, 9 the shortest
    init?(_ upstream: Section) {
        guard let section = upstream.section("compression", known: ["types", "minimum", "level"]) else { return nil }
        if !section.has("types") { section.miss("types", "Write which answers are compressed, such as `[application/json, text/*]`.") }
        var seen: Set<MediaType> = []
        let types = section.list("types") { node throws(Complaint) in
            let text = try node.text()
            guard let type = MediaType(text) else {
                throw Complaint("A media type such as `application/json`, or all of one as `text/*`, is expected here, not `\(text.shortened)`.")
            }
            guard seen.insert(type).inserted else { throw Complaint("`\(type.text)` stands here twice. Remove one.") }
            guard !type.isGRPC else { throw Complaint("gRPC compresses its messages by itself. Remove `\(type.text)`.") }
            return type
        }
        let minimum = section.optional("minimum", Self.minimums) ?? 1 << 10
        let level = section.optional("level", Self.levels) ?? 4
        guard let types else { return nil }
        self.init(types: types, minimum: minimum, level: Int32(level))
    }

    private static let minimums = Quantity.size(
        1...1 << 20, below: "an empty answer cannot be shorter", above: "longer answers gain most from it")
    private static let levels = Quantity.count(1...9, below: "without compression there is no need of the key", above: "zlib has no more")
}
