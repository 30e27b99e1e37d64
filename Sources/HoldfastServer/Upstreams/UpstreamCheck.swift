import HTTPWire
import HoldfastConfiguration
import NIOCore
import ProxyEngine

/// A request that an address must answer with one of some statuses.
struct UpstreamCheck: Sendable {
    /// Between two of them.
    let interval: Duration
    private let request: String
    /// Over HTTP/2, and whether it is encrypted; nil for HTTP/1.1.
    private let http2: Bool?
    private let statuses: [Int]
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - host: that it is for.
    ///   - credentials: a whole line, or none.
    ///   - http2: whether the connection is encrypted over which HTTP/2 is spoken; nil where HTTP/1.1 is.
    init(_ configured: HoldfastConfiguration.Upstream.Check, host: String, credentials: [UInt8], http2: Bool? = nil) {
        self.http2 = http2
        interval = configured.interval
        request =
            "GET \(configured.path) HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: holdfast\r\nConnection: close\r\n"
            + String(decoding: credentials, as: UTF8.self) + "\r\n"
        statuses = configured.statuses
        timeout = configured.timeout.timeAmount
    }

    /// On the channel's loop. The connection is closed after it.
    func ask(_ channel: any Channel, _ finding: EventLoopPromise<UpstreamProbe.Finding>) {
        let inquiry = http2.flatMap { HTTP2Inquiry(ByteBuffer(string: request), isEncrypted: $0) }
        let handler = UpstreamProbeHandler(finding, read: inquiry.map { Self.reader(of: $0, statuses) } ?? Self.reader(statuses))
        guard (try? channel.pipeline.syncOperations.addHandler(handler)) != nil else { return finding.succeed(.failed(.closed)) }
        let late = channel.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            handler.end(.failed(.timeout))
            channel.closeAbruptly()
        }
        finding.futureResult.assumeIsolated().whenComplete { _ in
            late.cancel()
            channel.closeAbruptly()
        }
        channel.writeAndFlush(inquiry?.opening ?? ByteBuffer(string: request), promise: nil)
    }

    private static func reader(of inquiry: HTTP2Inquiry, _ statuses: [Int]) -> (ByteBuffer) -> UpstreamProbe.Finding? {
        { read in
            switch inquiry.received(read) {
            case .nothing: nil
            case .status(let status): statuses.contains(status) ? .reachable : .failed(.unhealthy)
            case .fault(let fault): .failed(.nonsense(fault))
            }
        }
    }

    /// Reads no more of the answer than its first line.
    static func reader(_ statuses: [Int]) -> (ByteBuffer) -> UpstreamProbe.Finding? {
        var octets = ByteBuffer()
        return { read in
            octets.writeImmutableBuffer(read)
            guard octets.readableBytes >= 12 else { return nil }
            return status(octets).map(statuses.contains) == true ? .reachable : .failed(.unhealthy)
        }
    }

    /// `HTTP/1.1 200`, with whatever behind it.
    private static func status(_ octets: ByteBuffer) -> Int? {
        guard let text = octets.getString(at: octets.readerIndex, length: 12), text.hasPrefix("HTTP/1."), text.dropFirst(8).first == " " else {
            return nil
        }
        return Int(text.suffix(3))
    }
}
