import BindingPolicy
import Credentials
import Crypto
import Testing
import X509

@testable import ClientIdentity

@Suite("The deny list: who is on it is let in no more, however it is named (PKI-10, PKI-14)")
struct DenyListTests {
    private let root: TestCertificate
    private let intermediate: TestCertificate
    private let leaf: TestCertificate

    init() throws {
        root = try .authority()
        intermediate = try root.issue("I, \"quoted\"", extensions: TestCertificate.authorityExtensions())
        leaf = try intermediate.issue("A")
    }

    private func denies(_ text: String, _ certificate: TestCertificate? = nil, alone: Bool = false) throws -> Bool {
        let list = try DenyList(text, of: "denied.txt")
        let shown = certificate ?? leaf
        let chain = PresentedChain(leaf: shown.der, others: alone ? [] : [intermediate.der])
        return list.denies(ClientCertificate(chain))
    }

    private func parsed(_ certificate: TestCertificate) throws -> OpenSSLCertificate { try #require(OpenSSLCertificate(der: certificate.der)) }

    private func colons(_ hex: String) -> String {
        var text = ""
        for (index, digit) in hex.enumerated() { text += (index > 0 && index % 2 == 0 ? ":" : "") + String(digit) }
        return text
    }

    @Test("By thumbprint, in each form that tools print")
    func thumbprint() throws {
        let thumbprint = Thumbprint(ofCertificate: leaf.der)
        for value in [thumbprint.base64url, thumbprint.hex, thumbprint.hex.uppercased(), colons(thumbprint.hex)] {
            #expect(try denies("# why\n\nthumbprint \(value)\r\n"))
            #expect(try !denies("thumbprint \(value)", try intermediate.issue("A")))
        }
    }

    @Test("By key, so that a renewal stays out too")
    func key() throws {
        let key = try #require(try parsed(leaf).publicKeyDER)
        let digest = Thumbprint(ofSHA256: SHA256.hash(data: key))
        let renewed = try intermediate.issue("A", key: leaf.key)
        for value in [digest.base64url, digest.hex] {
            #expect(try denies("key \(value)") && denies("key \(value)", renewed))
            #expect(try !denies("key \(value)", try intermediate.issue("A")))
        }
    }

    @Test("By serial number and issuer, which belong together")
    func serial() throws {
        let certificate = try parsed(leaf)
        let (serial, issuer) = (try #require(certificate.serial), certificate.issuer)
        #expect(issuer.contains("\\"))
        for value in [serial, serial.lowercased(), "0x" + serial, "00" + serial, colons(serial)] {
            #expect(try denies("serial \(value) issuer \(issuer)"))
        }
        #expect(try !denies("serial \(serial) issuer CN=Other"))
        #expect(try !denies("serial \(serial)0 issuer \(issuer)"))
    }

    @Test("An issuer's name is the same however a tool prints it, and what is no name is a mistake")
    func names() throws {
        let authority = try TestCertificate.authority("Müller, \"A+B\"")
        let client = try authority.issue("A")
        let printed = try parsed(client).issuer
        let serial = try #require(try parsed(client).serial)
        // RFC 2253, its other order, and OpenSSL's forms of one line.
        let cn = "M\\C3\\BCller\\, \\\"A\\+B\\\""
        #expect(printed.hasPrefix("CN=\(cn)"))
        let rest = String(printed.dropFirst("CN=\(cn)".count).drop { $0 == "," })
        let others = rest.isEmpty ? [] : [rest]
        for name in ["CN=\(cn)", "cn = \(cn.lowercased()) ", "CN=Müller\\2C \\22A\\2bB\\22", "CN = \"Müller, \\\"A+B\\\"\"", "2.5.4.3=\(cn)"] {
            for text in [([name] + others).joined(separator: ","), (others + [name]).joined(separator: ", ")] {
                #expect(try denies("issuer \(text)", client, alone: true), "\(text)")
                #expect(try denies("serial \(serial) issuer \(text)", client, alone: true), "\(text)")
                #expect(try !denies("issuer \(text), C=DE", client, alone: true))
            }
        }
        for text in ["Acme", "CN", "=A", "CN=A,", "CN=A,B", "Kunde=A", "CN=\\", "CN=\"A"] {
            #expect(throws: CredentialFault.self, "\(text)") { try denies("issuer \(text)") }
        }
    }

    @Test("By issuer: whatever it issued, and nothing of another")
    func issuer() throws {
        #expect(try denies("issuer \(parsed(leaf).issuer)"))
        #expect(try !denies("issuer \(parsed(leaf).issuer)", try TestCertificate.authority("Other").issue("A"), alone: true))
    }

    @Test("Whoever needs an intermediate that is denied is denied")
    func intermediates() throws {
        let value = Thumbprint(ofCertificate: intermediate.der).hex
        #expect(try denies("thumbprint \(value)"))
        #expect(try !denies("thumbprint \(value)", alone: true))
    }

    @Test("A line that is none is a mistake, with its number: nobody is passed over silently")
    func mistakes() {
        for line in [
            "thumbprint", "thumbprint abc", "thumbprint \(String(repeating: "g", count: 64))", "key", "serial", "serial 12", "serial xyz issuer CN=A",
            "serial 12 issuer", "issuer", "fingerprint 12", "deny all",
        ] {
            #expect(throws: CredentialFault.self, "\(line)") { try DenyList("# first\n\(line)\n", of: "denied.txt") }
            do { _ = try DenyList("# first\n\(line)\n", of: "denied.txt") } catch { #expect(error.problem.contains("in line 2:")) }
        }
    }

    @Test("An empty file denies nobody")
    func empty() throws {
        for text in ["", "\n\n", "# nobody\n"] { #expect(try DenyList(text, of: "denied.txt").count == 0) }
        let file = try TemporaryFile("")
        #expect(try DenyList(file: file.path).count == 0)
        #expect(throws: CredentialFault.self) { try DenyList(file: file.path + ".absent") }
    }

    @Test("Certificates for servers only are refused as such, and taken where whatever use is")
    func usages() throws {
        let server = try root.issue("S", extensions: TestCertificate.clientExtensions(extended: [.serverAuth]))
        let mail = try root.issue("M", extensions: TestCertificate.clientExtensions(extended: [.emailProtection]))
        let both = try root.issue("B", extensions: TestCertificate.clientExtensions(extended: [.serverAuth, .clientAuth]))
        let file = try TemporaryFile(try root.pem)
        let strict = try CertificatePathValidator(TrustAnchors(file: file.path))
        let lax = try CertificatePathValidator(TrustAnchors(file: file.path), of: .anybody)
        #expect(strict.fault(server) == .forServersOnly && strict.fault(mail) == .wrongUsage && strict.fault(both) == nil)
        #expect(PathFault.forServersOnly.code == PathFault.wrongUsage.code && PathFault.forServersOnly.meaning.contains("usage: any"))
        for certificate in [server, mail, both] { #expect(lax.fault(certificate) == nil) }
        #expect(lax.fault(try TestCertificate.authority("Stranger").issue("S")) == .untrusted)
        let cannotSign = try root.issue("K", extensions: TestCertificate.clientExtensions(usage: KeyUsage(keyEncipherment: true)))
        #expect(lax.fault(cannotSign) == .wrongUsage)
    }
}
