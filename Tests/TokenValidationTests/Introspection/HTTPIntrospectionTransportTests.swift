import BindingPolicy
import Foundation
import HTTPWire
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing
import TokenValidation

/// A small HTTP server that keeps what it was asked and answers as a test says.
private final class RecordingServer: Sendable {
    enum Reply: Sendable {
        case answer(String)
        /// Answers, and closes the connection as soon as it is used again.
        case answerOnce(String)
        /// Answers, and resets the connection soon after.
        case answerAndReset(String)
        case silence
    }

    private final class Record: Sendable {
        struct State {
            var requests: [String] = []
            var connections = 0
            var open = 0
        }

        let state = Mutex(State())
    }

    private let channel: any Channel
    private let record = Record()

    let port: Int
    var requests: [String] { record.state.withLock { $0.requests } }
    var connections: Int { record.state.withLock { $0.connections } }
    var open: Int { record.state.withLock { $0.open } }

    /// - Parameters:
    ///   - certificate: for TLS.
    ///   - client: the certificate that clients must show.
    init(
        certificate: (pem: String, key: String)? = nil, client: String? = nil, _ reply: @escaping @Sendable (String) -> Reply
    ) async throws {
        let context = try certificate.map { certificate in
            var tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(certificate.pem.utf8), format: .pem))],
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.key.utf8), format: .pem)))
            if let client {
                tls.certificateVerification = .noHostnameVerification
                tls.trustRoots = .certificates([try NIOSSLCertificate(bytes: Array(client.utf8), format: .pem)])
            }
            return try NIOSSLContext(configuration: tls)
        }
        channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .childChannelInitializer { [record] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
                    try channel.pipeline.syncOperations.addHandler(Handler(record, reply))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let record: Record
        private let reply: @Sendable (String) -> Reply
        private var received = ""
        private var closesNext = false

        init(_ record: Record, _ reply: @escaping @Sendable (String) -> Reply) { (self.record, self.reply) = (record, reply) }

        func channelActive(context: ChannelHandlerContext) { record.state.withLock { ($0.connections, $0.open) = ($0.connections + 1, $0.open + 1) } }
        func channelInactive(context: ChannelHandlerContext) { record.state.withLock { $0.open -= 1 } }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if closesNext { return context.close(promise: nil) }
            received += String(buffer: unwrapInboundIn(data))
            guard let end = received.range(of: "\r\n\r\n") else { return }
            let length = received.lowercased().range(of: "content-length: ").flatMap { Int(received[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
            guard received[end.upperBound...].utf8.count >= length else { return }
            let request = received
            received = ""
            record.state.withLock { $0.requests.append(request) }
            switch reply(request) {
            case .silence: return
            case .answerOnce(let text):
                closesNext = true
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            case .answerAndReset(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                // Closing without lingering sends a reset, which would overtake an answer that was not read yet.
                let channel = context.channel
                (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
                    channel.eventLoop.scheduleTask(in: .milliseconds(20)) { channel.close(promise: nil) }
                }
            case .answer(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            }
        }
    }
}

private func response(_ status: String = "200 OK", type: String = "application/json", more: String = "", body: String = #"{"active":true}"#) -> String
{
    "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

@Suite("Asking over HTTP", .timeLimit(.minutes(10)))
struct HTTPIntrospectionTransportTests {
    /// Asks a server once, or as often as told.
    private func post(
        to server: RecordingServer, scheme: String = "http", host: String = "127.0.0.1", _ authentication: ClientAuthentication? = nil,
        authorities: String? = nil, signed: Bool = false, seconds: Double = 60, times: Int = 1
    ) async throws -> [Result<String, FetchFault>] {
        let authentication = try authentication ?? secret()
        let settings = IntrospectionSettings.test(signed: signed ? [.es256] : nil)
        let request = try #require(
            IntrospectionRequest(Array("a+b".utf8), settings, authentication, issuer: TokenMint.issuer, identifier: "i", now: 0))
        let url = url("\(scheme)://\(host):\(server.port)/introspect?x=1")
        let transport = HTTPIntrospectionTransport(
            authentication, authorities: try authorities.map { try certificates($0) } ?? [], connections: 4, timeout: seconds)
        var outcomes: [Result<String, FetchFault>] = []
        for _ in 0..<times {
            do throws(FetchFault) {
                outcomes.append(.success(String(decoding: try await transport.post(request, to: url, seconds: seconds), as: UTF8.self)))
            } catch {
                outcomes.append(.failure(error))
            }
        }
        await transport.shutdown()
        return outcomes
    }

    private func ask(_ reply: RecordingServer.Reply, signed: Bool = false, seconds: Double = 60) async throws -> Result<String, FetchFault> {
        let server = try await RecordingServer { _ in reply }
        let outcome = try await post(to: server, signed: signed, seconds: seconds)
        try await server.stop()
        return try #require(outcome.first)
    }

    @Test("The question is a POST of a form, with our credentials (INT-01, INT-02)")
    func question() async throws {
        let server = try await RecordingServer { _ in .answer(response(more: "Set-Cookie: a=b\r\n")) }
        let outcomes = try await post(to: server, times: 2)
        #expect(outcomes == [.success(#"{"active":true}"#), .success(#"{"active":true}"#)])
        #expect(server.connections == 1)
        #expect(server.requests.count == 2)
        for request in server.requests {
            let head = request.lowercased()
            #expect(request.hasPrefix("POST /introspect?x=1 HTTP/1.1\r\n"))
            #expect(request.hasSuffix("\r\n\r\ntoken=a%2Bb&token_type_hint=access_token"))
            #expect(head.contains("content-type: application/x-www-form-urlencoded\r\n"))
            #expect(head.contains("accept: application/json\r\n"))
            #expect(request.contains("Basic Z2F0ZXdheTpzM2NyZXQ=\r\n"))
            #expect(!head.contains("cookie"))
        }
        try await server.stop()
    }

    @Test("A signed answer is asked for by its type, and a plain one then is none (INT-09, INT-11)")
    func signed() async throws {
        let type = "application/token-introspection+jwt"
        let server = try await RecordingServer { _ in .answer(response(type: type, body: "a.b.c")) }
        #expect(try await post(to: server, signed: true) == [.success("a.b.c")])
        #expect(server.requests.allSatisfy { $0.lowercased().contains("accept: \(type)\r\n") })
        try await server.stop()
        #expect(try await ask(.answer(response()), signed: true) == .failure(.mediaType("application/json")))
        #expect(try await ask(.answer(response(type: type)), signed: false) == .failure(.mediaType(type)))
    }

    @Test("Nothing but a 200 of the right type and length is an answer (INT-03, INT-08, ASM-07)")
    func otherAnswers() async throws {
        for (status, code) in [("401 Unauthorized", 401), ("403 Forbidden", 403), ("500 Oops", 500), ("302 Found", 302), ("201 Created", 201)] {
            #expect(try await ask(.answer(response(status, more: "Location: http://127.0.0.1:1/\r\n"))) == .failure(.status(code)))
        }
        #expect(try await ask(.answer(response(type: "text/html"))) == .failure(.mediaType("text/html")))
        let limit = String(repeating: " ", count: 65536)
        #expect(try await ask(.answer(response(body: limit))) == .success(limit))
        #expect(try await ask(.answer(response(body: limit + " "))) == .failure(.tooLarge))
        #expect(try await ask(.answer("SSH-2.0-x\r\n\r\n")) == .failure(.nonsense))
    }

    @Test("An issuer that is slow is waited for only so long (INT-15)")
    func slow() async throws {
        for reply in [RecordingServer.Reply.silence, .answer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")] {
            #expect(try await ask(reply, seconds: 0.3) == .failure(.timeout))
        }
    }

    @Test("A connection that was closed or reset meanwhile is no failure, and one that cannot be had is (INT-15)")
    func closed() async throws {
        for reply in [RecordingServer.Reply.answerOnce(response()), .answerAndReset(response())] {
            let server = try await RecordingServer { _ in reply }
            let outcomes = try await post(to: server, times: 20)
            #expect(outcomes == Array(repeating: .success(#"{"active":true}"#), count: 20))
            try await server.stop()
        }
        let server = try await RecordingServer { _ in .answerAndReset("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n") }
        #expect(try await post(to: server) == [.failure(.interrupted)])
        #expect(server.requests.count == 3)
        try await server.stop()
        // Nobody listens there any more.
        #expect(try await post(to: server) == [.failure(.unreachable(.refused))])
    }

    @Test("Our certificate is shown to an issuer that asks for one (INT-02, MTLS-20)")
    func clientCertificate() async throws {
        let (own, foreign) = (ServerCertificates.other, ServerCertificates.localhost)
        let server = try await RecordingServer(certificate: ServerCertificates.localhost, client: own.pem) { _ in .answer(response()) }
        func outcome(_ authentication: ClientAuthentication?) async throws -> Result<String, FetchFault>? {
            try await post(
                to: server, scheme: "https", host: "localhost", authentication, authorities: ServerCertificates.localhost.pem
            ).first
        }
        #expect(try await outcome(certified(own)) == .success(#"{"active":true}"#))
        #expect(server.requests.first?.hasSuffix("&client_id=gateway") == true)
        for other in [nil, try certified(foreign)] {
            guard case .failure(let fault) = try await outcome(other) else { return #expect(Bool(false)) }
            #expect(fault == .unreachable(.refusesCertificate))
        }
        #expect(server.requests.count == 1)
        try await server.stop()
    }

    @Test("An issuer is trusted only by its certificate and name (ASM-04, INT-02)")
    func serverCertificate() async throws {
        let (good, other) = (ServerCertificates.localhost, ServerCertificates.other)
        for (shown, trusted, host, cause) in [
            (good, good.pem, "localhost", nil), (good, nil, "localhost", .untrusted), (other, other.pem, "localhost", .otherName),
            (good, good.pem, "127.0.0.1", .otherName),
        ] as [((pem: String, key: String), String?, String, FetchFault.Unreachable?)] {
            let server = try await RecordingServer(certificate: shown) { _ in .answer(response()) }
            let outcome = try await post(to: server, scheme: "https", host: host, authorities: trusted)
            #expect(outcome == [cause.map { .failure(.unreachable($0)) } ?? .success(#"{"active":true}"#)])
            #expect(server.requests.count == (cause == nil ? 1 : 0))
            try await server.stop()
        }
    }

    @Test("From the metadata to the answers, many at once; who goes away takes the request with them (ASM-01, INT-15)")
    func whole() async throws {
        let port = Mutex(0)
        let server = try await RecordingServer { request in
            let origin = "http://127.0.0.1:\(port.withLock { $0 })"
            if request.hasPrefix("GET /.well-known/oauth-authorization-server ") {
                return .answer(response(body: #"{"issuer":"\#(origin)","introspection_endpoint":"\#(origin)/i"}"#))
            }
            return request.contains("token=hang") ? .silence : .answer(response(body: #"{"active":true,"sub":"user-1"}"#))
        }
        port.withLock { $0 = server.port }
        let issuer = "http://127.0.0.1:\(server.port)"
        let introspector = Introspector(
            policy: .introspecting(issuer: issuer), settings: .test(discoveredFrom: issuer, timeout: 600, maxConcurrent: 20),
            authentication: try secret())
        let answers = Mutex<[IntrospectionAnswer]>([])
        @Sendable func lookUp(_ token: String) -> Introspector.Looked {
            introspector.lookUp(Array(token.utf8), digest(token), for: nil, octets: 0, now: Date.now.timeIntervalSince1970) { answer in
                answers.withLock { $0.append(answer) }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await introspector.run() }
            #expect(await eventually { introspector.status.isReady })
            var hanging: [Introspector.Ticket] = []
            for index in 0..<19 { if case .pending(let ticket) = lookUp("hang\(index)") { hanging.append(ticket) } }
            #expect(await eventually { server.requests.count == 20 })
            // The last place is enough for all others.
            for index in 0..<50 { _ = lookUp("t\(index)") }
            #expect(await eventually { answers.withLock { $0.count } == 50 })
            #expect(answers.withLock { $0.allSatisfy { (try? $0.outcome.get().subject) == "user-1" } })
            let open = server.open
            for ticket in hanging { introspector.abandon(ticket) }
            #expect(await eventually { server.open <= open - 19 })
            #expect(introspector.status.inFlight == 0)
            _ = lookUp("hang")
            #expect(await eventually { introspector.status.inFlight == 1 })
            group.cancelAll()
        }
        #expect(answers.withLock { $0.count } == 51)
        try await server.stop()
    }
}
