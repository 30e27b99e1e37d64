import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

struct HandshakesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handshakes",
        abstract: "Shake hands with a server again and again, in full each time, and count.",
        discussion: """
            One after the other over TLS 1.3, as `openssl s_time -new` does, with a key exchange that OpenSSL 3.0 does not have. Prints \
            how many were completed in how many seconds; exits 1 where one was not.

              holdfast-lab handshakes --server 127.0.0.1:8443 --ca ca.pem --certificate client.pem --private-key client.key
            """)

    enum Group: String, ExpressibleByArgument, CaseIterable { case x25519, x25519mlkem768 }

    @Option(help: "Where the server listens; its certificate must name this address.")
    var server: Address

    @Option(help: ArgumentHelp("The server's authority, PEM.", valueName: "file"))
    var ca: String

    @Option(help: ArgumentHelp("The client's certificate, PEM.", valueName: "file"))
    var certificate: String

    @Option(help: ArgumentHelp("Its key, PEM.", valueName: "file"))
    var privateKey: String

    @Option(help: "The key exchange that is offered, and no other.")
    var group: Group = .x25519mlkem768

    @Option(help: "How long.")
    var seconds: Int = 4

    private struct Result: Encodable {
        let handshakes: Int
        let seconds: Double
    }

    func run() async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.trustRoots = .file(ca)
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem))
        configuration.curves = group == .x25519 ? [.x25519] : [.x25519_MLKEM768]
        let context = try NIOSSLContext(configuration: configuration)
        let began = ContinuousClock.now
        var count = 0
        while ContinuousClock.now - began < .seconds(seconds) {
            try await shakeHands(context)
            count += 1
        }
        print(String(decoding: try JSONText.encode(Result(handshakes: count, seconds: (ContinuousClock.now - began) / .seconds(1))), as: UTF8.self))
    }

    /// Until the server's side is done too, which sends its session tickets then.
    private func shakeHands(_ context: NIOSSLContext) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Void.self)
        let channel = try await ClientBootstrap(group: loop).connect(host: server.host, port: server.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let operations = channel.pipeline.syncOperations
                try operations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                try operations.addHandler(HandshakeWatch(done: done))
                return channel
            }
        }
        try await done.futureResult.get()
        try? await channel.close()
    }
}

private final class HandshakeWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let done: EventLoopPromise<Void>

    init(done: EventLoopPromise<Void>) { self.done = done }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { done.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { done.fail(ChannelError.eof) }
}
