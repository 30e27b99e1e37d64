/// What belongs to one stream.
@usableFromInline
package protocol HTTP2Numbered {
    var id: UInt32 { get }
}

extension Array where Element: HTTP2Numbered {
    /// Where a stream's stands, of those that are in the order of their identifiers; nil where there is none.
    @inlinable
    package func position(of id: UInt32) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].id == id ? low : nil
    }
}
