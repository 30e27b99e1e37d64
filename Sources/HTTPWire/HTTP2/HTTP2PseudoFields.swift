/// The pseudo-fields of a request (RFC 9113 section 8.3.1), as positions, each valid in itself.
struct HTTP2PseudoFields {
    var method: Range<Int>?
    var scheme: Range<Int>?
    var path: Range<Int>?
    var authority: Range<Int>?
    var `protocol`: Range<Int>?

    /// Octets of an authority; a name has 253 at most, and a port five.
    static let longestAuthority = 512

    /// - Parameter value: where it stands.
    /// - Returns: what is wrong with it, and whether a bound of ours is all that is.
    mutating func take(
        _ kind: HTTP2FieldKind, _ value: Range<Int>, _ reader: OctetReader, limits: WireLimits, offersWebSocket: Bool
    ) -> (fault: WireFault, isMalformed: Bool)? {
        switch kind {
        case .method:
            guard method == nil else { return (.pseudoFieldRepeated, true) }
            guard reader.isToken(value) else { return (.methodInvalid, true) }
            guard value.count <= limits.method else { return (.methodTooLong, false) }
            method = value
        case .scheme:
            guard scheme == nil else { return (.pseudoFieldRepeated, true) }
            guard reader.matches(value, "https") || limits.takesCleartext && reader.matches(value, "http") else { return (.schemeInvalid, true) }
            scheme = value
        case .path:
            guard path == nil else { return (.pseudoFieldRepeated, true) }
            guard Self.isPath(reader, value) else { return (.targetInvalid, true) }
            guard value.count <= limits.target else { return (.targetTooLong, false) }
            path = value
        case .authority:
            guard authority == nil else { return (.pseudoFieldRepeated, true) }
            guard value.count <= Self.longestAuthority, Authority.isValid(reader, value) else { return (.hostInvalid, true) }
            authority = value
        case .protocol:
            guard offersWebSocket else { return (.pseudoFieldUnknown, true) }
            guard self.protocol == nil else { return (.pseudoFieldRepeated, true) }
            guard reader.matches(value, "websocket") else { return (.protocolUnknown, false) }
            self.protocol = value
        default: return (.pseudoFieldUnknown, true)
        }
        return nil
    }

    /// `/…` or `*`, of what may stand in a request line.
    private static func isPath(_ reader: OctetReader, _ value: Range<Int>) -> Bool {
        switch reader.octetOrZero(value.lowerBound) {
        case Octet.slash where !value.isEmpty: break
        case Octet.asterisk where value.count == 1: break
        default: return false
        }
        for position in value where !RequestLine.isInTarget(reader.octetOrZero(position)) { return false }
        return true
    }

    /// What is to stand in the request line.
    enum Line: Equatable {
        case origin(method: Range<Int>, path: Range<Int>)
        /// A tunnel to somewhere else, for the judge to refuse as HTTP/1.1's.
        case connect(Range<Int>)
        case webSocket(path: Range<Int>)
    }

    func line(_ reader: OctetReader) -> Result<Line, WireFault> {
        guard let method else { return .failure(.pseudoFieldMissing) }
        let isConnect = reader.equals(method, "CONNECT")
        if isConnect, self.protocol == nil {
            // RFC 9113 section 8.5.
            guard scheme == nil, path == nil else { return .failure(.targetInvalid) }
            guard let authority else { return .failure(.pseudoFieldMissing) }
            return .success(.connect(authority))
        }
        guard scheme != nil, let path else { return .failure(.pseudoFieldMissing) }
        if self.protocol != nil {
            // RFC 8441 section 4.
            guard isConnect else { return .failure(.pseudoFieldUnknown) }
            guard authority != nil else { return .failure(.pseudoFieldMissing) }
            return .success(.webSocket(path: path))
        }
        let isAsterisk = reader.octetOrZero(path.lowerBound) == Octet.asterisk
        guard !isAsterisk || reader.equals(method, "OPTIONS") else { return .failure(.targetInvalid) }
        return .success(.origin(method: method, path: path))
    }
}
