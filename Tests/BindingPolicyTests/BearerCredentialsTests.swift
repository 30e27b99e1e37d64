import BindingPolicy
import Testing

@Suite("Bearer credentials (RFC 6750 section 2.1)")
struct BearerCredentialsTests {
    private func parse(_ value: String) -> BearerCredentials { octets(value) { BearerCredentials.parse($0) } }

    private func find(_ lines: Int, _ value: String = "", query: String = "") -> BearerCredentials {
        octets(value) { value in octets(query) { BearerCredentials.find(lines: lines, value: value, query: $0) } }
    }

    @Test(
        "The scheme is taken in any case, and any number of spaces",
        arguments: [
            ("Bearer tok", 7..<10), ("bearer tok", 7..<10), ("BEARER  tok", 8..<11), ("bEaReR    a", 10..<11),
        ])
    func scheme(value: String, token: Range<Int>) { #expect(parse(value) == .bearer(token)) }

    @Test("Every character of a b64token is taken, with its padding")
    func alphabet() {
        let token = "ABCXYZabcxyz0189-._~+/==="
        #expect(parse("Bearer \(token)") == .bearer(7..<(7 + token.utf8.count)))
    }

    @Test(
        "What is not one b64token is malformed",
        arguments: [
            "", " ", "Bearer", "Bearer ", "Bearer   ", "Bearer\ttok", "Bearer \ttok", "Bearer a b", "Bearer a,b", "Bearer a, Bearer b",
            "Bearer \"a\"", "Bearer =", "Bearer ==a", "Bearer a=b", "Bearer a ", "Bearer a\t", "Bearer é", "Bearer a\0", "Bearer,a",
            "Bearer=a", "Bearer:a", " Bearer a", "\tBearer a", "\"Bearer\" a", "Bearer a%41", "Bearer a;b", "Bearer a:b", "Bearer a@b",
        ])
    func malformed(value: String) { #expect(parse(value) == .refused(.credentialsMalformed)) }

    @Test(
        "Other schemes are not ours",
        arguments: [
            "Basic YTpi", "DPoP tok", "Bearertok", "Beare tok", "Bearer2 tok", "MTLS", "Digest a=b", "token tok", "Bearer_ x",
        ])
    func otherScheme(value: String) { #expect(parse(value) == .refused(.schemeUnsupported)) }

    @Test("No octet after the scheme but a space starts a token, and none but b64token characters make one")
    func everyOctet() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/".utf8)
        for octet in UInt8.min...UInt8.max {
            let inside = Array("Bearer a".utf8) + [octet] + Array("z".utf8)
            let expected: BearerCredentials = allowed.contains(octet) ? .bearer(7..<10) : .refused(.credentialsMalformed)
            #expect(inside.withUnsafeBytes { BearerCredentials.parse($0) } == expected, "octet \(octet) in a token")
            let between = Array("Bearer".utf8) + [octet] + Array("tok".utf8)
            if case .bearer = between.withUnsafeBytes({ BearerCredentials.parse($0) }) { #expect(octet == 0x20) }
        }
    }

    @Test("One octet that is no character of a token is found at every place of a long one")
    func everyPlace() {
        for octet in [0x00, 0x20, 0x2c, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7f, 0x80, 0xad, 0xc1, 0xff] as [UInt8] {
            for place in 1..<150 {
                var value = Array("Bearer \(String(repeating: "zA9-._~+/", count: 17))".utf8)
                #expect(value.withUnsafeBytes { BearerCredentials.parse($0) } == .bearer(7..<160))
                value[7 + place] = octet
                #expect(value.withUnsafeBytes { BearerCredentials.parse($0) } == .refused(.credentialsMalformed), "\(octet) at \(place)")
            }
        }
    }

    @Test("One line with a token, and none in the query, is the only way in")
    func oneLine() {
        #expect(find(1, "Bearer tok") == .bearer(7..<10))
        #expect(find(1, "Bearer tok", query: "a=1&b=access_token") == .bearer(7..<10))
        #expect(find(0) == .refused(.credentialsMissing))
        #expect(find(1, "Basic YTpi") == .refused(.schemeUnsupported))
        #expect(find(1, "Bearer") == .refused(.credentialsMalformed))
    }

    @Test("Two lines are refused whatever they hold: never does the first win")
    func twoLines() {
        #expect(find(2, "Bearer tok") == .refused(.credentialsDuplicated))
        #expect(find(2, "Basic YTpi") == .refused(.credentialsDuplicated))
        #expect(find(9, "") == .refused(.credentialsDuplicated))
    }

    @Test("A token in the query is never used", arguments: ["access_token=tok", "a=1&access_token=tok", "access_token"])
    func queryOnly(query: String) { #expect(find(0, query: query) == .refused(.credentialsMissing)) }

    @Test("A token given twice in the query makes the request invalid (BR-04)")
    func queryTwice() { #expect(find(0, query: "access_token=a&access_token=b") == .refused(.credentialsDuplicated)) }

    @Test(
        "A token in the query beside the field makes the request invalid, however it is spelled",
        arguments: [
            "access_token=tok", "access_token", "access_token=", "a=1&access_token=tok", "a;access_token=tok", "access%5Ftoken=tok",
            "%61ccess_token=tok", "%61%63%63%65%73%73%5f%74%6f%6b%65%6e=t", "ACCESS_TOKEN=tok", "a&&access_token=tok", "&access_token=tok",
            "access_tokens=a&access_token", "access_toke&access_token=t",
        ])
    func inTwoPlaces(query: String) { #expect(find(1, "Bearer tok", query: query) == .refused(.credentialsInTwoPlaces)) }

    @Test(
        "A query without a token does not matter",
        arguments: [
            "access_tokens=1", "my_access_token=1", "access_toke", "a=access_token", "access-token=1", "access_token%=1", "%zz&%", "&;&=",
            "a=%",
            "access_token%3Dtok", "x=1%26access_token=1",
        ])
    func harmlessQuery(query: String) { #expect(find(1, "Bearer tok", query: query) == .bearer(7..<10)) }

    @Test("Random octets never trap, and a range always lies within the value")
    func random() {
        var generator = SystemRandomNumberGenerator()
        let pool = Array("Bearer  =a,\t%&;access_token\0\u{ff}".utf8)
        for _ in 0..<20_000 {
            let prefix = Bool.random(using: &generator) ? Array("Bearer ".utf8) : []
            let value = prefix + (0..<Int.random(in: 0...20, using: &generator)).map { _ in pool.randomElement(using: &generator) ?? 0 }
            let query = (0..<Int.random(in: 0...30, using: &generator)).map { _ in pool.randomElement(using: &generator) ?? 0 }
            let found = value.withUnsafeBytes { value in
                query.withUnsafeBytes { BearerCredentials.find(lines: 1, value: value, query: $0) }
            }
            if case .bearer(let range) = found { #expect(!range.isEmpty && range.upperBound == value.count) }
        }
    }
}

func octets<T>(_ text: String, _ body: (UnsafeRawBufferPointer) -> T) -> T { Array(text.utf8).withUnsafeBytes(body) }
