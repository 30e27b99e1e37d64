import Foundation
import HTTPWire
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import TokenValidation

/// Answers whatever comes first on a connection with fixed octets, over TLS where it has a certificate.
private final class CannedServer: Sendable {
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    init(_ response: String, closes: Bool = true, certificate: (pem: String, key: String)? = nil) async throws {
        let context = try certificate.map { certificate in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: [.certificate(NIOSSLCertificate(bytes: Array(certificate.pem.utf8), format: .pem))],
                    privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(certificate.key.utf8), format: .pem))))
        }
        channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
                    try channel.pipeline.syncOperations.addHandler(Handler(response: response, closes: closes))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        let response: String
        let closes: Bool

        init(response: String, closes: Bool) { (self.response, self.closes) = (response, closes) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: response)), promise: nil)
            if closes { context.close(promise: nil) }
        }
    }
}

@Suite("Fetching", .timeLimit(.minutes(10)))
struct HTTPDocumentFetcherTests {
    private func fetch(
        _ response: String, closes: Bool = true, certificate: (pem: String, key: String)? = nil, host: String = "127.0.0.1",
        authorities: [NIOSSLCertificate] = [], types: AcceptedMediaTypes = .these(["application/json"])
    ) async throws -> Result<FetchedDocument, FetchFault> {
        let server = try await CannedServer(response, closes: closes, certificate: certificate)
        let fetcher = HTTPDocumentFetcher(authorities: authorities)
        let url = url("\(certificate == nil ? "http" : "https")://\(host):\(server.port)/jwks")
        let outcome: Result<FetchedDocument, FetchFault>
        do throws(FetchFault) { outcome = .success(try await fetcher.fetch(url, accepting: types)) } catch {
            outcome = .failure(error)
        }
        try await fetcher.shutdown()
        try await server.stop()
        return outcome
    }

    private func response(_ status: String = "200 OK", type: String? = "application/json", more: String = "", body: String = "{}") -> String {
        let type = type.map { "Content-Type: \($0)\r\n" } ?? ""
        return "HTTP/1.1 \(status)\r\n\(type)\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("Fetches a document and its age (ASM-05, JWT-34)") func fetchesADocumentAndItsAge() async throws {
        let outcome = try await fetch(response(type: "Application/JSON; charset=utf-8", more: "Cache-Control: max-age=120\r\n", body: "{\"a\":1}"))
        #expect(outcome == .success(FetchedDocument(body: Array("{\"a\":1}".utf8), maximumAge: 120)))
        #expect(try await fetch(response()) == .success(FetchedDocument(body: Array("{}".utf8), maximumAge: nil)))
    }

    @Test(
        "Takes nothing but a 200 (ASM-05, ASM-07)",
        arguments: [("302 Found", 302), ("404 Not Found", 404), ("503 Service Unavailable", 503), ("204 No Content", 204), ("201 Created", 201)])
    func takesNothingButA200(_ status: String, _ code: Int) async throws {
        let body = code == 204 ? "" : "{}"
        #expect(try await fetch(response(status, more: "Location: http://127.0.0.1:1/\r\n", body: body)) == .failure(.status(code)))
    }

    @Test("Takes nothing but the type it asked for (ASM-05)", arguments: ["text/html", "application/jsonx", "application/json, text/html", nil])
    func takesNothingButTheTypeItAskedFor(_ type: String?) async throws {
        #expect(try await fetch(response(type: type)) == .failure(.mediaType(type)))
        #expect(try await fetch(response(more: "Content-Type: text/html\r\n")) == .failure(.mediaType(nil)))
    }

    @Test(
        "Takes whatever type by the entry's word, and nothing else is different",
        arguments: ["application/octet-stream", "text/plain; charset=x", nil])
    func takesAnyTypeWhereItMay(_ type: String?) async throws {
        let any = AcceptedMediaTypes.any(preferred: ["application/json"])
        #expect(try await fetch(response(type: type), types: any) == .success(FetchedDocument(body: Array("{}".utf8))))
        #expect(try await fetch(response("404 Not Found", type: type), types: any) == .failure(.status(404)))
    }

