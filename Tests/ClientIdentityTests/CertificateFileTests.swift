import ClientIdentity
import Credentials
import Foundation
import Testing

@Suite struct CertificateFileTests {
    private let root: TestCertificate
    private let leaf: TestCertificate

    init() throws {
        root = try .authority()
        leaf = try root.issue("A")
    }

    private func problem(_ contents: String) throws -> String? {
        let file = try TemporaryFile(contents)
        do {
            _ = try CertificateFile.read(file.path)
            return nil
        } catch {
            #expect(error.file == file.path)
            return error.problem
        }
    }

    @Test func aChainIsReadInOrderWhateverStandsAroundIt() throws {
        let text = try "subject=CN = A\n" + leaf.pem + "some text\n" + leaf.keyPEM + root.pem
        let file = try TemporaryFile(text)
        #expect(try CertificateFile.read(file.path).map(\.der) == [leaf.der, root.der])
        #expect(try CertificateSummary.first(in: file.path).subject == "CN=A")
    }

    @Test func windowsLineEndsAndDERAreRead() throws {
        let dos = try TemporaryFile(try leaf.pem.replacingOccurrences(of: "\n", with: "\r\n"))
        #expect(try CertificateFile.read(dos.path).map(\.der) == [leaf.der])
        let der = try TemporaryFile(Published.rfc8705)
        #expect(try CertificateFile.read(der.path).map(\.der) == [Published.rfc8705])
    }

    @Test func aByteOrderMarkAndTextThatLooksLikeDERDoNoHarm() throws {
        let marked = try TemporaryFile([0xef, 0xbb, 0xbf] + Array(try leaf.pem.utf8))
        #expect(try CertificateFile.read(marked.path).map(\.der) == [leaf.der])
        // DER begins with the octet that is a zero in text.
        let zero = try TemporaryFile("0 s:CN = A\n" + leaf.pem)
        #expect(try CertificateFile.read(zero.path).map(\.der) == [leaf.der])
    }

    @Test func eachUnusableFileIsRefusedInWords() throws {
        #expect(try problem("\u{feff}") == "holds no certificate: neither PEM nor DER")
        #expect(
            try problem("-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n")?.hasPrefix("holds no certificate, only PKCS7; `openssl pkcs7") == true)
        #expect(try problem("") == "is empty")
        #expect(try problem("hello") == "holds no certificate: neither PEM nor DER")
        #expect(try problem(leaf.keyPEM) == "holds no certificate, only PRIVATE KEY")
        #expect(try problem("0 not a certificate") == "is neither PEM nor one certificate in DER")
        #expect(try problem(leaf.pem.replacingOccurrences(of: "MII", with: "MI!")) == "PEM block 1 in it is damaged")
        #expect(try problem(leaf.pem + String(root.pem.prefix(200))) == "PEM block 2 in it is damaged")
        #expect(
            try problem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") == "certificate 1 in it cannot be read")
        let trusted = try leaf.pem.replacingOccurrences(of: " CERTIFICATE", with: " TRUSTED CERTIFICATE")
        #expect(try problem(trusted)?.hasPrefix("holds a TRUSTED CERTIFICATE") == true)
    }

    @Test func aMissingFileAndADirectoryAreRefusedInWords() {
        #expect(throws: CredentialFault("/nonexistent/ca.pem", "does not exist")) {
            try CertificateFile.read("/nonexistent/ca.pem")
        }
        #expect(throws: CredentialFault("/", "is a folder, not a file")) { try CertificateFile.read("/") }
        #expect(throws: CredentialFault("/dev/zero", "is a device, not a regular file")) { try CertificateFile.read("/dev/zero") }
    }

    @Test func damagedFilesNeitherCrashNorPass() throws {
        var random = SystemRandomNumberGenerator()
        let good = Array(try (leaf.pem + root.pem).utf8)
        for _ in 0..<500 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let file = try TemporaryFile(bytes)
            _ = try? CertificateFile.read(file.path)
        }
    }

    // MARK: authorities

    @Test func authoritiesAreTheCertificatesOfTheirFileAndNoOthers() throws {
        let file = try TemporaryFile(root.pem)
        let anchors = try TrustAnchors(file: file.path)
        #expect(anchors.certificates == [root.der])
        #expect(anchors.summaries.map(\.subject) == ["CN=Test Root"])
    }

    /// Never the system's authorities in place of a file that is not there (Caddy CVE-2026-27586).
    @Test(arguments: ["", "garbage", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"])
    func aFileWithoutAuthoritiesIsRefused(_ contents: String) throws {
        let file = try TemporaryFile(contents)
        #expect(throws: CredentialFault.self) { try TrustAnchors(file: file.path) }
        #expect(throws: CredentialFault.self) { try TrustAnchors(file: file.path + ".missing") }
    }

    @Test func whatCannotEndAPathIsRefusedAsAnAuthority() throws {
        let file = try TemporaryFile(root.pem + leaf.pem)
        #expect(throws: CredentialFault(file.path, "certificate 2 in it (CN=A) is not an authority's")) {
            try TrustAnchors(file: file.path)
        }
        let weak = try TemporaryFile(TestCertificate.authority("Weak", key: TestKeys.rsa(1024)).pem)
        #expect(
            throws: CredentialFault(
                weak.path, "certificate 1 in it (CN=Weak) has a key that is too small, too large or of a kind not taken (RSA with 1024 bits)")
        ) { try TrustAnchors(file: weak.path) }
    }
}
