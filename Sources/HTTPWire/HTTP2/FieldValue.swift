extension OctetReader {
    /// Whether a field could have this value in HTTP/1.1 too, and mean the same: text, without blanks at its ends (RFC 9113 section 8.2.1).
    func isFieldValue(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return true }
        guard !Octet.isBlank(octetOrZero(range.lowerBound)), !Octet.isBlank(octetOrZero(range.upperBound - 1)) else { return false }
        var position = range.lowerBound
        while position < range.upperBound {
            if range.upperBound - position >= Self.block, isText(position) {
                position += Self.block
                continue
            }
            let length = min(8, range.upperBound - position)
            if OctetWord.controls(word(position)) & OctetWord.mask(length) != 0 {
                for offset in position..<position + length where !Octet.isText(octetOrZero(offset)) { return false }
            }
            position += length
        }
        return true
    }
}
