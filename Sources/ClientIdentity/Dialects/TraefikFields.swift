import Credentials
import NIOCore

extension ForwardedCertificate {
    /// The chain, and of the certificate itself what Traefik can tell, percent-encoded as a whole: `Subject="…";Issuer="…";…`. Traefik escapes
    /// nothing inside of the quotes, so what could be read as another part is left out.
    func writeTraefik(to lines: inout CertificateFieldLines) {
        lines.put("X-Forwarded-Tls-Client-Cert", Array(chain.joined(separator: [UInt8(ascii: ",")])))
        var parts: [[UInt8]] = []
        func add(_ key: String, _ value: [UInt8]?) {
            guard let value else { return lines.leaveOut() }
            if !value.isEmpty { parts.append(Array("\(key)=\"".utf8) + value + [UInt8(ascii: "\"")]) }
        }
        add("Subject", Self.text(of: details.subject, withUnits: true))
        add("Issuer", Self.text(of: details.issuer, withUnits: false))
        add("SerialNumber", details.serial.map { Array($0.decimal.utf8) })
        add("NB", Self.time(details.window?.notBefore))
        add("NA", Self.time(details.window?.notAfter))
        add("SAN", Self.text(of: details.alternativeNames))
        lines.put("X-Forwarded-Tls-Client-Cert-Info", Percent.encoded(Array(parts.joined(separator: [UInt8(ascii: ";")]))))
    }

    /// Attributes in Traefik's order; of a serial number and a common name the last one counts, as in Go.
    private static func text(of name: DistinguishedName, withUnits: Bool) -> [UInt8]? {
        guard let attributes = name.attributes else { return nil }
        var told: [[UInt8]] = []
        for (type, key, isSingle) in kinds where withUnits || key != "OU" {
            let ofKind = attributes.filter { $0.type == type && !$0.value.isEmpty }
            for attribute in isSingle ? ofKind.suffix(1) : ofKind[...] {
                guard attribute.isPlain(unlessSplitBy: ",;") else { return nil }
                told.append(Array("\(key)=".utf8) + attribute.value)
            }
        }
        return Array(told.joined(separator: [UInt8(ascii: ",")]))
    }

    /// OpenSSL's name, Traefik's, and whether only one is told.
    private static let kinds = [
        ("DC", "DC", false), ("C", "C", false), ("ST", "ST", false), ("L", "L", false), ("O", "O", false), ("OU", "OU", false),
        ("serialNumber", "SN", true), ("CN", "CN", true),
    ]

    private static func time(_ seconds: Double?) -> [UInt8]? {
        guard let seconds, seconds >= 0, let whole = Int(exactly: seconds) else { return nil }
        return Array(String(whole).utf8)
    }

    /// Names of hosts, then of people, then addresses, then URIs, as in Go; the other kinds are not told.
    private static func text(of names: [AlternativeName]?) -> [UInt8]? {
        guard let names else { return nil }
        var hosts: [[UInt8]] = []
        var people: [[UInt8]] = []
        var addresses: [[UInt8]] = []
        var uris: [[UInt8]] = []
        for name in names {
            switch name {
            case .dns(let text): hosts.append(text)
            case .email(let text): people.append(text)
            case .uri(let text): uris.append(text)
            case .address(let octets):
                guard let text = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: octets), port: 0).ipAddress else { return nil }
                addresses.append(Array(text.utf8))
            case .other: break
            }
        }
        let all = hosts + people + addresses + uris
        guard all.allSatisfy({ !$0.contains { ",;\"".utf8.contains($0) } }) else { return nil }
        return Array(all.joined(separator: [UInt8(ascii: ",")]))
    }
}
