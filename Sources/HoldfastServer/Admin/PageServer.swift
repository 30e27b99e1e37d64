import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ProxyEngine
import ServiceLifecycle
import Timekeeping

/// A small HTTP server on an address of its own that answers GET with pages; there is no way from here to the API. It serves
/// the admin endpoint in clear, and the resource's metadata over TLS without client certificates.
///
/// Outside of what Holdfast exists for, NIO's own HTTP server does it.
final class PageServer: Service {
    struct Page: Sendable {
        var status = HTTPResponseStatus.ok
        var contentType = "text/plain; charset=utf-8"
        var cacheControl = "no-store"
        var fields: [(String, String)] = []
        var body: String
    }

    struct Question: Sendable {
        /// Without its query, which may be nil.
        let path: String
        let query: String?
        let accept: String?
    }

    /// Nil for what is not there.
    typealias Pages = @Sendable (Question) async -> Page?
    typealias MakeTLS = @Sendable () throws -> NIOSSLServerHandler

    private let channel: any Channel
    private let name: String
    /// A scraper or a load balancer asks more often than this, or asks anew.
    private static let idleTimeout = TimeAmount.seconds(30)
    /// Of a connection, whatever it does.
    private static let lifetime = TimeAmount.seconds(300)

    /// - Parameters:
    ///   - name: the section of the file that it comes from, for the log.
    ///   - connections: at once. One more takes the place of the oldest that has had no answer yet, or of the oldest.
    ///   - tls: nil to serve in clear.
    ///   - absence: what is said of a path that is not there.
    init(
        _ name: String, at place: ListeningPlace, group: any EventLoopGroup, connections: Int, tls: MakeTLS?, absence: String,
        logger: Logger, pages: @escaping Pages
    ) async throws {
        self.name = name
        // Nobody proves anything here. One place is for the connection that is being closed.
        let seats = ConnectionSeats(
            ConnectionSeats.Bounds(connections: connections, unproved: max(1, connections - 1), descriptors: max(1, connections)))
        channel = try await ServerBootstrap(group: group)
            .gated(by: seats) { logger.tell($0, of: name) }
            // Small reads: what is read at once is answered at once, and each answer is larger than its request.
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        try pipeline.addHandler(HandshakeNotice { seats.wasAnswered($0) })
                        try pipeline.addHandler(ClientHelloHandler { _ in try tls() })
                    }
                    // Who does not read the answers is not read from: they would gather without a bound.
                    try pipeline.addHandler(BackPressureHandler())
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(IdleStateHandler(readTimeout: Self.idleTimeout))
                    try pipeline.addHandler(PageHandler(pages: pages, absence: absence, seats: seats))
                    let end = channel.eventLoop.scheduleTask(in: Self.lifetime) { channel.close(promise: nil) }
                    channel.closeFuture.whenComplete { _ in end.cancel() }
                }
            }
            .listen(at: place, backlog: 128)
    }

    var address: SocketAddress? { channel.localAddress }

    /// Until shut down: last of all, so that a draining proxy can still be asked about.
    func run() async throws {
        try await channel.untilShutdown(of: name)
        try? await channel.close()
    }
}

/// One connection. NIO's pipelining handler sees to it that there is one request at a time.
private final class PageHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pages: PageServer.Pages
    private let absence: String
    private let seats: ConnectionSeats
    private var request: HTTPRequestHead?

    init(pages: @escaping PageServer.Pages, absence: String, seats: ConnectionSeats) {
        self.pages = pages
        self.absence = absence
        self.seats = seats
    }

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
        switch event {
        case is IdleStateHandler.IdleStateEvent: context.close(promise: nil)
        case is ConnectionDismissed: if !seats.keepIfUnread(context.channel) { context.channel.closeAbruptly(reset: true) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let question = PageServer.Question(
            path: String(parts.first ?? ""), query: parts.count > 1 ? String(parts[1]) : nil, accept: head.headers["Accept"].first)
        let (pages, absence, isRead) = (pages, absence, head.method == .GET || head.method == .HEAD)
        context.eventLoop.makeFutureWithTask {
            guard let page = await pages(question) else { return PageServer.Page(status: .notFound, body: absence) }
            return isRead ? page : PageServer.Page(status: .methodNotAllowed, body: "GET only\n")
        }.assumeIsolated().whenSuccess { page in self.write(page, to: head, context) }
    }

    private func write(_ page: PageServer.Page, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders([
            ("Date", Timestamp(Int(WallClock.seconds())).imfFixdate), ("Content-Type", page.contentType),
            ("Content-Length", String(page.body.utf8.count)), ("Cache-Control", page.cacheControl),
        ])
        headers.add(contentsOf: page.fields)
        if page.status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
        if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: page.status, headers: headers))), promise: nil)
        if request.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: page.body)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        seats.wasAnswered(context.channel)
        if !request.isKeepAlive { context.close(promise: nil) }
    }
}
