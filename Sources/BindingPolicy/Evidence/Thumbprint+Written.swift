extension Thumbprint {
    /// As people write one: 43 characters of base64url, or 64 hexadecimal digits with colons or without.
    package init?(written text: String) {
        if let value = Thumbprint(base64url: text) {
            self = value
            return
        }
        let digits = Array(text.replacing(":", with: "").utf8)
        guard digits.count == 64 else { return nil }
        var octets: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let octet = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else { return nil }
            octets.append(octet)
        }
        self.init(digest: octets)
    }
}
