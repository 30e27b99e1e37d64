import BindingPolicy
package import Credentials
import Crypto
import Files

/// Certificates that are let in no more, whatever else holds: told by an operator, and in force at once.
///
/// One entry a line; empty lines and what follows a `#` at a line's start count for nothing:
/// - `thumbprint VALUE`: the SHA-256 of the certificate's DER, in base64url or hexadecimal, as `holdfast thumbprint` prints it;
/// - `key VALUE`: the SHA-256 of its SubjectPublicKeyInfo, so that a renewal of the same key stays out too;
/// - `serial HEX issuer NAME`: RFC 5280's own name of a certificate, the issuer as tools print it (``ComparableName``);
/// - `issuer NAME`: whatever this CA issued.
///
/// The client's certificate is looked up and those between it and its authority: who needs an intermediate that is denied is denied.
package struct DenyList: Sendable {
    /// Octets of a file: a hundred thousand entries.
    package static let limit = 16 << 20

    private struct Serial: Hashable {
        let digits: String
        let issuer: ComparableName
    }

    private var thumbprints: Set<Thumbprint> = []
    private var keys: Set<Thumbprint> = []
    private var serials: Set<Serial> = []
    private var issuers: Set<ComparableName> = []

    package var count: Int { thumbprints.count + keys.count + serials.count + issuers.count }

    package static let empty = DenyList()

    private init() {}

    package init(file path: String) throws(CredentialFault) {
        let octets: [UInt8]
        do throws(FileFault) {
            octets = ByteOrderMark.removed(from: try RegularFile.read(path, limit: Self.limit))
        } catch {
            // Nobody is denied any more.
            guard error == .empty else { throw CredentialFault(path, error) }
            octets = []
        }
        try self.init(String(decoding: octets, as: UTF8.self), of: path)
    }

    init(_ text: String, of path: String) throws(CredentialFault) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard let kind = words.first, !kind.hasPrefix("#") else { continue }
            guard take(kind, words.count > 1 ? words[1].trimmed : "") else {
                throw CredentialFault(
                    path,
                    "has no entry in line \(index + 1): `thumbprint VALUE`, `key VALUE`, `serial HEX issuer NAME` or `issuer NAME` is expected")
            }
        }
    }

    private mutating func take(_ kind: String, _ value: String) -> Bool {
        switch kind {
        case "thumbprint":
            guard let thumbprint = Thumbprint(written: value) else { return false }
            thumbprints.insert(thumbprint)
        case "key":
            guard let digest = Thumbprint(written: value) else { return false }
            keys.insert(digest)
        case "serial":
            let parts = value.split(separator: " ", maxSplits: 2).map(String.init)
            guard parts.count == 3, parts[1] == "issuer", let digits = Self.digits(parts[0]), let issuer = ComparableName(parts[2].trimmed)
            else { return false }
            serials.insert(Serial(digits: digits, issuer: issuer))
        case "issuer":
            guard let issuer = ComparableName(value) else { return false }
            issuers.insert(issuer)
        default: return false
        }
        return true
    }

    /// Hexadecimal as tools write it, with colons or a `0x`; lower case, without leading zeros.
    private static func digits(_ text: String) -> String? {
        var text = text.replacing(":", with: "").lowercased()
        if text.hasPrefix("0x") { text.removeFirst(2) }
        guard !text.isEmpty, text.allSatisfy(\.isHexDigit), text.allSatisfy(\.isASCII) else { return nil }
        let digits = text.drop { $0 == "0" }
        return digits.isEmpty ? "0" : String(digits)
    }

    // MARK: Looking up

    /// The certificate, or one of those that its path needs.
    func denies(_ certificate: ClientCertificate) -> Bool {
        guard count > 0 else { return false }
        if thumbprints.contains(certificate.thumbprint) { return true }
        return certificate.chain.contains(where: denies)
    }

    private func denies(_ der: [UInt8]) -> Bool {
        if thumbprints.contains(Thumbprint(ofCertificate: der)) { return true }
        guard !keys.isEmpty || !serials.isEmpty || !issuers.isEmpty, let certificate = OpenSSLCertificate(der: der) else { return false }
        if !keys.isEmpty, let key = certificate.publicKeyDER, keys.contains(Thumbprint(ofSHA256: SHA256.hash(data: key))) { return true }
        guard !serials.isEmpty || !issuers.isEmpty else { return false }
        guard let issuer = ComparableName(certificate.issuer) else { return false }
        if issuers.contains(issuer) { return true }
        return certificate.serial.flatMap(Self.digits).map { serials.contains(Serial(digits: $0, issuer: issuer)) } ?? false
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}
