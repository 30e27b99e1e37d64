extension String {
    /// Words that others chose, such that no log and no terminal makes anything else of them: printable ASCII, and not long.
    func printable(_ length: Int = 200) -> String {
        let shown = String(decoding: utf8.prefix(length).map { 0x20...0x7e ~= $0 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        return utf8.count > length ? shown + "..." : shown
    }
}
