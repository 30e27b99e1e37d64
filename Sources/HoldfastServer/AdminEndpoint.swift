import HoldfastConfiguration
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

    private let channel: any Channel
    /// A scraper or a load balancer asks more often than this, or asks anew.
    private static let idleTimeout = TimeAmount.seconds(30)

    init(address: NetworkAddress, group: any EventLoopGroup, pages: @escaping Pages) async throws {
        channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(IdleStateHandler(readTimeout: Self.idleTimeout))
                    try pipeline.addHandler(AdminHandler(pages: pages))
                }
            }
            .bind(host: address.host, port: address.port).get()
    }

    var address: SocketAddress? { channel.localAddress }

    /// Until shut down: last of all, so that a draining proxy can still be asked about.
    func run() async throws {
        try? await gracefulShutdown()
        try? await channel.close()
    }
}

/// One admin connection. NIO's pipelining handler sees to it that there is one request at a time.
private final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pages: AdminEndpoint.Pages
    private var request: HTTPRequestHead?

    init(pages: @escaping AdminEndpoint.Pages) { self.pages = pages }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = head
        case .body: break
        case .end:
            guard let head = request else { return }
            request = nil
            answer(head, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.method == .GET || head.method == .HEAD else {
            return write(AdminEndpoint.Page(status: .methodNotAllowed, body: "GET only\n"), to: head, context)
        }
        let path = String(head.uri.prefix { $0 != "?" })
        let accept = head.headers["Accept"].first
        let pages = self.pages
        context.eventLoop.makeFutureWithTask {
            await pages(path, accept) ?? AdminEndpoint.Page(status: .notFound, body: "not found; there are /livez, /readyz and /metrics\n")
        }.assumeIsolated().whenSuccess { page in self.write(page, to: head, context) }
    }

    private func write(_ page: AdminEndpoint.Page, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders([
            ("Content-Type", page.contentType), ("Content-Length", String(page.body.utf8.count)), ("Cache-Control", "no-store"),
        ])
        if page.status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
        if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: page.status, headers: headers))), promise: nil)
        if request.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: page.body)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !request.isKeepAlive { context.close(promise: nil) }
    }
}
