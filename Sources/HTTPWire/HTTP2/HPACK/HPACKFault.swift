/// Why a header block could not be decoded (RFC 7541): a connection error of type COMPRESSION_ERROR, since the tables of the two sides
/// differ from there on (RFC 9113 section 4.3).
package enum HPACKFault: String, Error, CaseIterable, Sendable {
    /// The block ends inside of a field.
    case truncated = "hpack_truncated"
    /// An integer of more octets than any that we could use (section 5.1).
    case integerTooLarge = "hpack_integer_too_large"
    /// No entry of that number: 0, or one beyond the tables (section 2.3.3).
    case indexInvalid = "hpack_index_invalid"
    /// EOS inside of a string, or padding that is not up to seven bits of it (section 5.2).
    case huffmanInvalid = "hpack_huffman_invalid"
    /// A change of the table's size behind the beginning of a block, or the third one there (section 4.2).
    case sizeUpdateMisplaced = "hpack_size_update_misplaced"
    /// A table larger than our SETTINGS_HEADER_TABLE_SIZE (section 6.3).
    case sizeUpdateTooLarge = "hpack_size_update_too_large"
    /// We made the table smaller, and the first block since does not say so (RFC 9113 section 4.3.1).
    case sizeUpdateMissing = "hpack_size_update_missing"
    /// A string for which there is no room: a bound of our own, which the size of a block keeps from being met.
    case stringTooLong = "hpack_string_too_long"
}
