import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A listening socket of a lab server: plain, TLS, or TLS that asks for a client certificate.
struct HTTPListener: Sendable {
    enum Security: Sendable {
        case plain
        case tls(ServerTLS)
        case mutualTLS(ServerTLS)
    }

    private typealias Exchanges = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private final class ClientChain: Sendable {
        let certificates = Mutex<[NIOSSLCertificate]>([])
    }

    private struct Connection: Sendable {
        let exchanges: Exchanges
        let clientChain: ClientChain
    }

    let address: Address
    private let accepted: NIOAsyncChannel<Connection, Never>

    init(_ wanted: Address, security: Security) async throws {
        accepted = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: wanted.host, port: wanted.port) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.configure(channel, security) }
            }
        guard let address = Address(accepted.channel.localAddress) else { throw LabError("\(wanted) has no address") }
        self.address = address
    }

    func serve(_ table: EndpointTable) async throws {
        try await serve { await table.answer($0) }
    }

    func serve(_ answer: @escaping @Sendable (LabRequest) async -> LabResponse) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await accepted.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { try? await Self.serve(connection, answer) }
                }
            }
        }
    }

    private static func configure(_ channel: any Channel, _ security: Security) throws -> Connection {
        let clientChain = ClientChain()
        switch security {
        case .plain: break
        case .tls(let tls): try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context()))
        case .mutualTLS(let tls):
            // A context for each connection, so that no session is resumed and the callback always sees the chain.
            let handler = NIOSSLServerHandler(
                context: try tls.context(asksClients: true),
                customVerificationCallback: { chain, promise in
                    clientChain.certificates.withLock { $0 = chain }
                    promise.succeed(.certificateVerified)
                })
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
        return Connection(exchanges: try NIOAsyncChannel(wrappingChannelSynchronously: channel), clientChain: clientChain)
    }

    private static func serve(_ connection: Connection, _ answer: @Sendable (LabRequest) async -> LabResponse) async throws {
        try await connection.exchanges.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body = ByteBuffer()
            for try await part in inbound {
                switch part {
                case .head(let received): (head, body) = (received, ByteBuffer())
                case .body(var octets):
                    guard body.readableBytes + octets.readableBytes <= 1 << 20 else { return }
                    body.writeBuffer(&octets)
                case .end:
                    guard let asked = head else { return }
                    let chain = connection.clientChain.certificates.withLock { $0 }
                    let response = await answer(LabRequest(asked, body: body, clientChain: chain))
                    var headers = response.headers
                    headers.add(name: "Content-Length", value: String(response.body.readableBytes))
                    try await outbound.write(contentsOf: [
                        .head(HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)),
                        .body(.byteBuffer(response.body)), .end(nil),
                    ])
                    guard asked.isKeepAlive else { return }
                }
            }
        }
    }
}
