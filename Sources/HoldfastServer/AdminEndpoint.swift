import HoldfastConfiguration
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// `/livez`, `/readyz` and `/metrics` in clear on an address of their own; there is no way from here to the API.
///
/// Outside of what Holdfast exists for, NIO's own HTTP server serves it.
final class AdminEndpoint: Service {
    struct Page: Sendable {
        var status = HTTPResponseStatus.ok
        var contentType = "text/plain; charset=utf-8"
        var body: String
    }

    /// - Parameters: the path without its query, and the `Accept` field.
    typealias Pages = @Sendable (_ path: String, _ accept: String?) async -> Page?

    private let server: NIOAsyncChannel<NIOAsyncChannel<HTTPServerRequestPart, HTTPPart<HTTPResponseHead, ByteBuffer>>, Never>
    private let pages: Pages
    let address: SocketAddress?

    /// A scraper or a load balancer needs few; more are closed at once.
    private static let idleTimeout = TimeAmount.seconds(30)

    init(address: NetworkAddress, group: any EventLoopGroup, pages: @escaping Pages) async throws {
        self.pages = pages
        server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandlers(
                        IdleStateHandler(readTimeout: Self.idleTimeout), IdleCloser())
                    return try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(inboundType: HTTPServerRequestPart.self, outboundType: HTTPPart<HTTPResponseHead, ByteBuffer>.self))
                }
            }
        self.address = server.channel.localAddress
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingDiscardingTaskGroup { group in
                try await self.server.executeThenClose { clients in
                    for try await client in clients { group.addTask { try? await self.serve(client) } }
                }
            }
        }
    }

    private func serve(_ client: NIOAsyncChannel<HTTPServerRequestPart, HTTPPart<HTTPResponseHead, ByteBuffer>>) async throws {
        try await client.executeThenClose { inbound, outbound in
            var request: HTTPRequestHead?
            for try await part in inbound {
                switch part {
                case .head(let head): request = head
                case .body: break
                case .end:
                    guard let head = request else { return }
                    try await answer(head, outbound)
                    guard head.isKeepAlive else { return }
                }
            }
        }
    }

    private func answer(
        _ request: HTTPRequestHead, _ outbound: NIOAsyncChannelOutboundWriter<HTTPPart<HTTPResponseHead, ByteBuffer>>
    ) async throws {
        let path = String(request.uri.prefix { $0 != "?" })
        var page: Page
        if request.method == .GET || request.method == .HEAD {
            page = await pages(path, request.headers["Accept"].first) ?? Page(status: .notFound, body: "not found: /livez, /readyz, /metrics\n")
        } else {
            page = Page(status: .methodNotAllowed, body: "GET only\n")
        }
        var headers = HTTPHeaders([
            ("Content-Type", page.contentType), ("Content-Length", String(page.body.utf8.count)), ("Cache-Control", "no-store"),
        ])
        if page.status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
        if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: page.status, headers: headers)))
        if request.method != .HEAD { try await outbound.write(.body(ByteBuffer(string: page.body))) }
        try await outbound.write(.end(nil))
    }
}

private final class IdleCloser: ChannelInboundHandler, Sendable {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.fireChannelRead(data) }
}
