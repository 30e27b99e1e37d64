/// Names and values of field lines (RFC 9110 sections 5.1 and 5.5), also used for trailers.
enum FieldSyntax {
    /// Folds the token that begins at `start` and returns where it ends. What stands there is for the caller to judge.
    @inline(__always)
    static func scanName(_ reader: OctetReader, from start: Int, into name: inout FoldedName) throws(HeadStop) -> Int {
        name.reset()
        var position = start
        while true {
            let word = reader.word(position)
            let block = NameBlock(word)
            let length = OctetWord.before(block.colons)
            let suspects = block.odd & ~block.colons & OctetWord.mask(length)
            let tokenLength = suspects == 0 ? length : try endOfToken(reader, position, suspects, length)
            name.append(block, count: tokenLength)
            position += tokenLength
            if tokenLength < 8 {
                guard position > start else { throw .refused(try nameFault(reader, at: position)) }
                return position
            }
        }
    }

    /// How many of the next `length` octets are a token, looking only at the flagged ones.
    @inline(never)
    private static func endOfToken(
        _ reader: OctetReader, _ position: Int, _ suspects: UInt64, _ length: Int
    ) throws(HeadStop) -> Int {
        var left = suspects
        while left != 0 {
            let offset = OctetWord.before(left)
            let octet = try reader.octet(position + offset)
            guard Octet.isToken(octet) else {
                if Octet.isBlank(octet) { return offset }
                throw .refused(fault(octet, or: .fieldNameInvalid))
            }
            left &= left &- 1
        }
        return length
    }

    /// Where the CR LF after a value begins. Anything else that no value may contain is refused.
    @inline(__always)
    static func endOfValue(_ reader: OctetReader, from start: Int) throws(HeadStop) -> Int {
        var position = start
        // Most values are shorter than a block; those that are not may be very long.
        var nextBlock = start + OctetReader.block / 2
        while true {
            if position >= nextBlock {
                while reader.isText(position) { position += OctetReader.block }
                nextBlock = position + OctetReader.block
            }
            let controls = OctetWord.controls(reader.word(position))
            if controls == 0 {
                position += 8
                continue
            }
            let next = position + 8
            position += OctetWord.before(controls)
            while position < next {
                let octet = try reader.octet(position)
                if octet == Octet.cr {
                    guard try reader.octet(position + 1) == Octet.lf else { throw .refused(.bareCR) }
                    return position
                }
                guard Octet.isText(octet) else { throw .refused(fault(octet, or: .fieldValueInvalid)) }
                position += 1
            }
        }
    }

    /// What is wrong where a colon should stand.
    static func nameFault(_ reader: OctetReader, at position: Int) throws(HeadStop) -> WireFault {
        var position = position
        var octet = try reader.octet(position)
        guard Octet.isBlank(octet) else { return fault(octet, or: .fieldNameInvalid) }
        while Octet.isBlank(octet) {
            position += 1
            octet = try reader.octet(position)
        }
        return octet == Octet.colon ? .whitespaceBeforeColon : .fieldNameInvalid
    }

    /// A lone LF is named for what it is; a CR that ends a line too early is the fault of that line.
    @inline(__always)
    static func fault(_ octet: UInt8, or fault: WireFault) -> WireFault { octet == Octet.lf ? .bareLF : fault }

    static func duplicate(_ role: FieldRole) -> WireFault {
        switch role {
        case .host: .hostDuplicated
        case .contentLength: .contentLengthDuplicated
        case .transferEncoding: .transferEncodingDuplicated
        default: .fieldDuplicated
        }
    }
}
