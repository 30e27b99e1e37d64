import HTTPWire
import HoldfastConfiguration
import NIOCore
import ProxyEngine

/// A request that an address must answer with one of some statuses.
struct UpstreamCheck: Sendable {
    /// Between two of them.
    let interval: Duration
    private let request: String
    private let statuses: [Int]
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - host: that it is for.
    ///   - credentials: a whole line, or none.
    init(_ configured: HoldfastConfiguration.Upstream.Check, host: String, credentials: [UInt8]) {
        interval = configured.interval
        request =
            "GET \(configured.path) HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: holdfast\r\nConnection: close\r\n"
            + String(decoding: credentials, as: UTF8.self) + "\r\n"
        statuses = configured.statuses
        timeout = configured.timeout.timeAmount
    }

    /// On the channel's loop. The connection is closed after it.
    func ask(_ channel: any Channel, _ finding: EventLoopPromise<UpstreamProbe.Finding>) {
        let handler = UpstreamProbeHandler(finding, read: Self.reader(statuses))
        guard (try? channel.pipeline.syncOperations.addHandler(handler)) != nil else { return finding.succeed(.failed(.closed)) }
        let late = channel.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            handler.end(.failed(.timeout))
            channel.closeAbruptly()
        }
        finding.futureResult.assumeIsolated().whenComplete { _ in
            late.cancel()
            channel.closeAbruptly()
        }
        channel.writeAndFlush(ByteBuffer(string: request), promise: nil)
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
