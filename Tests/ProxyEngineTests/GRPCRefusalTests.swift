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

    @Test("is one head over HTTP/2, and its HTTP status is only told by the log")
    func overHTTP2() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks("/denied", method: "POST", ends: false, ("content-type", "application/grpc+proto"), ("te", "trailers"))
        let heard = client.reads("content-type", "grpc-status", "www-authenticate", "content-length")
        #expect(heard == ["head 1 200 application/grpc 16 - - end", "reset 1 noError"])
        client.asks("/denied", method: "POST", ("content-type", "application/json"))
        #expect(client.reads("grpc-status").first == "head 3 401 -")
        #expect(try bench.logged() == ["401 refused token_expired", "401 refused token_expired"])
    }

    @Test("is what an upstream's failure comes to as well")
    func ofUpstreams() throws {
        let bench = try EngineBench()
        bench.connectFault = .connectTimeout
        let client = try bench.connectHTTP2()
        client.asks("/", method: "POST", ("content-type", "application/grpc"))
        #expect(client.reads("grpc-status") == ["head 1 200 14 end"])
    }
}
