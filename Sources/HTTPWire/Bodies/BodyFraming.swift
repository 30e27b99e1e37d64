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
    /// two ways is refused, in both directions; of a response, unless `tolerance` has a word for it.
    mutating func declaredFraming(
        _ reader: OctetReader, minorVersion: Int, _ tolerance: ResponseTolerance = []
    ) throws(HeadStop) -> BodyFraming? {
        guard let coding = firstLine(.transferEncoding) else { return try contentLength(reader).map(BodyFraming.length) }
        if seen.contains(.contentLength) {
            try tolerate(.framingAmbiguous, if: tolerance.contains(.lengthBesideChunked))
            _ = try contentLength(reader)
        }
        if minorVersion < 1 { try tolerate(.transferEncodingInHTTP10, if: tolerance.contains(.chunkedInHTTP10)) }
        if tolerance.contains(.repeatedChunked), isChunkedRepeated(reader) {
            isFramingGuessed = true
        } else {
            guard !repeated.contains(.transferEncoding) else { throw .refused(.transferEncodingDuplicated) }
            if let fault = Self.fault(ofTransferEncoding: coding.value, reader) { throw .refused(fault) }
        }
        return .chunked
    }

    private mutating func tolerate(_ fault: WireFault, if isTolerated: Bool) throws(HeadStop) {
        guard isTolerated else { throw .refused(fault) }
        isFramingGuessed = true
    }

    /// Of a request one number. Of a response also the same one several times, in lines of its own or as a list (RFC 9110 section 8.6): the
    /// same digits, since `010` is not 10 to everybody.
    private func contentLength(_ reader: OctetReader) throws(HeadStop) -> Int? {
        guard let line = firstLine(.contentLength) else { return nil }
        if !repeated.contains(.contentLength), let octets = reader.decimal(line.value) { return octets }
        guard direction == .response else { throw .refused(.contentLengthInvalid) }
        var first: Range<Int>?
        for index in 0..<count where self[index].role == .contentLength {
            var members = ListValue(reader, self[index].value)
            while let member = members.nextOrEmpty() {
                guard reader.decimal(member) != nil else { throw .refused(.contentLengthInvalid) }
                guard reader.equalIgnoringCase(first ?? member, member) else { throw .refused(.contentLengthDuplicated) }
                first = first ?? member
            }
        }
        guard let first, let octets = reader.decimal(first) else { throw .refused(.contentLengthInvalid) }
        return octets
    }

    /// Whether there is more than one coding, in one line or several, and each is `chunked`.
    private func isChunkedRepeated(_ reader: OctetReader) -> Bool {
        var codings = 0
        for index in 0..<count where self[index].role == .transferEncoding {
            var members = ListValue(reader, self[index].value)
            while let coding = members.nextOrEmpty() {
                guard reader.matches(coding, "chunked") else { return false }
                codings += 1
            }
        }
        return codings > 1
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
