/// What a field of a request is to the rules of RFC 9113 section 8, by its name alone.
enum HTTP2FieldKind: UInt8 {
    case method, scheme, path, authority, `protocol`
    /// A name that begins with a colon and is none of a request's.
    case unknownPseudo
    /// No name at all: not of HTTP's alphabet, in upper case, or empty (section 8.2.1).
    case invalid
    /// Of a connection, which in HTTP/2 only frames speak of (section 8.2.2).
    case connectionSpecific
    case te
    case host, cookie, contentLength
    case plain

    @inline(__always) var isPseudo: Bool { rawValue <= Self.unknownPseudo.rawValue }

    init(_ name: UnsafeRawBufferPointer) {
        guard let reader = OctetReader(name) else {
            self = .invalid
            return
        }
        self = reader.octetOrZero(0) == Octet.colon ? Self.pseudo(reader) : Self.isValid(reader) ? Self.regular(reader) : .invalid
    }

    private static func pseudo(_ name: OctetReader) -> HTTP2FieldKind {
        switch name.count {
        case 5 where name.equals(":path"): .path
        case 7 where name.equals(":method"): .method
        case 7 where name.equals(":scheme"): .scheme
        case 9 where name.equals(":protocol"): .protocol
        case 10 where name.equals(":authority"): .authority
        default: .unknownPseudo
        }
    }

    private static func regular(_ name: OctetReader) -> HTTP2FieldKind {
        switch name.count {
        case 2 where name.equals("te"): .te
        case 4 where name.equals("host"): .host
        case 6 where name.equals("cookie"): .cookie
        case 7 where name.equals("upgrade"): .connectionSpecific
        case 10 where name.equals("connection") || name.equals("keep-alive"): .connectionSpecific
        case 14 where name.equals("content-length"): .contentLength
        case 16 where name.equals("proxy-connection"): .connectionSpecific
        case 17 where name.equals("transfer-encoding"): .connectionSpecific
        default: .plain
        }
    }

    /// A token without capital letters.
    private static func isValid(_ name: OctetReader) -> Bool {
        var position = 0
        while position < name.count {
            let word = name.word(position)
            let block = NameBlock(word)
            let length = min(8, name.count - position)
            // Letters in lower case, digits and `-` need no closer look.
            if (block.odd | block.capitals(word)) & OctetWord.mask(length) != 0 {
                for offset in position..<position + length {
                    let octet = name.octetOrZero(offset)
                    guard Octet.isToken(octet), octet &- 0x41 >= 26 else { return false }
                }
            }
            position += 8
        }
        return true
    }
}

extension NameBlock {
    /// Flags each letter whose case folding changed it.
    @inline(__always) fileprivate func capitals(_ word: UInt64) -> UInt64 { ((word ^ folded) & OctetWord.each(0x20)) &<< 2 }
}

extension OctetReader {
    /// Whether all the octets are `text`.
    @inline(__always)
    fileprivate func equals(_ text: StaticString) -> Bool { equals(0..<count, text) }

    /// Whether the octets are `text`, in its case.
    @inline(__always)
    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        var index = 0
        while index < range.count {
            guard octetOrZero(range.lowerBound &+ index) == text.utf8Start[index] else { return false }
            index += 1
        }
        return true
    }
}
