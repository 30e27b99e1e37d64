import Credentials
import Foundation
import Testing
import TokenValidation

@testable import HoldfastServer

@Suite("The collector of spans and metrics")
struct ExportTests {
    @Test("takes an export, not all of it, not at all, or later")
    func answers() {
        func answer(_ body: [UInt8]) -> OTLPAnswer { OTLPAnswer(.success(FetchedDocument(body: body, maximumAge: nil))) }
        #expect(answer([]) == .taken(rejected: 0))
        #expect(answer([0x0a, 0x03, 0x08, 0x96, 0x01]) == .taken(rejected: 150))
        // A message of its own that rejects nothing is a warning.
        #expect(answer([0x0a, 0x03, 0x12, 0x01, 0x61]) == .taken(rejected: 0))
        #expect(answer([0x0a, 0x7f, 0x08]) == .taken(rejected: 0) && answer([0xff]) == .taken(rejected: 0))
        #expect(OTLPAnswer(.failure(.status(400))) == .refused(.status(400)) && OTLPAnswer(.failure(.status(500))) == .refused(.status(500)))
        for status in [429, 502, 503, 504] { #expect(OTLPAnswer(.failure(.status(status))) == .later(.status(status))) }
        for fault in [FetchFault.timeout, .interrupted, .unreachable(.refused)] { #expect(OTLPAnswer(.failure(fault)) == .later(fault)) }
    }

    private func read(_ text: String) throws -> [(name: String, value: String)] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("headers-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        return try ExportFields.read(file.path)
    }

    @Test("is sent the fields of a file, a line each")
    func fields() throws {
        let fields = try read("Authorization: Bearer a:b\r\nX-Tenant:  one two \n\n")
        #expect(fields.map(\.name) == ["Authorization", "X-Tenant"] && fields.map(\.value) == ["Bearer a:b", "one two"])
    }

    @Test(
        "is sent nothing of a file that holds something else",
        arguments: [
            "", "\n", "no colon", ": a", "a:", "a b: c", "a: b\u{7f}", "a: \u{e4}", "Host: a", "content-LENGTH: 1",
            String(repeating: "a: b\n", count: 33),
        ])
    func mistaken(text: String) { #expect(throws: CredentialFault.self) { try read(text) } }
}
