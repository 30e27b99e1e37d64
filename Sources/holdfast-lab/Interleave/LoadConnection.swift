import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One client connection of the load: asks again and again, and holds each answer against what it asked.
struct LoadConnection: Sendable {
    private typealias Exchanges = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    let number: Int
    let identity: LoadIdentity
    let server: Address
    let thumbprintHeader: String

    /// The members of the lab upstream's report that matter here.
    private struct Report: Decodable {
        let connection: Int
        let target: String
        let fields: [[String]]
    }

    /// Asks `count` times, over a new connection whenever the server closes the last.
    func run(_ count: Int) async -> LoadTally {
        var tally = LoadTally()
        while tally.right + tally.crossed + tally.failed < count {
            let before = tally.right + tally.crossed
            do {
                let channel = try await connect()
                tally = try await channel.executeThenClose { inbound, outbound in
                    try await exchange(count, tally, inbound, outbound)
                }
            } catch {
                tally.failed += 1
            }
            // A server that answers nothing is not asked for ever.
            if tally.right + tally.crossed == before, tally.failed > 3 { tally.failed = count - before }
        }
        return tally
    }

    private func exchange(
        _ count: Int, _ earlier: LoadTally, _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws -> LoadTally {
        var tally = earlier
        var parts = inbound.makeAsyncIterator()
        while tally.right + tally.crossed + tally.failed < count {
            let target = "/interleave/\(number)/\(tally.right + tally.crossed + tally.failed)"
            try await outbound.write(contentsOf: [.head(head(target)), .end(nil)])
            var status = HTTPResponseStatus.ok
            var closes = false
            var body = ByteBuffer()
            reading: while true {
                guard let part = try await parts.next() else {
                    tally.failed += 1
                    return tally
                }
                switch part {
                case .head(let head): (status, closes) = (head.status, !head.isKeepAlive)
                case .body(var octets): body.writeBuffer(&octets)
                case .end: break reading
                }
            }
            judge(status, body, target: target, into: &tally)
            if closes { break }
        }
        return tally
    }

    private func judge(_ status: HTTPResponseStatus, _ body: ByteBuffer, target: String, into tally: inout LoadTally) {
        guard status == .ok, let report = try? JSONDecoder().decode(Report.self, from: Data(body.readableBytesView)) else {
            tally.failed += 1
            return
        }
        let shown = report.fields.filter { $0.count == 2 && $0[0].lowercased() == thumbprintHeader }.map { $0[1] }
        if shown == [identity.thumbprint], report.target == target { tally.right += 1 } else { tally.crossed += 1 }
        tally.travellers[report.connection, default: []].insert(identity.name)
    }

    private func head(_ target: String) -> HTTPRequestHead {
        HTTPRequestHead(
            version: .http1_1, method: .GET, uri: target,
            headers: ["Host": server.description, "Authorization": "Bearer \(identity.token)"])
    }

    private func connect() async throws -> Exchanges {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(host: server.host, port: server.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: identity.context, serverHostname: nil))
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                return try Exchanges(wrappingChannelSynchronously: channel)
            }
        }
    }
}
