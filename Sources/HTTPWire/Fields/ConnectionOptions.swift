/// What the Connection fields of a head say (RFC 9110 section 7.6.1).
struct ConnectionOptions {
    /// Options that one head may hold in all; more is refused, so that matching them against the fields stays cheap.
    static let limit = 16

    var close = false
    /// How many protected fields were named, each to no effect: an attempt to make us drop them (requirements CC-18).
    var protectedNames = 0
}

extension FieldSection {
    /// Reads all Connection fields and marks the fields they name, so that they are not forwarded.
    mutating func applyConnection(
        _ reader: OctetReader, names: StripList
    ) throws(HeadStop) -> ConnectionOptions {
        var options = ConnectionOptions()
        guard seen.contains(.connection) else { return options }
        var left = ConnectionOptions.limit
        for index in 0..<count where self[index].role == .connection {
            let value = self[index].value
            if reader.matches(value, "keep-alive") { continue }
            if reader.matches(value, "close") {
                options.close = true
                continue
            }
            var list = ListValue(reader, value)
            while let option = list.next() {
                left -= 1
                guard left >= 0, reader.isToken(option) else { throw .refused(.connectionMalformed) }
                try apply(option, reader, names: names, to: &options)
            }
        }
        return options
    }

    private mutating func apply(
        _ option: Range<Int>, _ reader: OctetReader, names: StripList, to options: inout ConnectionOptions
    ) throws(HeadStop) {
        if reader.matches(option, "close") {
            options.close = true
            return
        }
        let role = names.verdict(on: FoldedName(reader, option)).role
        switch role {
        case .hopByHop, .upgrade, .connection: return
        case .host, .contentLength, .transferEncoding:
            // In a response there is nothing to win by it: the framing is written anew.
            if direction == .response { return }
            throw .refused(.connectionNamesFraming)
        default: break
        }
        if direction == .request, FieldRoles.protectedFromConnection.contains(role) {
            options.protectedNames += 1
            return
        }
        for index in 0..<count where reader.equalIgnoringCase(self[index].name, option) { nominate(index) }
    }
}
