import BindingPolicy
import Testing

@testable import ProxyEngine

@Suite("A refusal to a client of gRPC")
struct GRPCRefusalTests {
    @Test(
        "has the status that HTTP's stands for",
        arguments: [(400, 13), (401, 16), (403, 7), (404, 12), (429, 14), (502, 14), (503, 14), (504, 14), (405, 2), (421, 2), (508, 2)])
    func status(http: Int, status: Int) {
        #expect(GRPCRefusal(Refusal(status: http, reason: "r", detail: "d")).status.rawValue == status)
    }

    @Test("says why, in fields of its own")
    func fields() {
        let refusal = Refusal(Denial(.tokenExpired), ChallengeTerms(realm: "api", metadata: nil))
        let lines = String(decoding: GRPCRefusal(refusal).fields, as: UTF8.self)
        #expect(lines.hasPrefix("content-type: application/grpc\r\ngrpc-status: 16\r\ngrpc-message: token_expired: "))
        #expect(lines.hasSuffix("\r\n") && lines.split(separator: "\r\n").count == 3)
    }

    @Test("has a message that no field could be broken by")
    func message() {
        #expect(GRPCRefusal(Refusal(status: 401, reason: "100%", detail: "a\r\nb é\u{7f}")).message == "100%25: a%0D%0Ab %C3%A9%7F")
    }

    @Test(
        "is for gRPC's own content types",
        arguments: [
            ("application/grpc", true), ("Application/GRPC", true), ("application/grpc+proto", true), ("application/grpc; a=b", true),
            ("application/grpc-web", false), ("application/grpc-web+proto", false), ("application/grpcs", false), ("application/grp", false),
            ("application/json", false), ("", false),
        ])
    func contentType(text: String, isGRPC: Bool) {
        #expect(Array(text.utf8).withUnsafeBytes { GRPCRefusal.isAnswer(to: $0) } == isGRPC)
    }
}
