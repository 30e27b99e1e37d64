import Logging
import NIOCore
import NIOPosix
import ProxyEngine
import ServiceLifecycle
import Synchronization

/// Knows whether the upstream accepts connections, by opening one now and then. It sends nothing: what a request to a legacy
/// API would do, nobody knows.
final class UpstreamProbe: Service {
    private let address: UpstreamTarget.Address
    private let group: any EventLoopGroup
    private let logger: Logger
    private let reachable = Atomic(false)

    private static let intervalWhileUp = Duration.seconds(5)
    private static let intervalWhileDown = Duration.milliseconds(500)

    init(address: UpstreamTarget.Address, group: any EventLoopGroup, logger: Logger) {
        self.address = address
        self.group = group
        self.logger = logger
    }

    var isReachable: Bool { reachable.load(ordering: .relaxed) }

    func run() async throws { await cancelWhenGracefulShutdown { await self.watch() } }

    private func watch() async {
        while !Task.isCancelled {
            let up = await probe()
            if reachable.exchange(up, ordering: .relaxed) != up {
                if up { logger.notice("upstream reachable") } else { logger.warning("upstream unreachable") }
            }
            try? await Task.sleep(for: up ? Self.intervalWhileUp : Self.intervalWhileDown)
        }
    }

    private func probe() async -> Bool {
        let bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(2))
        do {
            let channel =
                switch address {
                case .host(let host, let port): try await bootstrap.connect(host: host, port: port).get()
                case .unixSocket(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
                }
            try? await channel.close()
            return true
        } catch {
            return false
        }
    }
}
