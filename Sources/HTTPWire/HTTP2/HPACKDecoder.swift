package import NIOCore

/// Reads a peer's header blocks: one a connection, since each block changes the table by which the next one is read (RFC 7541).
///
/// The fields go straight into HTTP/1.1's form (see ``HTTP2HeadAssembly``), so that there is one parser of heads and one judge for all
/// protocols. A request that is refused is decoded to its end, for the table's sake: nothing more of it is kept, and the work is linear in
/// the block.
package struct HPACKDecoder: ~Copyable {
    /// Octets of the table of each connection: RFC 9113's default of SETTINGS_HEADER_TABLE_SIZE, which need not be announced.
    package static let defaultTableSize = 4096
    /// Changes of the table's size that may begin a block: to the smallest since the last one, and to the present one (section 4.2).
    private static let sizeUpdates = 2

    private var table = HPACKDynamicTable(limit: HPACKDecoder.defaultTableSize)
    private let constants = HPACKStaticTable.shared
    private let huffman = HuffmanDecoder.shared
    /// What the client may make of the table.
    private var tableBound = HPACKDecoder.defaultTableSize
    private var mustShrink = false

    package init() {}

    /// Octets of memory that the table holds.
    package var footprint: Int { table.footprint }

    /// The client has acknowledged our SETTINGS_HEADER_TABLE_SIZE. Where that is less than the table is now, the next block must begin by
    /// saying so (RFC 9113 section 4.3.1).
    package mutating func acknowledged(tableSize: Int) {
        tableBound = max(0, min(tableSize, 1 << 16))
        mustShrink = table.limit > tableBound
    }

    /// - Parameters:
    ///   - block: the whole of it, of HEADERS and all its CONTINUATION frames, without padding.
    ///   - endsStream: whether no DATA follows.
    ///   - offersWebSocket: whether SETTINGS_ENABLE_CONNECT_PROTOCOL was sent (RFC 8441).
    ///   - head: what it holds is thrown away; keep one for all blocks of a loop, so that its storage is made once.
    /// - Returns: with `.request`, what is readable in `head` is `METHOD target HTTP/1.1`, one `host`, the fields in their order but with
    ///   one `cookie` (RFC 9113 section 8.2.3), `transfer-encoding: chunked` where a body of unknown length follows, and the empty line;
    ///   else nothing is. What the fields say is for ``RequestHead`` to judge, as of any request.
    package mutating func request(
        _ block: UnsafeRawBufferPointer, endsStream: Bool, offersWebSocket: Bool = false, limits: WireLimits = .request,
        into head: inout ByteBuffer
    ) -> HTTP2RequestBlock {
        head.clear()
        var outcome = HTTP2RequestBlock.undecodable(.stringTooLong)
        var place = 0..<0
        _ = head.writeWithUnsafeMutableBytes(minimumWritableBytes: room(block, limits)) { memory in
            let purpose = HTTP2HeadAssembly.Purpose.request(endsStream: endsStream, offersWebSocket: offersWebSocket)
            guard var assembly = HTTP2HeadAssembly(memory, of: purpose, limits) else { return 0 }
            do throws(HPACKFault) {
                try decode(block, into: &assembly)
                assembly.finish()
                outcome = assembly.outcome
                place = assembly.head
            } catch {
                outcome = .undecodable(error)
            }
            return place.upperBound
        }
        head.moveReaderIndex(forwardBy: place.lowerBound)
        return outcome
    }

    /// A block behind the body of a request.
    /// - Parameter scratch: as `head` of a request; nothing is readable in it afterwards.
    package mutating func trailers(
        _ block: UnsafeRawBufferPointer, limits: WireLimits = .request, scratch: inout ByteBuffer
    ) -> HTTP2TrailerBlock {
        scratch.clear()
        var outcome = HTTP2TrailerBlock.undecodable(.stringTooLong)
        _ = scratch.writeWithUnsafeMutableBytes(minimumWritableBytes: room(block, limits)) { memory in
            guard var assembly = HTTP2HeadAssembly(memory, of: .trailers, limits) else { return 0 }
            do throws(HPACKFault) {
                try decode(block, into: &assembly)
                outcome = assembly.trailerOutcome
            } catch {
                outcome = .undecodable(error)
            }
            return 0
        }
        return outcome
    }

    func room(_ block: UnsafeRawBufferPointer, _ limits: WireLimits) -> Int {
        HTTP2HeadAssembly.room(block.count, table: table.limit, limits)
    }

    // MARK: RFC 7541 section 6

    mutating func decode(_ block: UnsafeRawBufferPointer, into assembly: inout HTTP2HeadAssembly) throws(HPACKFault) {
        var cursor = HPACKCursor(block)
        try takeSizeUpdates(&cursor)
        while !cursor.isAtEnd {
            let first = cursor.octet
            if first & 0x80 != 0 {
                try assembly.take(try entry(try cursor.integer(prefix: 7)))
            } else if first & 0x40 != 0 {
                try takeLiteral(&cursor, try cursor.integer(prefix: 6), isKept: true, &assembly)
            } else if first & 0x20 != 0 {
                throw .sizeUpdateMisplaced
            } else {
                // Whether it is never to be indexed matters to nobody: HTTP/1.1 has no index.
                try takeLiteral(&cursor, try cursor.integer(prefix: 4), isKept: false, &assembly)
            }
        }
    }

    private mutating func takeSizeUpdates(_ cursor: inout HPACKCursor) throws(HPACKFault) {
        var updates = 0
        while !cursor.isAtEnd, cursor.octet & 0xe0 == 0x20 {
            updates += 1
            guard updates <= Self.sizeUpdates else { throw .sizeUpdateMisplaced }
            let size = try cursor.integer(prefix: 5)
            guard size <= tableBound else { throw .sizeUpdateTooLarge }
            table.resize(to: size)
            mustShrink = false
        }
        guard !mustShrink else { throw .sizeUpdateMissing }
    }

    /// - Parameter index: 1 is the first of the static table, 62 the newest of the other one (RFC 7541 section 2.3.3).
    @inline(__always)
    private func entry(_ index: Int) throws(HPACKFault) -> HPACKEntry {
        guard let entry = constants[index &- 1] ?? table[index &- 1 &- HPACKStaticTable.count] else { throw .indexInvalid }
        return entry
    }

    private mutating func takeLiteral(
        _ cursor: inout HPACKCursor, _ index: Int, isKept: Bool, _ assembly: inout HTTP2HeadAssembly
    ) throws(HPACKFault) {
        if index == 0 {
            let name = try cursor.string()
            try assembly.beginField(name.octets, isHuffman: name.isHuffman, huffman)
        } else {
            let entry = try entry(index)
            try assembly.beginField(entry.name, kind: entry.kind)
        }
        let value = try cursor.string()
        let field = try assembly.takeValue(value.octets, isHuffman: value.isHuffman, huffman)
        if isKept { table.add(field) }
        assembly.endField(isText: field.isValueText)
    }
}
