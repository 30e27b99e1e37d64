import Credentials
import Timekeeping

extension ForwardedCertificate {
    /// As its manual sets them, and as it writes them: without quotes, though the manual has `%{+Q}`, which changes nothing for samples, and without
    /// any escaping, so that many a value has to be left out.
    func writeHAProxy(to lines: inout CertificateFieldLines) {
        lines.put("X-SSL", "1")
        lines.put("X-SSL-Client-Verify", String(verification.code))
        lines.put("X-SSL-Client-SHA1", details.sha1.map { CertificateText.hex($0, upperCase: true) })
        lines.put("X-SSL-Client-Serial", details.serial?.hex)
        lines.put("X-SSL-Client-DN", details.subject.slashes)
        if let name = commonName { lines.put("X-SSL-Client-CN", name.slashes.map { Array($0.dropFirst(Self.commonNameStart)) }) }
        lines.put("X-SSL-Issuer", details.issuer.slashes)
        lines.put("X-SSL-Client-NotBefore", Self.time(details.window?.notBefore))
        lines.put("X-SSL-Client-NotAfter", Self.time(details.window?.notAfter))
        lines.put("X-SSL-Client-Cert", leaf)
    }

    private static let commonNameStart = "/CN=".utf8.count

    /// The first one, as a name of its own; nil where there is none.
    private var commonName: DistinguishedName? {
        guard let attributes = details.subject.attributes else { return nil }
        return attributes.first { $0.type == "CN" }.map { DistinguishedName(text: nil, attributes: [$0]) }
    }

    /// `YYMMDDhhmmssZ`, for the years that two digits stand for (RFC 5280 section 4.1.2.5.1).
    private static func time(_ seconds: Double?) -> [UInt8]? {
        guard let seconds, let text = Timestamp(seconds)?.rfc3339, let year = Int(text.prefix(4)), (1950..<2050).contains(year) else { return nil }
        return text.utf8.dropFirst(2).filter { $0 >= UInt8(ascii: "0") && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "T") }
    }
}
