import ClientIdentity
import Credentials
import Foundation
import Testing
import X509

@Suite struct ServerCredentialsTests {
    private let root: TestCertificate
    private let leaf: TestCertificate

    init() throws {
        root = try .authority()
        leaf = try root.issue("server", extensions: TestCertificate.clientExtensions(extended: [.serverAuth]))
    }

    private func problem(_ certificate: String, _ key: String) throws -> String? {
        let files = try [TemporaryFile(certificate), TemporaryFile(key)]
        do {
            _ = try ServerCredentials(certificateFile: files[0].path, keyFile: files[1].path)
            return nil
        } catch {
            return error.description.replacingOccurrences(of: files[0].path, with: "CERT").replacingOccurrences(of: files[1].path, with: "KEY")
        }
    }

    @Test func aChainAndItsKeyAreTaken() throws {
        #expect(try problem(leaf.pem, leaf.keyPEM) == nil)
        #expect(try problem(leaf.pem + root.pem, "a comment\n" + leaf.keyPEM) == nil)
    }

    @Test func eachMistakeIsSaidInWords() throws {
        #expect(try problem(leaf.pem, root.keyPEM) == "KEY: is not the key of the first certificate in CERT")
        let stranger = try root.issue("other")
        #expect(try problem(stranger.pem + leaf.pem, leaf.keyPEM) == "KEY: is the key of certificate 2 in CERT, which must stand first there")
        let wrongUsage = "CERT: begins with a certificate whose usages do not allow signatures; the one that is shown comes first"
        #expect(try problem(root.pem, root.keyPEM) == wrongUsage)
        #expect(try problem(root.pem + leaf.pem, leaf.keyPEM) == "KEY: is the key of certificate 2 in CERT, which must stand first there")
        #expect(try problem(leaf.pem, leaf.pem) == "KEY: holds no private key, only CERTIFICATE")
        #expect(try problem(leaf.pem, "") == "KEY: is empty")
        #expect(try problem("", leaf.keyPEM) == "CERT: is empty")
        #expect(try problem(leaf.keyPEM, leaf.keyPEM) == "CERT: holds no certificate, only PRIVATE KEY")
        let encrypted = try leaf.keyPEM.replacingOccurrences(of: "PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")
        #expect(try problem(leaf.pem, encrypted) == "KEY: is encrypted; Holdfast takes only keys without a passphrase")
    }

    @Test func anUpstreamNeedsItsOwnAuthoritiesFileToBeGood() throws {
        let file = try TemporaryFile(root.pem)
        #expect(throws: Never.self) { try UpstreamTLS(host: "api.example.com", authoritiesFile: file.path, credentials: nil, clock: { 0 }) }
        #expect(throws: Never.self) { try UpstreamTLS(host: "127.0.0.1", authoritiesFile: file.path, credentials: nil, clock: { 0 }) }
        #expect(throws: CredentialFault.self) {
            try UpstreamTLS(host: "api.example.com", authoritiesFile: file.path + ".missing", credentials: nil, clock: { 0 })
        }
        #expect(throws: CredentialFault.self) { try UpstreamTLS(host: "", authoritiesFile: file.path, credentials: nil, clock: { 0 }) }
    }
}
