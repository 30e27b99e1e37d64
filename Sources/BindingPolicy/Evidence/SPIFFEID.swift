/// Who a workload is, where certificates are given out by SPIFFE: `spiffe://trust.domain/path` (SPIFFE-ID section 2).
package struct SPIFFEID: Equatable, Sendable {
    /// Of the whole, in octets (section 2.3).
    package static let limit = 2048
    /// Of the trust domain, in octets (section 2.1).
    package static let domainLimit = 255
    package static let scheme = "spiffe://"

    package let text: String
    package let trustDomain: String
    /// With its slash; empty for the trust domain's own id, which no workload has.
    package let path: String

    /// Nil for whatever is none: another scheme or another case of it, a port, a query, an encoded character, an empty segment, `.` or `..`.
    package init?(_ octets: [UInt8]) {
        guard octets.count <= Self.limit, octets.starts(with: Self.scheme.utf8) else { return nil }
        let rest = octets.dropFirst(Self.scheme.utf8.count)
        let domain = rest.prefix { $0 != UInt8(ascii: "/") }
        let path = rest[domain.endIndex...]
        guard Self.isTrustDomain(domain), path.isEmpty || Self.isPath(path) else { return nil }
        text = String(decoding: octets, as: UTF8.self)
        trustDomain = String(decoding: domain, as: UTF8.self)
        self.path = String(decoding: path, as: UTF8.self)
    }

    package init?(_ text: String) { self.init(Array(text.utf8)) }

    package static func isTrustDomain(_ octets: some Collection<UInt8>) -> Bool {
        (1...domainLimit).contains(octets.count) && octets.allSatisfy { isPlain($0) && !isUpperCase($0) }
    }

    private static func isPath(_ path: ArraySlice<UInt8>) -> Bool {
        let dots = [[UInt8(ascii: ".")], [UInt8(ascii: "."), UInt8(ascii: ".")]]
        return path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst().allSatisfy { segment in
            !segment.isEmpty && segment.allSatisfy(isPlain) && !dots.contains { segment.elementsEqual($0) }
        }
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isUpperCase(_ octet: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= octet }
}
