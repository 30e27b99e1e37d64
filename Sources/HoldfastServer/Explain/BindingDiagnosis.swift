import BindingPolicy
import ClientIdentity
import Crypto
import Foundation
import NIOSSL

/// Why a token's `x5t#S256` is not a certificate's: the mistakes that issuers and people make.
struct BindingDiagnosis {
    private let leaf: [UInt8]
    private let thumbprint: Thumbprint
    /// Other certificates that may be meant: of the same file, and of files beside it.
    private let others: [(name: String, certificate: CertificateSummary)]
    private let subject, issuer: String

    /// - Parameters:
    ///   - chain: DER, the leaf first.
    ///   - files: of other certificates, PEM or DER; those that are none are passed over.
    init?(chain: [[UInt8]], file: String, files: [String]) {
        guard let leaf = chain.first, let summary = CertificateSummary(der: leaf) else { return nil }
        self.leaf = leaf
        thumbprint = summary.thumbprint
        subject = summary.subject
        issuer = summary.issuer
        let inChain = chain.dropFirst().enumerated().compactMap { index, der in
            CertificateSummary(der: der).map { ("certificate \(index + 2) of \(file)", $0) }
        }
        others = inChain + files.filter { $0 != file }.compactMap { path in (try? CertificateSummary.first(in: path)).map { (path, $0) } }
    }

    /// Sentences, the most telling first; empty where nothing is known about `found`.
    func notes(on found: String) -> [String] {
        if let mistake = mistake(found) { return ["\(mistake) Have the issuer write \(thumbprint.base64url)."] }
        if let other = others.first(where: { $0.certificate.thumbprint.base64url == found }) {
            // Another CA's namesake is somebody else.
            if other.certificate.subject == subject, other.certificate.issuer == issuer, !subject.isEmpty {
                return [
                    "It is bound to \(other.name), which has the same subject (\(subject)): the certificate was renewed. A renewed certificate is another one, even with the same key (RFC 8705 section 6.3): get a new token with it."
                ]
            }
            return ["It is bound to \(other.name) (\(other.certificate.subject))."]
        }
        if Thumbprint(base64url: found) == nil { return ["It is no SHA-256 in base64url without padding: 43 characters in canonical form."] }
        return [
            "It is bound to a certificate that is not at hand. Where this one was renewed, even with the same subject and key, a token of before does not fit it (RFC 8705 section 6.3): get a new one. `--other FILE` names further certificates to compare with."
        ]
    }

    private func mistake(_ found: String) -> String? {
        let hex = thumbprint.hex
        let plain = found.filter { $0 != ":" }.lowercased()
        if plain == hex { return "This is the right digest in hexadecimal, where base64url of its 32 octets is needed." }
        if found == Base64URL.encode(Array(hex.utf8)) || found == Base64URL.encode(Array(hex.uppercased().utf8)) {
            return "This is the base64url of the hexadecimal text, where base64url of the digest's 32 octets is needed."
        }
        let standard = Data(thumbprint.octets).base64EncodedString()
        if found == standard || found == thumbprint.base64url + "=" || found + "=" == standard {
            return "This is the right digest with padding or in base64's other alphabet, where base64url without padding is needed."
        }
        if found == Base64URL.encode(Array(Insecure.SHA1.hash(data: leaf))) {
            return "This is the SHA-1 of the certificate (`x5t`), where the SHA-256 is needed."
        }
        if let key = (try? NIOSSLCertificate(bytes: leaf, format: .der).extractPublicKey())?.spki, found == digest(key) {
            return "This is the digest of the certificate's public key, where that of the whole certificate is needed."
        }
        let body = Data(leaf).base64EncodedString()
        if found == digest(Array(body.utf8)) { return "This is the digest of the PEM text, where that of the DER octets is needed." }
        return nil
    }

    private func digest(_ octets: [UInt8]) -> String { Base64URL.encode(Array(SHA256.hash(data: octets))) }
}

extension NIOSSLPublicKey {
    fileprivate var spki: [UInt8]? { try? toSPKIBytes() }
}
