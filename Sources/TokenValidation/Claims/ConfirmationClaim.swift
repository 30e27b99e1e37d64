import BindingPolicy

/// Reads `cnf` (RFC 7800 section 3.1) for the one method there is here: `x5t#S256` (RFC 8705 section 3.1).
///
/// Members that are not known are ignored, and ignoring confirms nothing. A second key that nobody would check (`jkt`, `jwk`,
/// `jwe`, `jku`) makes the whole unusable: satisfy all of it or refuse. `null` is no binding; an empty object is one that nobody can
/// satisfy, so that it does not leave the word to another account of the token.
enum ConfirmationClaim {
    static func read(_ reader: inout JSONReader) throws(JSONFault) -> Confirmation {
        let kind = try reader.peek()
        guard kind == .object else {
            if kind == .literal, try reader.skipVoid() { return .absent }
            try reader.skip()
            return .unusable(.confirmationMalformed)
        }
        var thumbprint: Confirmation?
        var otherKeys = 0
        var keyHash = false
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "x5t#S256":
                switch try reader.peek() {
                case .string: thumbprint = certificate(try reader.string())
                case .literal where try reader.skipVoid(): break
                default:
                    thumbprint = .unusable(.confirmationMalformed)
                    try reader.skip()
                }
            case "jkt":
                guard try !reader.skipVoid() else { continue }
                keyHash = true
                try reader.skip()
            case "jwk", "jwe", "jku":
                guard try !reader.skipVoid() else { continue }
                otherKeys += 1
                try reader.skip()
            default: try reader.skip()
            }
        }
        if otherKeys > 1 { return .unusable(.confirmationMalformed) }
        if keyHash || otherKeys > 0 { return .unusable(.confirmationUnsupported) }
        return thumbprint ?? .unusable(.confirmationUnsupported)
    }

    private static func certificate(_ text: JSONText) -> Confirmation {
        text.withOctets { octets in
            if let thumbprint = Thumbprint(base64url: octets) { return .certificate(thumbprint) }
            return .unusable(isHex(octets) ? .confirmationMalformedHex : .confirmationMalformed)
        }
    }

    /// The two common mistakes: hexadecimal (with or without colons), and the base64url of hexadecimal.
    private static func isHex(_ octets: UnsafeRawBufferPointer) -> Bool {
        if octets.count == 86, let inner = Base64URL.decode(octets) { return inner.allSatisfy(isHexDigit) }
        if octets.count == 95 {
            return octets.enumerated().allSatisfy { $0 % 3 == 2 ? $1 == UInt8(ascii: ":") : isHexDigit($1) }
        }
        return octets.count == 64 && octets.allSatisfy(isHexDigit)
    }

    private static func isHexDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
