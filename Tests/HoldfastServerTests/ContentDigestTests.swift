import Foundation
import Testing

@testable import HoldfastServer

@Suite("The digest by which a generation is known again")
struct ContentDigestTests {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func blueprint(_ rest: String = "") throws -> Blueprint {
        let introspection =
            "introspection: {endpoint: \"https://as.example.com/i\", client_id: gateway, authentication: client_secret_basic, client_secret_file: secret}"
        return try workshop.blueprint(
            rest, tokens: "[{issuer: \"\(Workshop.issuer)\", audience: a, keys: keys.json, certificate_authorities: issuer-ca.pem, \(introspection)}]"
        )
    }

    private func prepare() throws {
        try workshop.write("s3cret-s3cret-s3cret", as: "secret")
        try FileManager.default.copyItem(atPath: workshop.path("ca.pem"), toPath: workshop.path("issuer-ca.pem"))
    }

    @Test("It is the same for the same text and files, wherever they lie, and has twelve hexadecimal digits")
    func same() throws {
        try prepare()
        let digest = try blueprint().digest
        #expect(digest.utf8.count == 12 && digest.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        #expect(try blueprint().digest == digest)
    }

    @Test("A file of many megabytes counts too, as lists and deny lists have")
    func large() throws {
        let line = "thumbprint \(String(repeating: "0", count: 64))\n"
        var text = String(repeating: line, count: (5 << 20) / line.utf8.count)
        let configured = "\nclient_certificates: {trust: authorities, authorities: ca.pem, deny: denied.txt}\n"
        func digest() throws -> ContentDigest {
            try workshop.write(text, as: "denied.txt")
            return try workshop.blueprint(clients: configured).contents
        }
        let before = try digest()
        #expect(try digest() == before)
        text += "thumbprint \(String(repeating: "1", count: 64))\n"
        #expect(try digest() != before)
    }

    @Test("Each octet of the text counts, and each file that is read for it")
    func different() throws {
        try prepare()
        var seen = [try blueprint().digest]
        seen.append(try blueprint("# a comment").digest)
        for name in ["server.pem", "ca.pem", "issuer-ca.pem", "server.key"] {
            let before = try String(contentsOfFile: workshop.path(name), encoding: .utf8)
            try workshop.write(before + "\n", as: name)
            seen.append(try blueprint().digest)
        }
        try workshop.write("another-s3cret-another", as: "secret")
        seen.append(try blueprint().digest)
        #expect(Set(seen).count == seen.count)
    }

    @Test("A file of an issuer's keys does not: it is looked at again while Holdfast runs")
    func keys() throws {
        try prepare()
        let digest = try blueprint().digest
        _ = try workshop.addKey("k2")
        #expect(try blueprint().digest == digest)
    }
}
