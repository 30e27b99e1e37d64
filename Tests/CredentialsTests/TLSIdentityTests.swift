import Credentials
import Testing

@Suite("A certificate and its key belong together")
struct TLSIdentityTests {
    /// As `CERT: …` or `KEY: …`.
    private func refusal(_ certificate: some Sequence<UInt8>, _ key: some Sequence<UInt8>) throws -> String? {
        let files = try [TemporaryFile(certificate), TemporaryFile(key)]
        do throws(CredentialFault) {
            _ = try TLSIdentity(certificateFile: files[0].path, keyFile: files[1].path)
            return nil
        } catch {
            return error.description.replacing(files[0].path, with: "CERT").replacing(files[1].path, with: "KEY")
        }
    }

    private let certificate = Array(Form.pem("CERTIFICATE", Form.certificate).utf8)
    private let ofRSA = Array(Form.pem("CERTIFICATE", Form.certificateOfRSA).utf8)

    @Test("Whatever form the key has, it is the certificate's", arguments: PrivateKeyFileTests.files.indices)
    func forms(_ index: Int) throws {
        let (name, key) = PrivateKeyFileTests.files[index]
        for file in [certificate, Form.certificate, Form.byteOrderMark + certificate] {
            #expect(try refusal(file, key) == nil, "\(name)")
        }
    }

    @Test("Both may stand in one file")
    func oneFile() throws {
        let file = try TemporaryFile(Form.parameters + Form.pem("EC PRIVATE KEY", Form.sec1) + Form.pem("CERTIFICATE", Form.certificate))
        let identity = try TLSIdentity(certificateFile: file.path, keyFile: file.path)
        #expect(identity.keyKind == .p256 && identity.certificates.map(\.der) == [Form.certificate])
    }

    @Test("Of several keys the certificate's own is taken")
    func several() throws {
        let both = Array((Form.pem("RSA PRIVATE KEY", Form.pkcs1) + Form.pem("EC PRIVATE KEY", Form.sec1)).utf8)
        #expect(try refusal(certificate, both) == nil)
        #expect(try refusal(ofRSA, both) == nil)
        let neither = Array((Form.pem("RSA PRIVATE KEY", Form.pkcs1) + Form.pem("PRIVATE KEY", Form.ed25519)).utf8)
        #expect(try refusal(certificate, neither) == "KEY: holds 2 private keys, and none is that of the first certificate in CERT")
    }

    @Test("What does not fit is told as what it is")
    func mismatches() throws {
        #expect(try refusal(certificate, Form.pkcs1) == "KEY: is not the key of the first certificate in CERT")
        #expect(try refusal(ofRSA + certificate, Form.sec1) == "KEY: is the key of certificate 2 in CERT, which must stand first there")
        #expect(try refusal(Form.pkcs8, Form.pkcs8) == "CERT: holds a private key and no certificate")
        #expect(try refusal(Form.pkcs12, Form.pkcs12) == "CERT: is a PKCS #12 file; `openssl pkcs12 -nokeys` takes the certificates out")
        #expect(
            try refusal(Form.certificateOfSecp256k1, Form.pkcs8)
                == "CERT: begins with a certificate whose key is of a kind that is not taken, the curve secp256k1: RSA, P-256, P-384, P-521 and Ed25519 are"
        )
        #expect(
            try refusal(Form.explicitCertificate, Form.sec1Explicit)?
                .hasPrefix("CERT: begins with a certificate whose key is of a kind that is not taken, a curve written out") == true)
    }
}