    @Test("What a server says of itself is shown as short text that nothing can act on")
    func shownTypes() async throws {
        let long = String(repeating: "x", count: 5000)
        guard case .failure(.mediaType(let found?)) = try await fetch(response(type: "text/\u{e9}" + long)) else { return #expect(Bool(false)) }
        #expect(found.utf8.count < 210 && found.utf8.allSatisfy { 0x20...0x7e ~= $0 })
    }

    @Test("Bounds the length (ASM-07)") func boundsTheLength() async throws {
        let limit = String(repeating: " ", count: FetchLimits.length)
        guard case .success = try await fetch(response(body: limit)) else {
            Issue.record("a document of the greatest length was refused")
            return
        }
        #expect(try await fetch(response(body: limit + " ")) == .failure(.tooLarge))
        let unannounced = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + limit + " "
        #expect(try await fetch(unannounced) == .failure(.tooLarge))
    }

    @Test(
        "Waits for a server only so long (ASM-07)",
        arguments: ["", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"])
    func waitsForAServerOnlySoLong(_ part: String) async throws {
        #expect(try await fetch(part, closes: false) == .failure(.timeout))
    }

    @Test("Tolerates no nonsense (ASM-05)") func toleratesNoNonsense() async throws {
        #expect(try await fetch("SSH-2.0-x\r\n") == .failure(.nonsense))
        let cut = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        #expect([.failure(.nonsense), .failure(.interrupted)].contains(try await fetch(cut)))
    }

    @Test(
        "Says why there is no connection",
        arguments: [
            ("http://127.0.0.1:1/", .refused), ("http://localhost:1/", .refused), ("https://name.invalid/", .unknownName),
        ] as [(String, FetchFault.Unreachable)])
    func saysWhyThereIsNoConnection(_ address: String, _ cause: FetchFault.Unreachable) async throws {
        let fetcher = HTTPDocumentFetcher()
        await #expect(throws: FetchFault.unreachable(cause)) {
            _ = try await fetcher.fetch(url(address), accepting: .these(["application/json"]))
        }
        try await fetcher.shutdown()
    }

    @Test("Trusts a server only by its certificate and name (ASM-04)") func trustsAServerOnlyByItsCertificateAndName() async throws {
        let authorities = try certificates(ServerCertificates.localhost.pem, ServerCertificates.other.pem)
        let good = response()
        guard case .success = try await fetch(good, certificate: ServerCertificates.localhost, host: "localhost", authorities: authorities) else {
            Issue.record("a trusted server was refused")
            return
        }
        #expect(try await fetch(good, certificate: ServerCertificates.localhost, host: "localhost") == .failure(.unreachable(.untrusted)))
        #expect(
            try await fetch(good, certificate: ServerCertificates.other, host: "localhost", authorities: authorities)
                == .failure(.unreachable(.otherName)))
        #expect(
            try await fetch(good, certificate: ServerCertificates.localhost, host: "127.0.0.1", authorities: authorities)
                == .failure(.unreachable(.otherName)))
        let plain = try await CannedServer(good)
        let fetcher = HTTPDocumentFetcher()
        await #expect(throws: FetchFault.unreachable(.noTLS)) {
            _ = try await fetcher.fetch(url("https://127.0.0.1:\(plain.port)/jwks"), accepting: .these(["application/json"]))
        }
        try await fetcher.shutdown()
        try await plain.stop()
    }

    @Test("A byte order mark before a document is no part of it") func byteOrderMark() async throws {
        #expect(try await fetch(response(body: "\u{feff}{}")) == .success(FetchedDocument(body: Array("{}".utf8), maximumAge: nil)))
    }
}
