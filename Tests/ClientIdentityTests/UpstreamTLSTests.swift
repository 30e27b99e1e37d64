import ClientIdentity
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import SwiftASN1
import Synchronization
import Testing
import X509

/// Handshakes of the proxy with an upstream on loopback. BoringSSL has its own clock, so these happen now.
@Suite struct UpstreamTLSTests {
    private let root: TestCertificate
    private let now = Date().timeIntervalSince1970

    init() throws {
        root = try .authority(notBefore: now - day, notAfter: now + day)
    }

    private func upstream(notAfter: Double? = nil, _ names: GeneralName...) throws -> TestCertificate {
        var extensions = try TestCertificate.clientExtensions(extended: [.serverAuth])
        try extensions.append(Certificate.Extension(SubjectAlternativeNames(names), critical: false))
        return try root.issue("upstream", notBefore: now - day, notAfter: notAfter ?? now + day, extensions: extensions)
    }

    /// What a handshake as `host`, trusting `authorities`, was refused for; nil where it succeeded, `tls` where TLS itself failed.
    private func refusal(of certificate: TestCertificate, as host: String, trusting authorities: TestCertificate) throws -> String? {
        let refused = Refused()
        let report: @Sendable (String) -> Void = { code in refused.code.withLock { $0 = code } }
        let file = try TemporaryFile(authorities.pem)
        let tls = try UpstreamTLS(host: host, authoritiesFile: file.path, credentials: nil, clock: { Date().timeIntervalSince1970 })
        let server = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: certificate.chain().map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(certificate.keyPEM.utf8), format: .pem))))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let listener = try ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: server))
            }
        }.bind(host: "127.0.0.1", port: 0).wait()
        let outcome = group.next().makePromise(of: Void.self)
        let client = try ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers(tls.makeHandler { code in report(code) }, Outcome(outcome))
            }
        }.connect(host: "127.0.0.1", port: listener.localAddress?.port ?? 0).wait()
        let succeeded = (try? outcome.futureResult.wait()) != nil
        try? client.close().wait()
        return succeeded ? nil : refused.code.withLock { $0 } ?? "tls"
    }

    @Test func anUpstreamOfTheAuthorityWithTheNameIsTaken() throws {
        #expect(try refusal(of: upstream(.dnsName("api.example.com")), as: "api.example.com", trusting: root) == nil)
    }

    @Test func anotherNameIsRefused() throws {
        #expect(try refusal(of: upstream(.dnsName("api.example.com")), as: "api.example.org", trusting: root) == "cert_wrong_name")
        #expect(try refusal(of: upstream(.dnsName("*.example.com")), as: "a.b.example.com", trusting: root) == "cert_wrong_name")
    }

    @Test func aCertificateForTheAddressIsNotOneForTheName() throws {
        let address = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
        let file = try TemporaryFile(root.pem)
        let tls = try UpstreamTLS(host: "api.example.com", authoritiesFile: file.path, credentials: nil, clock: { Date().timeIntervalSince1970 })
        for (certificate, isNamed) in try [(upstream(.dnsName("api.example.com")), true), (upstream(address), false)] {
            let chain = try certificate.chain()
            let leaf = try #require(chain.first)
            #expect((tls.fault(of: leaf) == nil) == isNamed)
        }
        #expect(tls.fault(of: nil) == "cert_malformed")
    }

    @Test func theCommonNameCountsWhereThereIsNoOtherAndNowhereElse() throws {
        let file = try TemporaryFile(root.pem)
        let tls = try UpstreamTLS(host: "api.example.com", authoritiesFile: file.path, credentials: nil, clock: { Date().timeIntervalSince1970 })
        func fault(_ commonName: String, _ names: GeneralName...) throws -> String? {
            var extensions = try TestCertificate.clientExtensions(extended: [.serverAuth])
            if !names.isEmpty { try extensions.append(Certificate.Extension(SubjectAlternativeNames(names), critical: false)) }
            return tls.fault(of: try root.issue(commonName, extensions: extensions).chain().first)
        }
        #expect(try fault("api.example.com") == nil)
        #expect(try fault("other.example.com") == "cert_wrong_name")
        #expect(try fault("api.example.com", .dnsName("other.example.com")) == "cert_wrong_name")
    }

    @Test func anotherAuthorityIsRefused() throws {
        let other = try TestCertificate.authority(notBefore: now - day, notAfter: now + day)
        #expect(try refusal(of: upstream(.dnsName("api.example.com")), as: "api.example.com", trusting: other) == "cert_untrusted")
    }

    @Test func anExpiredCertificateIsRefused() throws {
        let expired = try upstream(notAfter: now - 1, .dnsName("api.example.com"))
        #expect(try refusal(of: expired, as: "api.example.com", trusting: root) == "cert_expired")
    }

    @Test func anAddressIsHeldAgainstTheCertificatesAddresses() throws {
        let address = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
        #expect(try refusal(of: upstream(address), as: "127.0.0.1", trusting: root) == nil)
        #expect(try refusal(of: upstream(.dnsName("127.0.0.1")), as: "127.0.0.1", trusting: root) == "cert_wrong_name")
    }

    @Test func aCertificateForClientsIsNotOneForServers() throws {
        var extensions = try TestCertificate.clientExtensions(extended: [.clientAuth])
        try extensions.append(Certificate.Extension(SubjectAlternativeNames([.dnsName("api.example.com")]), critical: false))
        let certificate = try root.issue("upstream", notBefore: now - day, notAfter: now + day, extensions: extensions)
        #expect(try refusal(of: certificate, as: "api.example.com", trusting: root) == "cert_wrong_usage")
    }
}

private final class Refused: Sendable { let code = Mutex<String?>(nil) }

private final class Outcome: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { promise.succeed() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
}
