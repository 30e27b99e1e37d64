/// Where a received body ends (RFC 9112 section 6.3).
package enum BodyFraming: Equatable, Sendable {
    /// There is none.
    case none
    /// After this many octets, which may be 0.
    case length(Int)
    case chunked
    /// Only responses: where the connection ends.
    case untilClose
}

extension FieldSection {
    /// What Content-Length and Transfer-Encoding say; nil without either. Anything that two readers might understand in
    /// two ways is refused, in both directions.
    func declaredFraming(_ reader: OctetReader, minorVersion: Int) throws(HeadStop) -> BodyFraming? {
        let length = firstLine(.contentLength)
        if let coding = firstLine(.transferEncoding) {
            guard length == nil else { throw .refused(.framingAmbiguous) }
            guard minorVersion >= 1 else { throw .refused(.transferEncodingInHTTP10) }
            if let fault = Self.fault(ofTransferEncoding: coding.value, reader) { throw .refused(fault) }
            return .chunked
        }
        guard let length else { return nil }
        guard let octets = reader.decimal(length.value) else { throw .refused(.contentLengthInvalid) }
        return .length(octets)
    }

    /// Only `chunked`, alone, is a coding we know. `gzip, chunked` is well formed, so that is "not implemented"; where the
    /// last coding is not `chunked` nobody can tell where the body ends (RFC 9112 sections 6.1 and 6.3).
    private static func fault(ofTransferEncoding value: Range<Int>, _ reader: OctetReader) -> WireFault? {
        if reader.matches(value, "chunked") { return nil }
        var codings = ListValue(reader, value)
        var isChunked = false
        var end = value.lowerBound
        while let coding = codings.next() {
            guard !isChunked, reader.isToken(coding) else { return .transferEncodingInvalid }
            isChunked = reader.matches(coding, "chunked")
            end = coding.upperBound
        }
        return isChunked && end == value.upperBound && reader.octetOrZero(value.lowerBound) != Octet.comma
            ? .transferEncodingUnknown : .transferEncodingInvalid
    }
}
