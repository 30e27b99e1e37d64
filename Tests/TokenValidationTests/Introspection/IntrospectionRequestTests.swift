import BindingPolicy
import Credentials
import Crypto
import CryptoExtras
import Foundation
import NIOSSL
import Testing
import TokenValidation

@Suite("Questions about tokens, and who asks")
struct IntrospectionRequestTests {
    private func request(
        _ authentication: ClientAuthentication, token: String = "to+k/e=n&x", settings: IntrospectionSettings = .test()
    ) throws -> IntrospectionRequest {
        try #require(
            IntrospectionRequest(
                Array(token.utf8), settings, authentication, issuer: TokenMint.issuer, identifier: "id-1", now: 1_900_000_000.75))
    }

    private func body(_ request: IntrospectionRequest) -> String { String(decoding: request.body, as: UTF8.self) }

    @Test("A token arrives whole, in a form (INT-01)")
    func form() throws {
        let request = try request(try secret())
        #expect(body(request) == "token=to%2Bk%2Fe%3Dn%26x&token_type_hint=access_token")
        #expect(request.contentType == "application/json")
    }

    @Test("A signed answer is asked for where one is wanted (INT-09, INT-11)")
    func signed() throws {
        #expect(try request(try secret(), settings: .test(signed: [.es256])).contentType == "application/token-introspection+jwt")
    }

    @Test("A secret is encoded twice, as RFC 6749 says (INT-02)")
    func basic() throws {
        let settings = IntrospectionSettings(endpoint: .discovered(from: url("https://as")), clientID: "a:b c")
        let request = try request(try secret("p%+ \u{7e}:\n"), settings: settings)
        let value = try #require(request.headers["Authorization"])
        #expect(value.hasPrefix("Basic "))
        let pair = try #require(Data(base64Encoded: String(value.dropFirst(6))))
        #expect(String(decoding: pair, as: UTF8.self) == "a%3Ab%20c:p%25%2B%20~%3A")
        #expect(!body(request).contains("client_id"))
    }

    @Test(
        "A file that is no secret is a mistake at the start (INT-02)",
        arguments: ["", "\n", "a\nb", "a\u{0}", "\u{e9}", String(repeating: "a", count: 4097)])
    func secrets(_ text: String) throws {
        func problem(_ path: String) -> String? {
            do throws(CredentialFault) {
                _ = try ClientAuthentication.clientSecretBasic(secretFile: path)
                return nil
            } catch { return error.problem }
        }
        #expect(try withFile(text) { problem($0) }?.hasPrefix(text.isEmpty ? "is empty" : "does not hold one line of printable ASCII") == true)
        #expect(problem("/nonexistent") == "does not exist" && problem("/") == "is a folder, not a file")
    }

    @Test("A byte order mark is no part of a secret")
    func markedSecret() throws {
        let (marked, plain) = (try request(try secret("\u{feff}s3cret")), try request(try secret("s3cret")))
        #expect(marked.headers["Authorization"] == plain.headers["Authorization"])
    }

    @Test("Nothing shows a secret (BR-16)")
    func description() throws {
        let authentication = try secret("hunter2")
        #expect("\(authentication)" == "client_secret_basic")
        #expect(!String(reflecting: authentication).contains("hunter2"))
    }

    private static let pems: [(String, TokenValidation.SignatureAlgorithm, @Sendable (Data, Data) -> Bool)] = {
        let p256 = P256.Signing.PrivateKey()
        let ed25519 = Curve25519.Signing.PrivateKey()
        let der = Data([0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]) + ed25519.rawRepresentation
        let pem = "-----BEGIN PRIVATE KEY-----\n\(der.base64EncodedString())\n-----END PRIVATE KEY-----\n"
        guard case .ofRSA(let rsa) = SigningKey.rsa else { return [] }
        return [
            (
                p256.pemRepresentation, .es256,
                { signature, input in
                    (try? P256.Signing.ECDSASignature(rawRepresentation: signature)).map { p256.publicKey.isValidSignature($0, for: input) } ?? false
                }
            ),
            (pem, .eddsa, { ed25519.publicKey.isValidSignature($0, for: $1) }),
            (
                rsa.pemRepresentation, .ps256,
                { signature, input in
                    rsa.publicKey.isValidSignature(.init(rawRepresentation: signature), for: SHA256.hash(data: input), padding: .PSS)
                }
            ),
        ]
    }()

    @Test("An assertion is signed by each kind of key, for the issuer alone, shortly and once (INT-02)")
    func assertions() throws {
        for (pem, algorithm, isValid) in Self.pems {
            let authentication = try withFile(pem) { try ClientAuthentication.privateKeyJWT(keyFile: $0, keyID: "k\"1") }
            #expect("\(authentication)" == "private_key_jwt")
            let request = try request(authentication)
            #expect(request.headers.isEmpty)
            let fields = body(request).split(separator: "&")
            #expect(fields.contains("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"))
            let assertion = try #require(fields.first { $0.hasPrefix("client_assertion=") }).dropFirst(17)
            let parts = assertion.split(separator: ".").map(String.init)
            try #require(parts.count == 3)
            let header = try object(parts[0]), claims = try object(parts[1])
            #expect(header["alg"] as? String == algorithm.rawValue)
            #expect(header["kid"] as? String == "k\"1")
            #expect(claims["iss"] as? String == "gateway")
            #expect(claims["sub"] as? String == "gateway")
            #expect(claims["aud"] as? String == TokenMint.issuer)
            #expect(claims["jti"] as? String == "id-1")
            #expect(claims["iat"] as? Int == 1_900_000_000)
            #expect(claims["exp"] as? Int == 1_900_000_060)
            #expect(isValid(try octets(parts[2]), Data((parts[0] + "." + parts[1]).utf8)))
        }
    }

    private func octets(_ text: String) throws -> Data {
        Data(try #require(Array(text.utf8).withUnsafeBytes { Base64URL.decode($0) }))
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: octets(text)) as? [String: Any])
    }

    @Test("A key that cannot sign is a mistake at the start (INT-02)")
    func keys() throws {
        guard case .ofRSA(let weak) = SigningKey.weakRSA else { return }
        func problem(_ pem: String) throws -> String? {
            try withFile(pem) { file in
                do throws(CredentialFault) {
                    _ = try ClientAuthentication.privateKeyJWT(keyFile: file, keyID: nil)
                    return nil
                } catch { return error.problem }
            }
        }
        let (p256, p384) = (P256.Signing.PrivateKey().pemRepresentation + "\n", P384.Signing.PrivateKey().pemRepresentation)
        #expect(try problem(p256) == nil)
        #expect(try problem("# a comment\n" + p256 + ServerCertificates.localhost.pem) == nil)
        #expect(try problem(p384)?.hasPrefix("holds a key (P-384) that assertions are not signed with here: P-256, Ed25519 and RSA") == true)
        #expect(try problem(weak.pemRepresentation)?.hasPrefix("holds a key (RSA with ") == true)
        #expect(try problem(p256 + p256)?.hasPrefix("holds 2 private keys") == true)
        for broken in [
            "", "x", P256.Signing.PrivateKey().publicKey.pemRepresentation, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "-----END PRIVATE KEY-----\n-----BEGIN PRIVATE KEY-----\n",
        ] {
            #expect(try problem(broken) != nil, "\(broken)")
        }
    }

    @Test("With a certificate the client says who it is (INT-02)")
    func certificate() throws {
        let authentication = try certified(ServerCertificates.localhost)
        #expect("\(authentication)" == "tls_client_auth")
        let request = try request(authentication, token: "t")
        #expect(body(request) == "token=t&token_type_hint=access_token&client_id=gateway")
        #expect(request.headers.isEmpty)
    }
}
