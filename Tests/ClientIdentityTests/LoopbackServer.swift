import BindingPolicy
import ClientIdentity
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import X509

/// A TLS server on loopback that judges each connection as the proxy does, and answers with the client's thumbprint; as a
/// public one it asks nobody for a certificate.
final class LoopbackServer: Sendable {
    let authority: TestCertificate
    private let credentials: [TemporaryFile]
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: any Channel
    private let shared: Shared

    final class Shared: Sendable {
        let clock = Mutex(testNow)
        let faults = Mutex<[HandshakeFault]>([])
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var faults: [HandshakeFault] { shared.faults.withLock { $0 } }

    init(
        trust: ClientTrust? = nil, authenticator: ClientAuthenticator? = nil, authority: TestCertificate,
        key: Certificate.PrivateKey = TestCertificate.newKey(),
        renewal: ContextRenewal = .standard, minimumVersion: TLSVersion = .tlsv12, certificateIsOptional: Bool = false,
        onlyRSASuites: Bool = false, onlyPostQuantum: Bool = false, resumption: Bool = true, isPublic: Bool = false, staysOpen: Bool = false
    ) throws {
        self.authority = authority
        let own = try TestCertificate.authority("localhost", key: key, extensions: TestCertificate.clientExtensions(extended: [.serverAuth]))
        credentials = try [TemporaryFile(own.pem), TemporaryFile(own.keyPEM), TemporaryFile(authority.pem)]
        let anchors = try TrustAnchors(file: credentials[2].path)
        let tls = ServerTLS(
            try ServerCredentials(certificateFile: credentials[0].path, keyFile: credentials[1].path), anchors: anchors,
            minimumVersion: minimumVersion, certificateIsOptional: certificateIsOptional, onlyRSASuites: onlyRSASuites,
            onlyPostQuantum: onlyPostQuantum, resumption: resumption)
        let authenticator = try authenticator ?? ClientAuthenticator(trust ?? .authorities(CertificatePathValidator(anchors)))
        let shared = Shared()
        self.shared = shared
        let loop = group.next()
        let state = try loop.submit {
            NIOLoopBound(
                (try ServerTLSContexts(isPublic ? tls.withoutClientCertificates : tls, renewal: renewal, now: testNow), authenticator),
                eventLoop: loop)
        }.wait()
        channel = try ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let (contexts, authenticator) = state.value
                let clock = { shared.clock.withLock { $0 } }
                let handshake = isPublic ? nil : try contexts.begin(authenticator: authenticator, clock: clock)
                let handler = try handshake?.handler ?? contexts.makePublicHandler(now: clock())
                let greeter = Greeter(handshake, takesNobody: certificateIsOptional || isPublic, staysOpen: staysOpen, shared: shared)
                try channel.pipeline.syncOperations.addHandlers(handler, greeter)
            }
        }.bind(host: "127.0.0.1", port: 0).wait()
    }

    func setClock(_ now: Double) { shared.clock.withLock { $0 = now } }

    deinit {
        try? channel.close().wait()
        try? group.syncShutdownGracefully()
    }
}

private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let handshake: ClientHandshake?
    private let takesNobody: Bool
    private let staysOpen: Bool
    private let shared: LoopbackServer.Shared

    init(_ handshake: ClientHandshake?, takesNobody: Bool, staysOpen: Bool, shared: LoopbackServer.Shared) {
        self.handshake = handshake
        self.takesNobody = takesNobody
        self.staysOpen = staysOpen
        self.shared = shared
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else { return context.fireUserInboundEventTriggered(event) }
        if takesNobody, handshake?.handler.peerCertificate == nil {
            greet("let in as nobody\n", context)
        } else if let handshake {
            switch handshake.identify(now: shared.clock.withLock { $0 }) {
            case .success(let peer): greet(peer.peer.thumbprint.map { "identified \($0)\n" } ?? "identified nobody\n", context)
            case .failure(let fault): shared.faults.withLock { $0.append(fault) }
            }
        }
        if !staysOpen { context.close(promise: nil) }
    }

    private func greet(_ words: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: words)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let fault = handshake?.refusal?.fault { shared.faults.withLock { $0.append(fault) } }
        context.close(promise: nil)
    }
}

/// `openssl s_client` with `arguments`, parted at spaces: everything it printed.
/// - Parameter command: typed at its prompt once the handshake is done, such as `R` to renegotiate; the server ends the connection.
func openSSLClient(
    _ port: Int, _ arguments: String..., client: TestCertificate? = nil, sending issuers: [TestCertificate] = [], command: String? = nil
) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
        ["openssl", "s_client", "-connect", "127.0.0.1:\(port)"] + (command == nil ? ["-ign_eof"] : [])
        + arguments.flatMap { $0.split(separator: " ").map(String.init) }
    var files = [TemporaryFile]()
    if let client {
        files = try [TemporaryFile(client.pem), TemporaryFile(client.keyPEM), TemporaryFile(issuers.map { try $0.pem }.joined())]
        process.arguments? += ["-cert", files[0].path, "-key", files[1].path]
        if !issuers.isEmpty { process.arguments? += ["-cert_chain", files[2].path] }
    }
    let input = Pipe()
    let output = Pipe()
    process.standardInput = command == nil ? FileHandle.nullDevice : input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    if let command { try input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8)) }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    _ = (files, input)
    return text
}
