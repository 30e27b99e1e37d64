import Testing

@testable import TokenValidation

@Suite("SPIFFE bundles: the authorities of a trust domain (SPIFFE Trust Domain and Bundle section 4)")
struct SPIFFEBundleTests {
    private func read(_ json: String) -> Result<[[UInt8]], SPIFFEBundle.Fault> {
        do throws(SPIFFEBundle.Fault) { return .success(try SPIFFEBundle.certificates(Array(json.utf8))) } catch { return .failure(error) }
    }

    private func bundle(_ keys: String...) -> String {
        "{\"spiffe_sequence\": 1, \"keys\": [\(keys.joined(separator: ", "))], \"spiffe_refresh_hint\": 5}"
    }

    private func key(_ certificates: String = "[\"AQID\"]", use: String = "\"x509-svid\"") -> String {
        "{\"kty\": \"EC\", \"use\": \(use), \"x\": \"a\", \"x5c\": \(certificates)}"
    }

    @Test("Keys for X.509-SVIDs count, and no others")
    func keys() {
        #expect(read(bundle(key())) == .success([[1, 2, 3]]))
        #expect(read(bundle(key(), key("[\"+/8=\"]"))) == .success([[1, 2, 3], [0xfb, 0xff]]))
        #expect(read(bundle(key("[\"AA==\"]"))) == .success([[0]]))
        let others = [key("[1]", use: "\"jwt-svid\""), key("[]", use: "\"sig\""), key("[]", use: "1"), "{\"kty\": \"EC\"}", "{}"]
        #expect(read(bundle(others[0], others[1], key(), others[2], others[3], others[4])) == .success([[1, 2, 3]]))
        for other in others { #expect(read(bundle(other)) == .failure(.noAuthority)) }
        #expect(read(bundle()) == .failure(.noAuthority))
    }

    @Test("A key has exactly one certificate, in base64 as it must be")
    func certificates() {
        for bad in [
            "[]", "[\"AQID\", \"AQID\"]", "[1]", "\"AQID\"", "null", "[\"AQI\"]", "[\"AQI==\"]", "[\"A===\"]", "[\"\"]", "[\"A-_=\"]", "[\"AQ D\"]",
            "[\"AB==\"]", "[\"AQ=D\"]",
        ] { #expect(read(bundle(key(), key(bad))) == .failure(.certificate(2)), "\(bad)") }
        #expect(read(bundle("{\"use\": \"x509-svid\"}")) == .failure(.certificate(1)))
    }

    @Test("Whatever is no JSON object with a list of keys, or says something twice, is none")
    func malformed() {
        for bad in [
            "", "[]", "{}", "{\"keys\": {}}", "{\"keys\": [1]}", bundle(key()) + "x", "{\"keys\": [], \"keys\": [\(key())]}",
            bundle("{\"use\": \"x509-svid\", \"use\": \"jwt-svid\", \"x5c\": [\"AQID\"]}"),
            bundle("{\"x5c\": [\"AQID\"], \"use\": \"x509-svid\", \"x5c\": [\"BBBB\"]}"),
        ] { #expect(read(bad) == .failure(.notJSON), "\(bad)") }
        let many = [String](repeating: "{}", count: 257).joined(separator: ", ")
        #expect(read("{\"keys\": [\(many)]}") == .failure(.tooManyKeys))
        #expect(read("{\"keys\": [{\((0...4096).map { "\"\($0)\": 0" }.joined(separator: ", "))}]}") == .failure(.tooManyKeys))
    }
}
