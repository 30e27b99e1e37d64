/// The one form in which paths are matched: percent-encoding taken off once, nothing left that two programs could read
/// differently (RFC 3986 section 6.2.2; requirements FW-11).
///
/// The path that is forwarded stays as it came; this form is only compared. Where a lenient upstream could see another
/// path than the one compared here, there is no form: encoded or doubled slashes, backslashes, dot segments, `;`
/// parameters, control characters, delimiters and overlong UTF-8 in disguise, escapes within escapes.
enum PathForm {
    /// Writes the form of `path`, which is the target's path without query, into `form`, which is at least as long.
    /// Returns the length of the form, or nil where the path is ambiguous.
    static func write(_ path: UnsafeRawBufferPointer, into form: UnsafeMutableRawBufferPointer) -> Int? {
        guard form.count >= path.count, path.first == UInt8(ascii: "/") else { return nil }
        var read = 0
        var written = 0
        var segment = 0  // where the current segment starts in the form
        while read < path.count {
            if path[read] == UInt8(ascii: "/") {
                guard read == 0 || isPlainSegment(form, segment..<written) else { return nil }
                form[written] = UInt8(ascii: "/")
                written += 1
                read += 1
                segment = written
                continue
            }
            guard let (octet, width) = PercentEncoding.octet(of: path, at: read),
                isUnambiguous(octet, encoded: width > 1), !completesDisguise(octet, form, written)
            else { return nil }
            form[written] = octet
            written += 1
            read += width
        }
        // The last segment may be empty: a trailing slash.
        guard segment == written || isPlainSegment(form, segment..<written) else { return nil }
        return written
    }

    /// Whether `octets` are a form that a path could have: no octet of them, taken for encoded, is one that none may have.
    static func isForm(_ octets: UnsafeRawBufferPointer, scratch: UnsafeMutableRawBufferPointer) -> Bool {
        guard scratch.count >= octets.count, octets.first == UInt8(ascii: "/") else { return false }
        var segment = 0
        for position in octets.indices {
            let octet = octets[position]
            scratch[position] = octet
            if octet == UInt8(ascii: "/") {
                guard position == 0 || isPlainSegment(scratch, segment..<position) else { return false }
                segment = position + 1
            } else {
                guard isUnambiguous(octet, encoded: true), !completesDisguise(octet, scratch, position) else { return false }
            }
        }
        return segment == octets.count || isPlainSegment(scratch, segment..<octets.count)
    }

    /// Neither empty (`//`) nor `.` nor `..`.
    private static func isPlainSegment(_ form: UnsafeMutableRawBufferPointer, _ segment: Range<Int>) -> Bool {
        switch segment.count {
        case 0: false
        case 1: form[segment.lowerBound] != UInt8(ascii: ".")
        case 2: form[segment.lowerBound] != UInt8(ascii: ".") || form[segment.lowerBound + 1] != UInt8(ascii: ".")
        default: true
        }
    }

    private static func isUnambiguous(_ octet: UInt8, encoded: Bool) -> Bool {
        switch octet {
        case 0...0x1f, 0x7f, UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: ";"), UInt8(ascii: "?"), UInt8(ascii: "#"): false
        // 0xc0 and 0xc1 only ever start an overlong ASCII character.
        case 0xc0, 0xc1: false
        case UInt8(ascii: " "), 0x80...: encoded
        default: true
        }
    }

    /// Whether `octet`, after what is written, makes a second layer of percent-encoding or an overlong UTF-8 sequence.
    private static func completesDisguise(_ octet: UInt8, _ form: UnsafeMutableRawBufferPointer, _ written: Int) -> Bool {
        if written >= 2, form[written - 2] == UInt8(ascii: "%"), PercentEncoding.isHexadecimal(form[written - 1]),
            PercentEncoding.isHexadecimal(octet)
        {
            return true
        }
        guard written >= 1 else { return false }
        // An overlong sequence, those of five and six octets too that decoders from before RFC 3629 take.
        return switch form[written - 1] {
        case 0xe0: 0x80..<0xa0 ~= octet
        case 0xf0: 0x80..<0x90 ~= octet
        case 0xf8: 0x80..<0x88 ~= octet
        case 0xfc: 0x80..<0x84 ~= octet
        default: false
        }
    }
}

/// RFC 3986 section 2.1.
enum PercentEncoding {
    /// The octet that stands at `position`, plain (width 1) or percent-encoded (width 3); nil for a broken escape.
    @inline(__always)
    static func octet(of text: UnsafeRawBufferPointer, at position: Int) -> (octet: UInt8, width: Int)? {
        let octet = text[position]
        guard octet == UInt8(ascii: "%") else { return (octet, 1) }
        guard text.count - position >= 3, let high = digit(text[position + 1]), let low = digit(text[position + 2]) else { return nil }
        return (high << 4 | low, 3)
    }

    static func isHexadecimal(_ octet: UInt8) -> Bool { digit(octet) != nil }

    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
