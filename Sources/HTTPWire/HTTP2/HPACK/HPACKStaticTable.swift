/// The table that every connection begins with (RFC 7541 appendix A). Made once and never freed.
struct HPACKStaticTable: @unchecked Sendable {
    static let shared = HPACKStaticTable()
    static let count = 61

    private let entries: UnsafeMutablePointer<HPACKEntry>

    private init() {
        entries = .allocate(capacity: Self.count)
        for (index, (name, value)) in Self.fields.prefix(Self.count).enumerated() {
            let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            let value = UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount)
            (entries + index).initialize(to: HPACKEntry(name: name, value: value, kind: HTTP2FieldKind(name), isValueText: true))
        }
    }

    /// - Parameter index: counted from 0.
    @inline(__always)
    subscript(_ index: Int) -> HPACKEntry? {
        guard index >= 0, index < Self.count else { return nil }
        return entries[index]
    }

    static let fields: [(StaticString, StaticString)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"),
        (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
        (":status", "404"), (":status", "500"), ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""),
        ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
        ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""),
        ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
        ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
        ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""),
        ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]
}

/// A field of a table, with what was found out about it when it came there. Good until the table changes.
struct HPACKEntry {
    let name: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer
    let kind: HTTP2FieldKind
    let isValueText: Bool
}
