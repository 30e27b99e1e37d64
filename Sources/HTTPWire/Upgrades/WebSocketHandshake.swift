// The opening handshake of WebSocket (RFC 6455 section 4), as far as one in the middle has a part in it.

extension RequestHead {
    /// The key of a request that offers to go on with WebSocket; nil of any other, which goes on without its Upgrade field.
    package borrowing func webSocketKey(in octets: UnsafeRawBufferPointer) -> [UInt8]? {
        guard method == .get, minorVersion == 1, framing == .none, hasUpgrade, octets.count >= length,
            let reader = OctetReader(octets, limit: length), section.lists("upgrade", in: .connection, reader),
            section.lists("websocket", in: .upgrade, reader), let value = section.only("sec-websocket-key", reader)
        else { return nil }
        let key = Array(reader.octets(value))
        return Self.isKey(key) ? key : nil
    }

    /// Sixteen octets in base64.
    private static func isKey(_ key: [UInt8]) -> Bool {
        key.count == 24 && key.suffix(2).allSatisfy { $0 == UInt8(ascii: "=") }
            && key.prefix(22).allSatisfy { Octet.isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }
    }

    private static func isLetter(_ octet: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20) }
}

extension ResponseHead {
    /// Whether it is a 101 that takes up the offer, by a server that speaks WebSocket and has read this very request.
    /// - Parameter accept: what it must say of the request's key (RFC 6455 section 4.2.2).
    package borrowing func switchesToWebSocket(_ octets: UnsafeRawBufferPointer, accept: [UInt8]) -> Bool {
        guard status == 101, minorVersion == 1, octets.count >= length, let reader = OctetReader(octets, limit: length),
            section.lists("upgrade", in: .connection, reader), let upgrade = section.firstLine(.upgrade), !section.repeated.contains(.upgrade),
            reader.matches(upgrade.value, "websocket"), let value = section.only("sec-websocket-accept", reader)
        else { return false }
        return reader.octets(value).elementsEqual(accept)
    }
}

extension FieldSection {
    /// Whether a member of the lists that are the values of `role` is `word`, in whatever case.
    fileprivate func lists(_ word: StaticString, in role: FieldRole, _ reader: OctetReader) -> Bool {
        for index in 0..<count where self[index].role == role {
            var members = ListValue(reader, self[index].value)
            while let member = members.next() { if reader.matches(member, word) { return true } }
        }
        return false
    }

    /// The value of a field that is there once and goes on.
    fileprivate func only(_ name: StaticString, _ reader: OctetReader) -> Range<Int>? {
        var found: Range<Int>?
        for index in 0..<count where reader.matches(self[index].name, name) {
            guard found == nil, !self[index].isNominated else { return nil }
            found = self[index].value
        }
        return found
    }
}
