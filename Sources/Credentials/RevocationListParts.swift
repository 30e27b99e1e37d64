import COpenSSL

/// A revocation list in DER, taken apart: its entries one by one into a table of ours, and the rest, which is small, as a list for OpenSSL to read.
///
/// Read whole, OpenSSL's own entries of a list of ten megabytes take ninety, and what is freed of them lies between what stays.
struct RevocationListParts {
    /// Of the DER: the part that is signed.
    let signed: Range<Int>
    let serials: SerialTable
    /// DER of the same list with those of its entries alone that change what OpenSSL makes of it: the first of each kind.
    let rest: [UInt8]

    /// - Parameter der: exactly one list, whose lengths are definite. What the rest is worth OpenSSL says.
    init(_ der: [UInt8]) throws(RevocationList.Fault) {
        guard let list = DERElement(at: 0, before: der.count, of: der), list.isSequence, list.end == der.count,
            let part = DERElement(at: list.content.lowerBound, before: list.end, of: der), part.isSequence
        else { throw .unreadable }
        signed = part.start..<part.end
        guard let entries = try Self.entries(in: part, of: der) else {
            serials = SerialTable()
            rest = der
            return
        }
        guard let read = Self.read(entries, of: der) else { throw .unreadable }
        serials = read.serials
        var fields = Array(der[part.content.lowerBound..<entries.start])
        if !read.kept.isEmpty { fields += Self.sequence(read.kept) }
        fields += der[entries.end..<part.end]
        rest = Self.sequence(Self.sequence(fields) + der[part.end..<list.end])
    }

    /// The first SEQUENCE after a time (RFC 5280 section 5.1.2); a list that revokes nothing has none.
    private static func entries(in part: DERElement, of der: [UInt8]) throws(RevocationList.Fault) -> DERElement? {
        var position = part.content.lowerBound
        var isAfterTimes = false
        while position < part.end {
            guard let element = DERElement(at: position, before: part.end, of: der) else { throw .unreadable }
            if isAfterTimes, element.isSequence { return element }
            if element.isTime { isAfterTimes = true }
            position = element.end
        }
        return nil
    }

    private static func read(_ entries: DERElement, of der: [UInt8]) -> (serials: SerialTable, kept: [UInt8])? {
        var serials = SerialTable()
        var kept: [UInt8] = []
        var kinds: Int32 = 0
        let isRead = der.withUnsafeBufferPointer { octets -> Bool in
            guard let start = octets.baseAddress else { return false }
            var position: UnsafePointer<UInt8>? = start + entries.content.lowerBound
            let end = start + entries.end
            while let begin = position, begin < end {
                guard let entry = d2i_X509_REVOKED(nil, &position, end - begin) else { return false }
                defer { X509_REVOKED_free(entry) }
                guard let after = position, after > begin, after <= end, let serial = X509_REVOKED_get0_serialNumber(entry) else { return false }
                let kind = holdfast_revoked_kind(entry)
                serials.append(serial.pointee, isRemoval: kind & HOLDFAST_REVOKED_REMOVAL != 0)
                guard kind & ~kinds != 0 else { continue }
                kinds |= kind
                kept += UnsafeBufferPointer(start: begin, count: after - begin)
            }
            return true
        }
        guard isRead else { return nil }
        serials.sort()
        return (serials, kept)
    }

    private static func sequence(_ content: [UInt8]) -> [UInt8] {
        guard let count = Int32(exactly: content.count) else { return [] }
        let size = Int(ASN1_object_size(1, count, V_ASN1_SEQUENCE))
        guard size > content.count else { return [] }
        let header = [UInt8](unsafeUninitializedCapacity: size - content.count) { buffer, initialized in
            var position = buffer.baseAddress
            ASN1_put_object(&position, 1, count, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL)
            initialized = buffer.count
        }
        return header + content
    }
}

/// Where one value stands in DER, by its header, which OpenSSL reads.
private struct DERElement {
    let start: Int
    let content: Range<Int>
    let isSequence: Bool
    let isTime: Bool

    var end: Int { content.upperBound }

    /// Nil where none that is whole begins there, or its length is indefinite.
    init?(at start: Int, before limit: Int, of der: [UInt8]) {
        guard start >= 0, start < limit, limit <= der.count else { return nil }
        var length = 0
        var (tag, kind): (Int32, Int32) = (0, 0)
        defer { ERR_clear_error() }
        let found = der.withUnsafeBufferPointer { octets -> (form: Int32, begin: Int)? in
            guard let base = octets.baseAddress else { return nil }
            var position: UnsafePointer<UInt8>? = base + start
            let form = ASN1_get_object(&position, &length, &tag, &kind, limit - start)
            return position.map { (form, $0 - base) }
        }
        // 0x80 is an error, 1 an indefinite length.
        guard let found, found.form & 0x81 == 0, found.begin > start, length >= 0, length <= limit - found.begin else { return nil }
        self.start = start
        content = found.begin..<found.begin + length
        isSequence = kind == V_ASN1_UNIVERSAL && tag == V_ASN1_SEQUENCE && found.form == V_ASN1_CONSTRUCTED
        isTime = kind == V_ASN1_UNIVERSAL && (tag == V_ASN1_UTCTIME || tag == V_ASN1_GENERALIZEDTIME)
    }
}
