import SwiftASN1
import X509

/// What an authority may sign, as its own certificate says it.
struct AuthorityLimits {
    /// How many authorities may follow below it; nil for any number.
    var pathLength: Int?
    /// Names that certificates below it may have, of each kind that is listed here (RFC 5280 section 4.2.1.10).
    var permitted: [GeneralName] = []
    var excluded: [GeneralName] = []
    /// Nil: for everything.
    var usage: CertificateUsage?
    /// Further extensions.
    var more: [any CertificateExtensionConvertible] = []

    var extensions: [any CertificateExtensionConvertible] {
        get throws {
            var list: [any CertificateExtensionConvertible] = [
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: pathLength)), Critical(KeyUsage(keyCertSign: true, cRLSign: true)),
            ]
            if let usage { list += try usage.extensions }
            if !permitted.isEmpty || !excluded.isEmpty {
                var names = NameConstraints()
                names.permittedSubtrees = permitted
                names.excludedSubtrees = excluded
                list.append(Critical(names))
            }
            return list + more
        }
    }
}

extension Certificate {
    /// Whether it is an authority's.
    var isAuthority: Bool {
        if case .isCertificateAuthority = try? extensions.basicConstraints { true } else { false }
    }

    /// How many authorities may follow below it; nil for any number.
    var pathLength: Int? {
        if case .isCertificateAuthority(let length) = try? extensions.basicConstraints { length } else { nil }
    }

    var isSelfSigned: Bool { issuer == subject && publicKey.isValidSignature(signature, for: self) }
}
