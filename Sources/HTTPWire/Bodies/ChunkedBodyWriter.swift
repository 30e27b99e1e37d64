package import NIOCore

/// Puts the chunked coding on a body (RFC 9112 section 7.1): a head before each piece of data, `dataEnd` after it, and one
/// `bodyEnd`.
package enum ChunkedBodyWriter {
    /// - Parameter length: octets of data, at least 1: a chunk of 0 would end the body.
    package static func writeChunkHead(length: Int, to buffer: inout ByteBuffer) {
        guard length > 0 else { return }
        var shift = (63 - length.leadingZeroBitCount) & ~3
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: length >> shift & 15)
            buffer.writeInteger(digit < 10 ? Octet.zero + digit : 0x57 + digit)
            shift -= 4
        }
        writeDataEnd(to: &buffer)
    }

    package static func writeDataEnd(to buffer: inout ByteBuffer) { buffer.writeInteger(UInt16(0x0d0a)) }

    /// The last chunk and an empty trailer section.
    package static func writeBodyEnd(to buffer: inout ByteBuffer) { buffer.writeStaticString("0\r\n\r\n") }
}
