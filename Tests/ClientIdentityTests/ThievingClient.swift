import Crypto
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import X509

/// A TLS client that shows one certificate and signs with whatever key it has.
struct ThievingClient {
    private let configuration: TLSConfiguration

    init(certificate: TestCertificate, key: Certificate.PrivateKey) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.certificateChain = try certificate.chain().map { .certificate($0) }
        configuration.privateKey = .privateKey(NIOSSLPrivateKey(customPrivateKey: Signer(key: key)))
        self.configuration = configuration
    }

    /// - Returns: what the server said, nil where it let nothing through, and the errors that the connection ended with.
    ///
    /// - Parameter groups: the key exchanges that it offers, in its order; nil for the library's own.
    func connect(to port: Int, version: TLSVersion, groups: [NIOTLSCurve]? = nil) throws -> (greeting: String?, errors: String) {
        var configuration = configuration
        configuration.minimumTLSVersion = version
        configuration.maximumTLSVersion = version
        if let groups { configuration.curves = groups }
        let context = try NIOSSLContext(configuration: configuration)
        let received = Received()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let channel = try ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers(
                    NIOSSLClientHandler(context: context, serverHostname: nil), Collector(received))
            }
        }.connect(host: "127.0.0.1", port: port).wait()
        try? channel.closeFuture.wait()
        return (received.text.withLock { $0.isEmpty ? nil : $0 }, received.errors.withLock { $0 })
    }

    private final class Received: Sendable {
        let text = Mutex("")
        let errors = Mutex("")
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let received: Received
        init(_ received: Received) { self.received = received }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            received.text.withLock { $0 += text }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            received.errors.withLock { $0 += "\(error)" }
            context.close(promise: nil)
        }
    }

    private struct Signer: NIOSSLCustomPrivateKey, Hashable {
        let key: Certificate.PrivateKey
        var signatureAlgorithms: [SignatureAlgorithm] { [.ecdsaSecp256R1Sha256] }

        func sign(channel: any Channel, algorithm: SignatureAlgorithm, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
            channel.eventLoop.makeCompletedFuture {
                let signature = try key.sign(bytes: Array(data.readableBytesView), signatureAlgorithm: .ecdsaWithSHA256)
                return ByteBuffer(bytes: signature.rawRepresentation)
            }
        }

        func decrypt(channel: any Channel, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
            channel.eventLoop.makeFailedFuture(CancellationError())
        }
    }
}
