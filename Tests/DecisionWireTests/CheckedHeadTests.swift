import DecisionWire
import NIOCore
import Testing

@Suite struct CheckedHeadTests {
    private func head(_ fields: [(String, String)], method: String = "GET", target: String = "/a?b", host: String = "api.example") -> CheckedHead {
        var head = CheckedHead(method: method.utf8, target: target.utf8, host: host.utf8)
        for (name, value) in fields { head.add(field: name.utf8, value.utf8) }
        head.end()
        return head
    }

    @Test func isTheHeadThatTheClientsRequestWouldHaveBeen() {
        let head = head([("authorization", "Bearer t"), ("x-a", "1"), ("x-a", "2")])
        #expect(String(buffer: head.octets) == "GET /a?b HTTP/1.1\r\nHost: api.example\r\nauthorization: Bearer t\r\nx-a: 1\r\nx-a: 2\r\n\r\n")
        #expect(!head.isMalformed)
    }

    @Test func leavesOutWhatIsOfOneConnectionAlone() {
        let names = ["Connection", "keep-alive", "TRANSFER-ENCODING", "te", "upgrade", "Expect", "host", "trailer", "proxy-connection"]
        #expect(String(buffer: head(names.map { ($0, "x") }).octets) == "GET /a?b HTTP/1.1\r\nHost: api.example\r\n\r\n")
    }

    @Test(arguments: ["a\r\nX: y", "a\nb", "a\rb", "a\u{0}b", "a\u{7f}"]) func refusesWhatCouldEndALine(_ value: String) {
        #expect(head([("x-a", value)]).isMalformed)
        #expect(head([], target: "/" + value).isMalformed)
        #expect(head([], host: value).isMalformed)
        #expect(head([], method: value).isMalformed)
        #expect(head([(value, "x")]).isMalformed)
    }

    @Test(arguments: ["", "a b", "a:b", "a\t"]) func refusesWhatIsNoName(_ name: String) { #expect(head([(name, "x")]).isMalformed) }

    @Test func refusesARequestWithoutMethodOrTarget() {
        #expect(head([], method: "").isMalformed)
        #expect(head([], target: "").isMalformed)
    }
}

@Suite struct ShownCertificateTests {
    private let der: [UInt8] = [0x30, 0x03, 0x02, 0x01, 0xfb, 0xff]
    private let base64 = "MAMCAfv/"

    @Test(arguments: [
        "-----BEGIN CERTIFICATE-----\nMAMC\nAfv/\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\r\nMAMCAfv/\r\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n\tMAMC\n\tAfv/\n\t-----END CERTIFICATE-----\n".replacing("\t-----END", with: "-----END"),
        "-----BEGIN%20CERTIFICATE-----%0AMAMCAfv%2F%0A-----END%20CERTIFICATE-----%0A",
        "MAMCAfv/", "MAMCAfv%2F", ":MAMCAfv/:",
    ]) func readsEachFormThatFrontsHave(_ text: String) { #expect(ShownCertificate.read(text.utf8) == [der]) }

    @Test func readsAChain() {
        #expect(ShownCertificate.read("\(base64),\(base64)".utf8) == [der, der])
        #expect(ShownCertificate.read(":\(base64):, :\(base64):".utf8) == [der, der])
        let block = "-----BEGIN CERTIFICATE-----\n\(base64)\n-----END CERTIFICATE-----\n"
        #expect(ShownCertificate.read((block + block).utf8) == [der, der])
    }

    @Test(arguments: [
        "", ",", "MAMCAfv/,", "MAMCAfv", "MAM CAfv/", "%2", "%zz", "::", "(null)", "-----BEGIN CERTIFICATE-----\nMAMCAfv/",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\nMAMCAfv/\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nMAMCAfv/\n-----END CERTIFICATE-----\nx",
    ]) func refusesWhatIsNoneOfThem(_ text: String) { #expect(ShownCertificate.read(text.utf8) == nil) }

    @Test func refusesMoreThanAnyChainHas() {
        #expect(ShownCertificate.read(Array(repeating: base64, count: 9).joined(separator: ",").utf8) == nil)
        #expect(ShownCertificate.read(String(repeating: "A", count: ShownCertificate.limit + 4).utf8) == nil)
    }

    @Test func anAbsentCertificateIsNoEmptyOne() {
        let absent = CheckQuestion(head: ByteBuffer(), host: [], certificate: [], address: [])
        #expect(absent.chain == [])
        let broken = CheckQuestion(head: ByteBuffer(), host: [], certificate: Array("(null)".utf8), address: [])
        #expect(broken.chain == nil)
    }

    @Test(arguments: [("api.example:443", "api.example"), ("[::1]:1", "[::1]"), ("[::1]", "[::1]"), ("a", "a")])
    func aHostHasNoPort(_ text: String, _ host: String) {
        #expect(CheckQuestion(head: ByteBuffer(), host: Array(text.utf8), certificate: [], address: []).host == Array(host.utf8))
    }
}
