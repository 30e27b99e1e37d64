import Credentials

/// Names of people and organisations in the forms that proxies give them. Where two names could come out as one text, there is none.
extension DistinguishedName {
    /// RFC 2253, for a field that holds nothing else.
    var line: [UInt8]? {
        guard let text else { return nil }
        var octets = Array(text.utf8)
        // `\ ` at the end would lose its space as white space around a field's value.
        if octets.last == UInt8(ascii: " ") { octets = octets.dropLast() + Array("20".utf8) }
        return octets
    }

    /// RFC 2253 that may stand between quotes, whatever its reader takes `\"` and `\\` for: both are spelled in hexadecimal.
    var quotable: [UInt8]? {
        guard let line else { return nil }
        var octets: [UInt8] = []
        var isEscaped = false
        for octet in line {
            if isEscaped {
                switch octet {
                case UInt8(ascii: "\""): octets += "\\22".utf8
                case UInt8(ascii: "\\"): octets += "\\5C".utf8
                default: octets += [UInt8(ascii: "\\"), octet]
                }
                isEscaped = false
            } else if octet == UInt8(ascii: "\\") {
                isEscaped = true
            } else if octet == UInt8(ascii: "\"") {
                return nil
            } else {
                octets.append(octet)
            }
        }
        return isEscaped ? nil : octets
    }

    /// `/C=NZ/O=Someone`: the form of those who escape nothing. Nil unless it is ASCII that can be read in one way only.
    var slashes: [UInt8]? {
        guard let attributes else { return nil }
        var octets: [UInt8] = []
        for attribute in attributes {
            guard attribute.isPlain(unlessSplitBy: "/"), attribute.value.allSatisfy({ 0x20...0x7e ~= $0 && $0 != UInt8(ascii: "\\") }) else {
                return nil
            }
            octets += "/\(attribute.type)=".utf8
            octets += attribute.value
        }
        return octets
    }
}

extension DistinguishedName.Attribute {
    /// Whether a reader that splits at `separators` cannot take a part of it for another attribute: such a part has no `=`.
    func isPlain(unlessSplitBy separators: String) -> Bool {
        !value.contains(UInt8(ascii: "\"")) && !(value.contains(UInt8(ascii: "=")) && value.contains(where: separators.utf8.contains))
    }
}
