import NIOCore
import NIOPosix
import NIOSSL

/// The lab's upstream: a raw HTTP/1.1 server that shows what reached it.
struct UpstreamServer {
    enum Place: Sendable {
        case tcp(Address)
        case unix(String)
    }

    let place: Place
    let ledger: UpstreamLedger
    /// Given where the upstream speaks TLS.
    let tls: NIOSSLContext?

    func run() async throws {
        let listener = try await bind()
        try ReadyLine.print(readyMembers(listener.channel))
        try await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    /// A connection's failure ends that connection and nothing else.
    private func serve(_ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        let connection = UpstreamConnection(number: ledger.opened(), ledger: ledger)
        try? await channel.executeThenClose { inbound, outbound in try await connection.serve(inbound, outbound) }
        ledger.closed()
    }

    private func bind() async throws -> NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never> {
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        let initialize: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = { channel in
            channel.eventLoop.makeCompletedFuture {
                if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
        }
        switch place {
        case .tcp(let address):
            return try await bootstrap.bind(host: address.host, port: address.port, childChannelInitializer: initialize)
        case .unix(let path):
            return try await bootstrap.bind(
                unixDomainSocketPath: path, cleanupExistingSocketFile: true, childChannelInitializer: initialize)
        }
    }

    private func readyMembers(_ channel: any Channel) -> [String: String] {
        switch place {
        case .tcp: ["address": Address(channel.localAddress)?.description ?? ""]
        case .unix(let path): ["unix": path]
        }
    }
}
