import Credentials
import Foundation
import NIOSSL
import Testing

@Suite("Private keys as people have them")
struct PrivateKeyFileTests {
    private func keys(_ contents: some Sequence<UInt8>) throws -> [PrivateKey] {
        let file = try TemporaryFile(contents)
        return try PrivateKeyFile.read(file.path)
    }

    private func refusal(_ contents: String) throws -> String? { try problem(contents, PrivateKeyFile.read) }

    /// The key of `Form.certificate`, in every way that it may be written down.
    static let files: [(name: String, contents: [UInt8])] = {
        let sec1 = Form.pem("EC PRIVATE KEY", Form.sec1)
        let texts = [
            ("SEC 1", sec1),
            ("with its parameters before it", Form.parameters + sec1),
            ("its curve written out", Form.pem("EC PRIVATE KEY", Form.sec1Explicit)),
            ("PKCS #8", Form.pem("PRIVATE KEY", Form.pkcs8)),
            ("PKCS #8, its curve written out", Form.pem("PRIVATE KEY", Form.pkcs8Explicit)),
            ("lines that end as on Windows", Form.pem("PRIVATE KEY", Form.pkcs8, "\r\n")),
            ("comments around it, one of which says ENCRYPTED", "# not ENCRYPTED\nBag Attributes\n    friendlyName: a\n\(sec1)\nthe end"),
            ("a certificate before it", Form.pem("CERTIFICATE", Form.certificate) + sec1),
            ("a certificate after it", sec1 + Form.pem("CERTIFICATE", Form.certificate)),
            ("without a line end at its end", String(sec1.dropLast())),
        ].map { ($0.0, Array($0.1.utf8)) }
        let marked = ("a byte order mark before it", Form.byteOrderMark + Array(sec1.utf8))
        return texts + [marked, ("SEC 1 in DER", Form.sec1), ("PKCS #8 in DER", Form.pkcs8), ("in DER, its curve written out", Form.sec1Explicit)]
    }()

    @Test("Every form of one key is the same key, in the one form that all libraries read", arguments: files.indices)
    func forms(_ index: Int) throws {
        let (name, contents) = Self.files[index]
        let found = try keys(contents)
        #expect(found.count == 1 && found.first?.kind == .p256, "\(name)")
        #expect(found.first?.pkcs8 == Form.pkcs8, "\(name)")
        #expect(throws: Never.self, "\(name)") { try NIOSSLPrivateKey(bytes: try #require(found.first).pkcs8, format: .der) }
    }

    @Test("RSA and Ed25519 keys are taken in each of their forms")
    func kinds() throws {
        for contents in [Form.pkcs1, Form.pkcs8OfRSA, Array(Form.pem("RSA PRIVATE KEY", Form.pkcs1).utf8)] {
            let key = try #require(try keys(contents).first)
            #expect(key.kind == .rsa(bits: 2048) && key.pkcs8 == Form.pkcs8OfRSA)
        }
        let key = try #require(try keys(Form.pem("PRIVATE KEY", Form.ed25519).utf8).first)
        #expect(key.kind == .ed25519 && key.pkcs8 == Form.ed25519)
    }

    @Test("Several keys of a file come in its order, and where one is meant that is a mistake")
    func several() throws {
        let text = Form.pem("RSA PRIVATE KEY", Form.pkcs1) + Form.pem("EC PRIVATE KEY", Form.sec1)
        #expect(try keys(text.utf8).map(\.kind) == [.rsa(bits: 2048), .p256])
        #expect(try problem(text, PrivateKeyFile.readOne)?.hasPrefix("holds 2 private keys") == true)
        #expect(try problem(Form.pem("EC PRIVATE KEY", Form.sec1), PrivateKeyFile.readOne) == nil)
    }

    @Test("What is not taken is told as what it is")
    func refusals() throws {
        let encrypted = "is encrypted; Holdfast takes only keys without a passphrase"
        #expect(try refusal("") == "is empty")
        #expect(try refusal("hello") == "holds no private key: neither PEM nor DER")
        #expect(try refusal(Form.pem("CERTIFICATE", Form.certificate)) == "holds no private key, only CERTIFICATE")
        #expect(try problem(Form.certificate, PrivateKeyFile.read) == "holds a certificate and no private key")
        #expect(try refusal(Form.pem("ENCRYPTED PRIVATE KEY", Form.encrypted)) == encrypted)
        #expect(try problem(Form.encrypted, PrivateKeyFile.read) == encrypted)
        let old =
            "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,CCC33E42E747B23A4180F6D93587D839\n\nuA5Mz5BbRcFtKGh04fg40g==\n-----END EC PRIVATE KEY-----\n"
        #expect(try refusal(old) == encrypted)
        #expect(try refusal(Form.pem("OPENSSH PRIVATE KEY", [1, 2, 3]))?.hasPrefix("is in OpenSSH's own form") == true)
        #expect(try problem(Form.pkcs12, PrivateKeyFile.read)?.hasPrefix("is a PKCS #12 file") == true)
        let kinds = "RSA, P-256, P-384, P-521 and Ed25519 are"
        #expect(try refusal(Form.pem("PRIVATE KEY", Form.ed448)) == "holds a key of a kind that is not taken, ED448: \(kinds)")
        #expect(try problem(Form.secp256k1, PrivateKeyFile.read) == "holds a key of a kind that is not taken, the curve secp256k1: \(kinds)")
        #expect(try refusal("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n") == "the private key in it (PEM block 1) cannot be read")
        #expect(try refusal("-----BEGIN PRIVATE KEY-----\nAA!A\n-----END PRIVATE KEY-----\n") == "PEM block 1 in it is damaged")
        #expect(try problem(Form.sec1 + [0], PrivateKeyFile.read) == "is neither PEM nor one private key in DER", "nothing may follow")
        #expect(try problem([0xff, 0xfe, 0x2d, 0], PrivateKeyFile.read) == "is written in UTF-16; save it as UTF-8 or plain ASCII")
        let joined = Form.pem("CERTIFICATE", Form.certificate).dropLast() + Form.pem("EC PRIVATE KEY", Form.sec1)
        #expect(try refusal(String(joined)) == "PEM block 1 in it is damaged: two blocks stand on one line, which must be two")
    }

    @Test("A key that is not taken does not hide one that is")
    func besides() throws {
        let text = Form.pem("PRIVATE KEY", Form.ed448) + Form.pem("ENCRYPTED PRIVATE KEY", Form.encrypted) + Form.pem("EC PRIVATE KEY", Form.sec1)
        #expect(try keys(text.utf8).map(\.kind) == [.p256])
    }

    @Test("Damaged keys neither crash nor pass as others")
    func damaged() throws {
        var random = SystemRandomNumberGenerator()
        for good in [
            Form.sec1, Form.sec1Explicit, Form.pkcs1, Form.pkcs8, Form.ed25519, Form.pkcs12, Array(Form.pem("EC PRIVATE KEY", Form.sec1).utf8),
        ] {
            for _ in 0..<60 {
                var octets = good
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                let file = try TemporaryFile(octets)
                for key in (try? PrivateKeyFile.read(file.path)) ?? [] { #expect(key.kind.isTaken) }
            }
        }
    }
}
