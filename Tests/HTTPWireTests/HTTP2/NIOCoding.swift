import NIOCore
import NIOHPACK

/// swift-nio-http2's side of HPACK, to hold ours against.
enum NIOCoding {
    /// A block of fields, none of them indexed in a table of its own.
    static func block(_ fields: [(String, String)], huffman: Bool) throws -> [UInt8] {
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator(), useHuffmanEncoding: huffman)
        try encoder.beginEncoding(allocator: ByteBufferAllocator())
        for (name, value) in fields { try encoder.append(header: name, value: value) }
        return Array(try encoder.endEncoding().readableBytesView)
    }

    /// The fields of a block, each `name: value`.
    static func fields(_ block: ByteBuffer) throws -> [String] {
        var decoder = HPACKDecoder(allocator: ByteBufferAllocator(), maxDynamicTableSize: 4096, maxHeaderListSize: 1 << 20)
        var block = block
        return try decoder.decodeHeaders(from: &block).map { "\($0.name): \($0.value)" }
    }

    /// A client's side of a connection.
    struct Connection {
        private var encoder: HPACKEncoder

        init(huffman: Bool) { encoder = HPACKEncoder(allocator: ByteBufferAllocator(), useHuffmanEncoding: huffman) }

        mutating func resize(_ size: Int) throws { try encoder.setDynamicTableSize(size) }

        /// - Parameter form: of each field: 1 for a literal without indexing, 2 for one never to be indexed, else as the encoder likes it.
        mutating func block(_ fields: [(String, String)], form: () -> Int) throws -> [UInt8] {
            try encoder.beginEncoding(allocator: ByteBufferAllocator())
            for (name, value) in fields {
                switch form() {
                case 1: try encoder.appendNonIndexed(header: name, value: value)
                case 2: try encoder.appendNeverIndexed(header: name, value: value)
                default: try encoder.append(header: name, value: value)
                }
            }
            return Array(try encoder.endEncoding().readableBytesView)
        }
    }
}
